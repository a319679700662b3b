// Waiting for what the other end does, with a bound on everything.

import { sleep, systemClock } from "../base/clock.js";

export class Waiting {
	private waiters: (() => void)[] = [];

	/** Something has happened: whoever waits looks again. */
	wake(): void {
		for (const waiter of this.waiters.splice(0)) waiter();
	}

	/** Errors: the text of `otherwise`, when the condition does not hold in time. */
	async until(condition: () => boolean, withinMs: number, otherwise: () => string): Promise<void> {
		const deadline = systemClock.monotonic() + withinMs;
		while (!condition()) {
			const leftMs = deadline - systemClock.monotonic();
			if (leftMs <= 0) throw new Error(otherwise());
			await new Promise<void>((resolve) => {
				const timer = systemClock.after(leftMs, resolve);
				this.waiters.push(() => {
					timer.cancel();
					resolve();
				});
			});
		}
	}

	wait(ms: number): Promise<void> {
		return sleep(systemClock, ms);
	}
}
