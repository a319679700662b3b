// Who is typing, and saying so. Signs only: at most one every few seconds goes out, none is kept
// for later, and one that is not renewed is over.

import type { Timer } from "../base/clock.js";
import type { Home } from "./engine.js";

/** [P-9.7] */
const sayEveryMs = 3_000;
const overAfterMs = 6_000;

export class Typing {
	private readonly home: Home;
	private readonly conversation: string;
	private readonly onChange: () => void;
	private readonly typists = new Map<string, Timer>();
	private saidAt = -Infinity;

	constructor(home: Home, conversation: string, onChange: () => void) {
		this.home = home;
		this.conversation = conversation;
		this.onChange = onChange;
	}

	users(): string[] {
		return [...this.typists.keys()];
	}

	heard(user: string, on: boolean): void {
		this.typists.get(user)?.cancel();
		if (on) {
			const over = () => this.heard(user, false);
			this.typists.set(user, this.home.clock.after(overAfterMs, over));
		} else this.typists.delete(user);
		this.onChange();
	}

	say(on: boolean): void {
		const now = this.home.clock.monotonic();
		if (!this.home.connected || (on && now - this.saidAt < sayEveryMs)) return;
		// Nobody was told of it: nothing to take back.
		if (!on && this.saidAt === -Infinity) return;
		this.saidAt = on ? now : -Infinity;
		this.home.opened((engine) => engine.typing(this.conversation, on));
	}
}
