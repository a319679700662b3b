// Questions to the server from applications: they wait for a connection, are asked again when it
// breaks before the answer, and end with a final answer or with the client.

import { BrokerError } from "../base/errors.js";
import type { Engine, Home } from "./engine.js";

/** Times that a server which asks for patience is asked again. */
const triesMax = 5;
const againMs = 500;

export class Questions {
	private readonly home: Home;
	private waiting: (() => void)[] = [];

	constructor(home: Home) {
		this.home = home;
	}

	connected(): void {
		for (const attempt of this.waiting.splice(0)) attempt();
	}

	/** Errors: the server's final ones; CLOSED; TypeError for what cannot be said. */
	ask<T>(question: (engine: Engine) => Promise<T>): Promise<T> {
		const { home } = this;
		let tries = 0;
		return home.hub.untilClosed<T>((resolve, reject) => {
			const attempt = () => {
				if (!home.connected) this.waiting.push(attempt);
				else home.opened((engine) => void question(engine).then(resolve, failed));
			};
			const failed = (cause: unknown) => {
				if (!(cause instanceof BrokerError && cause.retryable)) reject(cause);
				else if (!home.connected) this.waiting.push(attempt);
				else if (tries >= triesMax) reject(cause);
				else {
					home.clock.after(againMs * 2 ** tries, attempt);
					tries += 1;
				}
			};
			attempt();
		});
	}
}
