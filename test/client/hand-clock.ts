// A clock for tests: time stands still until it is told to pass, and nothing runs by itself.

import type { Clock, Timer } from "../../src/base/clock.js";

/** Time that stands still until it is told to pass; `random` answers the same figure each time. */
export class HandClock implements Clock {
	time = 1_700_000_000_000;
	randomValue = 0.5;
	private turns: (() => void)[] = [];
	private timers: { at: number; run: () => void }[] = [];
	private bytes = 0;

	now = () => this.time;
	monotonic = () => this.time;
	random = () => this.randomValue;

	after(delayMs: number, run: () => void): Timer {
		const timer = { at: this.time + delayMs, run };
		this.timers.push(timer);
		return { cancel: () => this.drop(timer) };
	}

	every(periodMs: number, run: () => void): Timer {
		let timer = this.after(periodMs, again);
		const { after } = this;
		const self = this;
		function again() {
			run();
			timer = after.call(self, periodMs, again);
		}
		return { cancel: () => timer.cancel() };
	}

	soon(run: () => void): void {
		this.turns.push(run);
	}

	/** Never the same twice, and the same in every run. */
	randomBytes(size: number): Uint8Array {
		this.bytes += 1;
		return Uint8Array.from({ length: size }, (_, at) => (at < 4 ? this.bytes >> (at * 8) : at));
	}

	/** Everything that is due now, and what follows from it, promises included. */
	async settle(): Promise<void> {
		for (let quiet = 0; quiet < 3; ) {
			await new Promise((resolve) => setImmediate(resolve));
			quiet = this.turns.length === 0 ? quiet + 1 : 0;
			for (const run of this.turns.splice(0)) run();
		}
	}

	async pass(ms: number): Promise<void> {
		const end = this.time + ms;
		await this.settle();
		for (;;) {
			const next = this.timers.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
			if (next === undefined) break;
			this.drop(next);
			this.time = Math.max(this.time, next.at);
			next.run();
			await this.settle();
		}
		this.time = end;
	}

	private drop(timer: { at: number; run: () => void }): void {
		this.timers = this.timers.filter((one) => one !== timer);
	}
}
