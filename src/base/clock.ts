// The only door to time, timers and randomness. Everything else receives a `Clock`, so that a test
// or the seeded simulation can drive the whole broker; the architecture test holds this line.

import { randomBytes as cryptoRandomBytes } from "node:crypto";

/** A handle that cancels what was scheduled. */
export interface Timer {
	cancel(): void;
}

/**
 * Time, timers and randomness.
 *
 * Units: milliseconds since 1970 (UTC) for `now`; `monotonic` in milliseconds from any origin.
 */
export interface Clock {
	now(): number;
	monotonic(): number;
	/** Calls once. The timer does not keep the process alive. */
	after(delayMs: number, run: () => void): Timer;
	/** Calls again and again. The timer does not keep the process alive. */
	every(periodMs: number, run: () => void): Timer;
	/** Calls in the next turn of the event loop. */
	soon(run: () => void): void;
	/** Uniform in [0, 1). */
	random(): number;
	randomBytes(size: number): Uint8Array;
}

export const systemClock: Clock = {
	now: () => Date.now(),
	monotonic: () => performance.now(),
	after(delayMs, run) {
		const handle = setTimeout(run, delayMs);
		handle.unref();
		return { cancel: () => clearTimeout(handle) };
	},
	every(periodMs, run) {
		const handle = setInterval(run, periodMs);
		handle.unref();
		return { cancel: () => clearInterval(handle) };
	},
	soon: (run) => {
		setImmediate(run);
	},
	random: () => Math.random(),
	randomBytes: (size) => cryptoRandomBytes(size),
};

/** Resolves after a delay of the given clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
	return new Promise((resolve) => {
		clock.after(delayMs, resolve);
	});
}
