// When to connect again: full jitter over a growing bound, never before what the server asked for.
// A connection that stayed up for a while starts the growth afresh. Not here: connecting.

import type { Clock } from "../base/clock.js";

export interface BackOffOptions {
	readonly baseMs?: number;
	readonly maxMs?: number;
	/** A connection this old was a good one. */
	readonly steadyMs?: number;
}

export class BackOff {
	private readonly clock: Clock;
	private readonly baseMs: number;
	private readonly maxMs: number;
	private readonly steadyMs: number;
	private attempts = 0;
	private readyAt: number | null = null;

	constructor(clock: Clock, options: BackOffOptions = {}) {
		this.clock = clock;
		this.baseMs = options.baseMs ?? 500;
		this.maxMs = options.maxMs ?? 30_000;
		this.steadyMs = options.steadyMs ?? 10_000;
	}

	/** The session is ready. Only time proves it good: a server may welcome and fall at once. */
	ready(): void {
		this.readyAt = this.clock.monotonic();
	}

	/** Something says that it may be otherwise now: a person, or the network. */
	afresh(): void {
		this.attempts = 0;
	}

	/**
	 * The connection has ended: how long to wait.
	 *
	 * Shape: uniform between the server's hint and the hint plus the bound, so that clients which
	 *        were told the same hint do not come back in the same moment.
	 */
	next(hintMs: number): number {
		const { readyAt } = this;
		this.readyAt = null;
		if (readyAt !== null && this.clock.monotonic() - readyAt >= this.steadyMs) this.attempts = 0;
		const bound = Math.min(this.maxMs, this.baseMs * 2 ** Math.min(this.attempts, 16));
		this.attempts += 1;
		return hintMs + this.clock.random() * bound;
	}
}
