// What a load of talking users counts while it measures, and how it begins and ends to.

import { socketUrl } from "../src/client/socket-url.js";
import { report } from "./child.js";
import { type FaultKind, Faults } from "./faults.js";
import { Histogram } from "./histogram.js";
import type { Meter } from "./lean-end.js";
import type { Net } from "./lean-link.js";
import type { Timed } from "./load-counts.js";
import { cpuMicros } from "./machine.js";
import { OwnWatch } from "./own-watch.js";
import { sleep } from "./turns.js";

const drainMs = 20_000;
const progressMs = 500;

export class Counter implements Meter, Net {
	readonly url: string;
	readonly resume: boolean;
	readonly source: string | null;
	measuring = false;
	stopping = false;
	readonly losses = new Map<string, number>();
	readonly faults = new Faults();
	/** Ever, for whoever watches the run. */
	done = 0;
	cycles = 0;
	stallMs = 0;
	from = 0;
	lastCycleAt = 0;
	readonly eachSecond: number[] = [];
	readonly times: Readonly<Record<Timed, Histogram>> = {
		sent: new Histogram(),
		received: new Histogram(),
		delivered: new Histogram(),
		seen: new Histogram(),
	};

	constructor(options: {
		readonly url: string;
		readonly resume: boolean;
		readonly source: string | null;
	}) {
		this.url = socketUrl(options.url);
		this.resume = options.resume;
		this.source = options.source;
	}

	sent(ms: number): void {
		if (this.measuring) this.times.sent.record(ms);
	}

	received(ms: number): void {
		if (this.measuring) this.times.received.record(ms);
	}

	seen(ms: number): void {
		if (this.measuring) this.times.seen.record(ms);
	}

	cycle(ms: number): void {
		this.done += 1;
		if (!this.measuring) return;
		this.cycles += 1;
		this.times.delivered.record(ms);
		const now = performance.now();
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
}

/** Tells the runner now and then how far the load is. */
export function reporting(counter: Counter): NodeJS.Timeout {
	return setInterval(() => {
		report({ done: counter.done, faults: counter.faults.figures.faults });
	}, progressMs);
}

/** Counts for so long. */
export async function measure(
	options: { readonly serverPid: number | null; readonly seconds: number },
	counter: Counter,
	lateSends: () => number,
) {
	const late = lateSends();
	const server = cpuMicros(options.serverPid);
	const own = new OwnWatch();
	const from = performance.now();
	counter.from = from;
	counter.lastCycleAt = from;
	counter.measuring = true;
	await sleep(options.seconds * 1_000);
	counter.measuring = false;
	const ms = performance.now() - from;
	const ownFigures = own.end();
	const after = cpuMicros(options.serverPid);
	const { times } = counter;
	const seconds = Math.max(1, Math.floor(ms / 1_000));
	return {
		ms,
		cycles: counter.cycles,
		serverMicros: server === null || after === null ? null : after - server,
		times: {
			sent: times.sent.encoded(),
			received: times.received.encoded(),
			delivered: times.delivered.encoded(),
			seen: times.seen.encoded(),
		},
		stallMs: Math.max(counter.stallMs, from + ms - counter.lastCycleAt),
		eachSecond: Array.from({ length: seconds }, (_, at) => counter.eachSecond[at] ?? 0),
		own: ownFigures,
		lateSends: lateSends() - late,
	};
}

/** What sends and must come to an end. */
export interface Drained {
	readonly idle: boolean;
	/** Nothing more comes: what is missing is lost. */
	end(): void;
	/** Where it stands, for a fault that says what is missing. */
	describe(): string;
}

/** Waits for so many cycles; as long as there is any progress. */
export async function reached(least: number, counter: Counter): Promise<void> {
	for (let last = 0, at = performance.now(); counter.done < least; await sleep(5)) {
		if (counter.done > last) [last, at] = [counter.done, performance.now()];
		if (performance.now() - at > drainMs) {
			counter.fault(`stuck at ${counter.done} of ${least}`);
			return;
		}
	}
}

/** Everything under way must end well; what does not is lost. */
export async function drain(all: readonly Drained[], counter: Counter): Promise<void> {
	const until = performance.now() + drainMs;
	while (performance.now() < until && all.some((one) => !one.idle)) await sleep(20);
	for (const one of all) {
		if (!one.idle) counter.fault(`not finished: ${one.describe()}`);
		one.end();
	}
}
