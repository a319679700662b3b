// The only door to time, timers and randomness. Everything else receives a `Clock`, so that a test
// or the seeded simulation can drive the whole broker; the architecture test holds this line.

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

/** Node's timers keep a process alive unless told not to; a browser's are numbers. */
function released<T>(handle: T): T {
	(handle as { unref?(): void }).unref?.();
	return handle;
}

export const systemClock: Clock = {
	now: () => Date.now(),
	monotonic: () => performance.now(),
	after(delayMs, run) {
		const handle = released(setTimeout(run, delayMs));
		return { cancel: () => clearTimeout(handle) };
	},
	every(periodMs, run) {
		const handle = released(setInterval(run, periodMs));
		return { cancel: () => clearInterval(handle) };
	},
	soon: (run) => {
		// A browser has no such call: there a turn ends with its microtasks, which is soon enough.
		if (typeof setImmediate === "function") setImmediate(run);
		else queueMicrotask(run);
	},
	random: () => Math.random(),
	randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
};

/** Resolves after a delay of the given clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
	return new Promise((resolve) => {
		clock.after(delayMs, resolve);
	});
}

/** Keeps this process alive until cancelled, as an open connection would; for Node. */
export function stayAlive(): Timer {
	const handle = setInterval(() => {}, 2 ** 30);
	return { cancel: () => clearInterval(handle) };
}
