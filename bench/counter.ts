// What a load of talking users counts while it measures.

import { socketUrl } from "../src/client/socket-url.js";
import { type FaultKind, Faults } from "./faults.js";
import { Histogram } from "./histogram.js";
import type { Meter } from "./lean-end.js";
import type { Net } from "./lean-link.js";
import type { Timed } from "./load-counts.js";

export interface CounterOptions {
	readonly url: string;
	readonly resume: boolean;
	readonly source: string | null;
	/** Messages are due at their own moments, and belong to the window in which they are. */
	readonly offered: boolean;
}

export class Counter implements Meter, Net {
	readonly url: string;
	readonly resume: boolean;
	readonly source: string | null;
	stopping = false;
	readonly losses = new Map<string, number>();
	readonly faults = new Faults();
	/** Ever, for whoever watches the run. */
	done = 0;
	/** Those that are measured: done in the window or, at an offered rate, due in it. */
	cycles = 0;
	/** Done in the window, whenever they were due. */
	meanwhile = 0;
	/** Longest time of the window without any cycle done. */
	stallMs = 0;
	readonly eachSecond: number[] = [];
	readonly times: Readonly<Record<Timed, Histogram>> = {
		sent: new Histogram(),
		received: new Histogram(),
		delivered: new Histogram(),
		seen: new Histogram(),
	};
	private readonly offered: boolean;
	private measuring = false;
	private from = Number.POSITIVE_INFINITY;
	private until = Number.POSITIVE_INFINITY;
	private lastCycleAt = 0;
	/** When the first and the last of those that are measured were done. */
	private firstAt = 0;
	private lastAt = 0;

	constructor(options: CounterOptions) {
		this.url = socketUrl(options.url);
		this.resume = options.resume;
		this.source = options.source;
		this.offered = options.offered;
	}

	/** The window is the next `ms`. */
	begin(now: number, ms: number): void {
		this.from = now;
		this.until = now + ms;
		this.lastCycleAt = now;
		this.measuring = true;
	}

	end(now: number): void {
		this.measuring = false;
		this.stallMs = Math.max(this.stallMs, now - this.lastCycleAt);
	}

	/**
	 * How long the server took for the cycles that are measured: the window, or longer where it did
	 * not keep up with what was offered.
	 */
	spanMs(windowMs: number): number {
		if (!this.offered) return windowMs;
		return Math.max(this.until - this.from, this.lastAt - this.firstAt);
	}

	sent(dueAt: number, now: number): void {
		if (this.counts(dueAt)) this.times.sent.record(now - dueAt);
	}

	received(dueAt: number, now: number): void {
		if (this.counts(dueAt)) this.times.received.record(now - dueAt);
	}

	seen(saidAt: number, now: number): void {
		if (this.counts(saidAt)) this.times.seen.record(now - saidAt);
	}

	cycle(dueAt: number, now: number): void {
		this.done += 1;
		if (this.counts(dueAt)) {
			this.cycles += 1;
			this.times.delivered.record(now - dueAt);
			if (this.cycles === 1) this.firstAt = now;
			this.lastAt = now;
		}
		if (!this.measuring) return;
		this.meanwhile += 1;
		if (now - this.lastCycleAt > this.stallMs) this.stallMs = now - this.lastCycleAt;
		this.lastCycleAt = now;
		const second = Math.floor((now - this.from) / 1_000);
		this.eachSecond[second] = (this.eachSecond[second] ?? 0) + 1;
	}

	lost(why: string): void {
		this.losses.set(why, (this.losses.get(why) ?? 0) + 1);
	}

	fault(what: string, kind?: FaultKind): void {
		if (!this.stopping) this.faults.add(what, kind);
	}

	/**
	 * At an offered rate what was due in the window counts, also when it is done after it, and what
	 * the warm-up left behind does not: else a server that is late would look fast.
	 */
	private counts(dueAt: number): boolean {
		return this.offered ? dueAt >= this.from && dueAt < this.until : this.measuring;
	}
}
