// The clock of a broker under test: it runs as the system's does, and a test may let any time pass
// in a moment. Two ways, because a day has two sides: timers that fall due one after the other
// (`advance`), and a date that is another one (`jump`).

import { setTimeout as pause } from "node:timers/promises";
import { type Clock, systemClock, type Timer } from "../base/clock.js";
import { type ManualClock, manualClock } from "./manual-clock.js";

export interface TestClock extends Clock {
	/**
	 * Lets time pass for everything: timers fire in order, and between the seconds sockets of this
	 * machine have a moment to answer, so that clients stay connected.
	 *
	 * Units: ms. A second takes a millisecond or two: good for minutes; for days there is `jump`.
	 */
	advance(ms: number): Promise<void>;
	/**
	 * Moves the date alone, any distance at once, then lets one second pass so that the sweeps look.
	 * What has a date is due by it (lives of messages and tokens, mutes, last seen); what measures
	 * silence (pings, presence) saw a second.
	 *
	 * Units: ms, 0 or more.
	 */
	jump(ms: number): Promise<void>;
	readonly running: boolean;
	/** Stands still from now on: only `advance` and `jump` move it. */
	stop(): void;
	/** Runs with the system's clock again, from where it stands. */
	run(): void;
}

export interface TestClockOptions {
	/** Where it begins, ms since 1970; default: now. */
	readonly startAt?: number;
	/** Default true. */
	readonly running?: boolean;
}

const stepMs = 1_000;
/** Of real time: what a round trip on this machine takes, and more. */
const stepTakesMs = 1;

export function testClock(options: TestClockOptions = {}): TestClock {
	const clock = new DrivenClock(options.startAt ?? null);
	if (options.running === false) clock.stop();
	else clock.run();
	return clock;
}

class DrivenClock implements TestClock {
	readonly random = systemClock.random;
	readonly randomBytes = systemClock.randomBytes;
	readonly soon = systemClock.soon;
	private readonly hand: ManualClock;
	/** What jumps added to the date. */
	private aheadMs = 0;
	/** The system's monotonic time up to which the hand was moved; null: it stands still. */
	private followed: number | null = null;
	private alarm: Timer | null = null;
	/** The date less the system's, while it runs: none at first, so that both tell the same ms. */
	private skewMs: number;
	private latest = 0;

	constructor(startAt: number | null) {
		this.hand = manualClock({ now: startAt ?? systemClock.now() });
		this.skewMs = startAt === null ? 0 : startAt - systemClock.now();
	}

	now(): number {
		const date = this.followed === null ? this.hand.now() : systemClock.now() + this.skewMs;
		// The hand and the system's date round differently where it stops.
		this.latest = Math.max(this.latest, Math.floor(date + this.aheadMs));
		return this.latest;
	}

	monotonic(): number {
		return this.hand.monotonic() + this.lagMs();
	}

	after(delayMs: number, run: () => void): Timer {
		// The hand may be behind the present, and it counts delays from where it is.
		const timer = this.hand.after(this.lagMs() + Math.max(0, delayMs), run);
		this.arm();
		return timer;
	}

	every(periodMs: number, run: () => void): Timer {
		const again = () => {
			timer = this.after(periodMs, again);
			run();
		};
		let timer = this.after(periodMs, again);
		return { cancel: () => timer.cancel() };
	}

	get running(): boolean {
		return this.followed !== null;
	}

	async advance(ms: number): Promise<void> {
		// What this takes is no time of the broker's: it passes exactly `ms`.
		const ran = this.running;
		this.stop();
		for (let left = ms; left > 0; left -= stepMs) {
			this.hand.advance(Math.min(left, stepMs));
			await pause(stepTakesMs);
		}
		if (ran) this.run();
	}

	async jump(ms: number): Promise<void> {
		if (!(ms >= 0)) throw new RangeError("a clock under test goes forward only");
		this.aheadMs += ms;
		await this.advance(stepMs);
	}

	stop(): void {
		this.follow();
		this.followed = null;
		this.skewMs = Number.NaN;
		this.alarm?.cancel();
	}

	run(): void {
		if (Number.isNaN(this.skewMs)) this.skewMs = this.hand.now() - systemClock.now();
		this.followed ??= systemClock.monotonic();
		this.arm();
	}

	/** How far the present is from where the hand is. */
	private lagMs(): number {
		return this.followed === null ? 0 : systemClock.monotonic() - this.followed;
	}

	/** Moves the hand to the present; what is due on the way fires. */
	private follow(): void {
		if (this.followed === null) return;
		const lagMs = this.lagMs();
		// First: what fires reads the clock.
		this.followed += lagMs;
		this.hand.advance(lagMs);
	}

	/** One timer of the system for the earliest of ours. */
	private arm(): void {
		this.alarm?.cancel();
		const { nextInMs } = this.hand;
		if (this.followed === null || nextInMs === null) return;
		this.alarm = systemClock.after(Math.max(0, nextInMs - this.lagMs()), () => {
			this.follow();
			this.arm();
		});
	}
}
