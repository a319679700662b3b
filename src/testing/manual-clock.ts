// A clock that stands still until a test moves it, with repeatable randomness. Only `soon` is real
// (the next turn of the event loop), so that actors, which live by turns, run under it unchanged.

import type { Clock, Timer } from "../base/clock.js";

export interface ManualClock extends Clock {
	/** Moves time on, firing on the way what falls due, in the order of the due times. */
	advance(ms: number): void;
	/** How many timers are set. */
	readonly timers: number;
	/** How long until the first of them falls due; null: none is set. */
	readonly nextInMs: number | null;
}

interface Alarm {
	dueAt: number;
	readonly order: number;
	readonly periodMs: number;
	readonly run: () => void;
}

export function manualClock(options: { now?: number; seed?: number } = {}): ManualClock {
	let now = options.now ?? Date.UTC(2026, 0, 1);
	const origin = now;
	let order = 0;
	const alarms = new Set<Alarm>();
	const random = generator(options.seed ?? 1);

	function set(delayMs: number, periodMs: number, run: () => void): Timer {
		order += 1;
		const alarm = { dueAt: now + Math.max(0, delayMs), order, periodMs, run };
		alarms.add(alarm);
		return { cancel: () => void alarms.delete(alarm) };
	}

	function next(until: number): Alarm | undefined {
		let first: Alarm | undefined;
		for (const alarm of alarms) {
			if (alarm.dueAt > until) continue;
			if (first === undefined || before(alarm, first)) first = alarm;
		}
		return first;
	}

	return {
		now: () => now,
		monotonic: () => now - origin,
		after: (delayMs, run) => set(delayMs, 0, run),
		every: (periodMs, run) => set(periodMs, Math.max(1, periodMs), run),
		soon: (run) => void setImmediate(run),
		random,
		randomBytes: (size) => Uint8Array.from({ length: size }, () => Math.floor(random() * 256)),
		advance(ms) {
			const until = now + ms;
			for (let alarm = next(until); alarm !== undefined; alarm = next(until)) {
				now = Math.max(now, alarm.dueAt);
				if (alarm.periodMs > 0) alarm.dueAt += alarm.periodMs;
				else alarms.delete(alarm);
				alarm.run();
			}
			now = until;
		},
		get timers() {
			return alarms.size;
		},
		get nextInMs() {
			const first = next(Number.POSITIVE_INFINITY);
			return first === undefined ? null : Math.max(0, first.dueAt - now);
		},
	};
}

/** Lets the event loop turn, so that what was told is handled. */
export async function turns(count = 4): Promise<void> {
	for (let turn = 0; turn < count; turn += 1) {
		await new Promise<void>((resolve) => {
			setImmediate(resolve);
		});
	}
}

function before(one: Alarm, other: Alarm): boolean {
	return one.dueAt === other.dueAt ? one.order < other.order : one.dueAt < other.dueAt;
}

/** Mulberry32: small, even enough, the same everywhere. */
function generator(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}
