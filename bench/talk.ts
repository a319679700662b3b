// What every load of talking users goes through: waits for the other processes of the load, begins,
// warms up, measures, comes to an end, and tells what it counted.

import { report, whenAllAreReady } from "./child.js";
import type { Counter } from "./counter.js";
import type { LoadCounts } from "./load-counts.js";
import { cpuMicros } from "./machine.js";
import { OwnWatch } from "./own-watch.js";
import { sleep } from "./turns.js";

/** Connections opened at the same time. */
export const openingMax = 50;
/** Without any progress. */
const patienceMs = 20_000;
const progressMs = 500;

export interface TalkOptions {
	/** Whose CPU time is counted; null: nobody's. */
	readonly serverPid: number | null;
	readonly warmupSeconds: number;
	readonly seconds: number;
	/** No end before so many cycles are done, whatever the seconds. */
	readonly least: number;
}

/** Whoever sends, or only listens, and must come to an end. */
export interface Talker {
	readonly idle: boolean;
	stop(): void;
	/** Nothing more comes: what is missing is lost. */
	end(): void;
	/** Where it stands, for a fault that says what is missing. */
	describe(): string;
	close(): void;
}

export interface Talk {
	readonly talkers: readonly Talker[];
	readonly connectsPerSecond: number;
	/** Everybody who writes begins; resolves when all have. */
	start(): Promise<void>;
	/** No message is due any more. */
	stop(): void;
	/** Messages so far that had to wait for their window. */
	lateSends(): number;
}

export async function talk(options: TalkOptions, counter: Counter, all: Talk): Promise<LoadCounts> {
	const { talkers } = all;
	await whenAllAreReady();
	const progress = setInterval(() => {
		report({ done: counter.done, faults: counter.faults.figures.faults });
	}, progressMs);
	await all.start();
	await sleep(options.warmupSeconds * 1_000);
	const window = await measure(options, counter, all);
	await reached(options.least, counter);
	all.stop();
	for (const one of talkers) one.stop();
	await drain(talkers, counter);
	clearInterval(progress);
	counter.stopping = true;
	for (const one of talkers) one.close();
	const { times } = counter;
	return {
		...window,
		cycles: counter.cycles,
		spanMs: counter.spanMs(window.ms),
		times: {
			sent: times.sent.encoded(),
			received: times.received.encoded(),
			delivered: times.delivered.encoded(),
			seen: times.seen.encoded(),
		},
		connectsPerSecond: Math.round(all.connectsPerSecond),
		losses: Object.fromEntries(counter.losses),
		found: counter.faults.figures,
		done: counter.done,
	};
}

/** What is told of the window itself. */
async function measure({ serverPid, seconds }: TalkOptions, counter: Counter, all: Talk) {
	const late = all.lateSends();
	const server = cpuMicros(serverPid);
	const own = new OwnWatch();
	const from = performance.now();
	counter.begin(from, seconds * 1_000);
	await sleep(seconds * 1_000);
	const now = performance.now();
	counter.end(now);
	const ms = now - from;
	const ownFigures = own.end();
	const after = cpuMicros(serverPid);
	const whole = Math.max(1, Math.floor(ms / 1_000));
	return {
		ms,
		meanwhile: counter.meanwhile,
		serverMicros: server === null || after === null ? null : after - server,
		stallMs: counter.stallMs,
		eachSecond: Array.from({ length: whole }, (_, at) => counter.eachSecond[at] ?? 0),
		own: ownFigures,
		lateSends: all.lateSends() - late,
	};
}

/** Waits for so many cycles; as long as there is any progress. */
async function reached(least: number, counter: Counter): Promise<void> {
	if (await eventually(() => counter.done >= least, counter)) return;
	counter.fault(`stuck at ${counter.done} of ${least}`);
}

/** Everything under way must end well; what does not is lost. */
async function drain(talkers: readonly Talker[], counter: Counter): Promise<void> {
	await eventually(() => talkers.every((one) => one.idle), counter);
	for (const one of talkers) {
		if (!one.idle) counter.fault(`not finished: ${one.describe()}`);
		one.end();
	}
}

/** False when nothing was done for long: a server that is slow is not one that loses. */
async function eventually(holds: () => boolean, counter: Counter): Promise<boolean> {
	for (let last = counter.done, at = performance.now(); !holds(); await sleep(10)) {
		if (counter.done > last) [last, at] = [counter.done, performance.now()];
		if (performance.now() - at > patienceMs) return false;
	}
	return true;
}
