// Writes that are answered, and whose promises wait until what they did shows here: the answer may
// be ahead of what is held, and then a pull brings the change.

import type { Home } from "./engine.js";

interface Answer {
	readonly conversation: string | null;
	readonly position: number;
	readonly run: () => void;
}

export class Answers {
	private readonly home: Home;
	private readonly waiting = new Set<Answer>();

	constructor(home: Home) {
		this.home = home;
	}

	wait(conversation: string | null, position: number, run: () => void): void {
		this.waiting.add({ conversation, position, run });
		this.check();
	}

	/** Something has moved. `all`: another connection, which starts from what is stored. */
	check(all = false): void {
		for (const one of this.waiting) {
			const { conversation, position, run } = one;
			const held = this.home.reads?.view(conversation ?? "")?.position ?? 0;
			if (!all && conversation !== null && held < position) continue;
			this.waiting.delete(one);
			this.home.hub.later(run);
		}
	}
}
