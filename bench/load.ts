// The load process of the cycle: opens its pairs, warms up, measures, drains, and prints one JSON
// line. It reads the server's CPU time itself, at the moments between which it counts.

import { monitorEventLoopDelay } from "node:perf_hooks";
import { directId } from "../src/base/ids.js";
import { socketUrl } from "../src/client/socket-url.js";
import { Histogram, round } from "./histogram.js";
import type { Meter } from "./lean-end.js";
import type { Net } from "./lean-link.js";
import { Pair } from "./lean-pair.js";
import { cpuMicros } from "./machine.js";
import { mint } from "./server.js";
import { texts } from "./texts.js";

export interface LoadOptions {
	readonly url: string;
	/** What tokens are made with. */
	readonly secret: string;
	/** Whose CPU time is counted; null: nobody's. */
	readonly serverPid: number | null;
	/** The server may be killed meanwhile: come back and check on. */
	readonly resume: boolean;
	readonly pairs: number;
	readonly window: number;
	readonly warmupSeconds: number;
	readonly seconds: number;
	/** Cycles offered a second over all pairs; null: as many as the windows allow. */
	readonly rate: number | null;
	readonly bytes: number;
	readonly corpus: string | null;
	readonly seed: number;
}

export interface LoadResult {
	readonly cyclesPerSecond: number;
	readonly cycles: number;
	readonly serverCpuMicrosPerCycle: number | null;
	/** Share of one core. */
	readonly serverCpuShare: number | null;
	readonly p50Ms: number | null;
	readonly p99Ms: number | null;
	readonly p999Ms: number | null;
	readonly maxMs: number | null;
	readonly sent: Record<string, number | null>;
	/** Longest time without any cycle done. */
	readonly stallMs: number;
	readonly loadCpuShare: number;
	readonly loadDelayP99Ms: number;
	/** Offered rate: messages that had to wait for their pair's window. */
	readonly lateSends: number;
	readonly connectsPerSecond: number;
	/** Connections lost, and attempts that failed, by close code and reason. */
	readonly losses: Readonly<Record<string, number>>;
	readonly faults: number;
	readonly firstFaults: readonly string[];
}

const firstFaultsMax = 10;
/** Connections opened at the same time. */
const openingMax = 50;
const drainMs = 20_000;

class Counter implements Meter, Net {
	readonly url: string;
	readonly resume: boolean;
	measuring = false;
	stopping = false;
	readonly losses = new Map<string, number>();
	faults = 0;
	readonly firstFaults: string[] = [];
	cycles = 0;
	stallMs = 0;
	lastCycleAt = 0;
	readonly cycleTimes = new Histogram();
	readonly sentTimes = new Histogram();

	constructor(options: LoadOptions) {
		this.url = socketUrl(options.url);
		this.resume = options.resume;
	}

	sent(ms: number): void {
		if (this.measuring) this.sentTimes.record(ms);
	}

	cycle(ms: number): void {
		if (!this.measuring) return;
		this.cycles += 1;
		this.cycleTimes.record(ms);
		const now = performance.now();
		if (now - this.lastCycleAt > this.stallMs) this.stallMs = now - this.lastCycleAt;
		this.lastCycleAt = now;
	}

	lost(why: string): void {
		this.losses.set(why, (this.losses.get(why) ?? 0) + 1);
	}

	fault(what: string): void {
		if (this.stopping) return;
		this.faults += 1;
		if (this.firstFaults.length < firstFaultsMax) this.firstFaults.push(what);
	}
}

async function main(options: LoadOptions): Promise<LoadResult> {
	const counter = new Counter(options);
	const openedFrom = performance.now();
	const pairs = await open(options, counter);
	const connectsPerSecond = (2_000 * pairs.length) / (performance.now() - openedFrom);
	const offer = offering(options, pairs);
	for (const pair of pairs) pair.start();
	await sleep(options.warmupSeconds * 1_000);
	const measured = await measure(options, counter, () => offer.late());
	for (const pair of pairs) pair.stop();
	offer.stop();
	await drain(pairs, counter);
	counter.stopping = true;
	for (const pair of pairs) pair.close();
	return {
		...measured,
		connectsPerSecond: Math.round(connectsPerSecond),
		losses: Object.fromEntries(counter.losses),
		faults: counter.faults,
		firstFaults: counter.firstFaults,
	};
}

async function open(options: LoadOptions, counter: Counter): Promise<Pair[]> {
	const { secret, window, rate, seed } = options;
	const run = `${process.pid.toString(36)}${Date.now().toString(36)}`;
	const phrases = texts(4_096, options.bytes, options.corpus, seed);
	const pairs: Pair[] = [];
	let next = 0;
	async function opener(): Promise<void> {
		while (next < options.pairs) {
			const index = next++;
			const users = [`a${index}-${run}`, `b${index}-${run}`] as const;
			const tokens = [mint(secret, users[0]), mint(secret, users[1])] as const;
			const pairOptions = { index, users, tokens, window, texts: phrases, offered: rate !== null };
			const pair = new Pair(counter, counter, pairOptions, directId(users[0], users[1]));
			pairs.push(pair);
			await pair.open();
		}
	}
	await Promise.all(Array.from({ length: openingMax }, opener));
	return pairs;
}

async function measure(options: LoadOptions, counter: Counter, lateSends: () => number) {
	const delay = monitorEventLoopDelay({ resolution: 5 });
	const late = lateSends();
	delay.enable();
	const server = cpuMicros(options.serverPid);
	const own = process.cpuUsage();
	const from = performance.now();
	counter.lastCycleAt = from;
	counter.measuring = true;
	await sleep(options.seconds * 1_000);
	counter.measuring = false;
	const ms = performance.now() - from;
	const used = process.cpuUsage(own);
	const after = cpuMicros(options.serverPid);
	delay.disable();
	const serverMicros = server === null || after === null ? null : after - server;
	const { cycles } = counter;
	return {
		cycles,
		cyclesPerSecond: Math.round((cycles * 1_000) / ms),
		serverCpuMicrosPerCycle:
			serverMicros === null || cycles === 0 ? null : round(serverMicros / cycles),
		serverCpuShare: serverMicros === null ? null : round(serverMicros / (ms * 1_000)),
		...counter.cycleTimes.summary(),
		sent: { ...counter.sentTimes.summary() },
		stallMs: round(Math.max(counter.stallMs, from + ms - counter.lastCycleAt)),
		loadCpuShare: round((used.user + used.system) / (ms * 1_000)),
		loadDelayP99Ms: round(delay.percentile(99) / 1e6),
		lateSends: lateSends() - late,
	};
}

/** Offered rate: every message is due at its own moment, whether or not the server keeps up. */
function offering(options: LoadOptions, pairs: readonly Pair[]) {
	const { rate } = options;
	if (rate === null) return { stop: () => {}, late: () => 0 };
	const from = performance.now();
	let offered = 0;
	let late = 0;
	const timer = setInterval(() => {
		const due = ((performance.now() - from) * rate) / 1_000;
		while (offered < due) {
			const pair = pairs[offered % pairs.length] as Pair;
			if (!pair.offer(from + (offered * 1_000) / rate)) late += 1;
			offered += 1;
		}
	}, 1);
	return { stop: () => clearInterval(timer), late: () => late };
}

/** Everything under way must end well; what does not is lost. */
async function drain(pairs: readonly Pair[], counter: Counter): Promise<void> {
	const until = performance.now() + drainMs;
	while (performance.now() < until && pairs.some((pair) => !pair.idle)) await sleep(20);
	for (const pair of pairs) {
		if (!pair.idle) counter.fault(`not finished: ${pair.conversation}: ${pair.describe()}`);
	}
}

function sleep(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

const result = await main(JSON.parse(process.argv[2] as string) as LoadOptions);
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
