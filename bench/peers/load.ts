// The load process of the comparison, `node dist/bench/peers/load.js`: opens the pairs, warms up,
// measures, waits for what is under way and prints one JSON line. It reads the CPU time of the
// server's process tree itself, at the moments between which it counts.

import { setTimeout as sleep } from "node:timers/promises";
import { Histogram, round } from "../histogram.js";
import { texts } from "../texts.js";
import { Pair, type PairMeter } from "./pair.js";
import { peers } from "./peers.js";
import { treeMicros } from "./tree.js";

export interface PeerLoadOptions {
	readonly key: string;
	readonly port: number;
	readonly serverPid: number;
	readonly pairs: number;
	readonly window: number;
	readonly warmup: number;
	readonly seconds: number;
	readonly bytes: number;
	readonly seed: number;
}

/** What one run measured. Shares are of one core. */
export interface Run {
	readonly cycles: number;
	readonly cyclesPerSecond: number;
	readonly serverCpuMicrosPerCycle: number | null;
	readonly serverCpuShare: number | null;
	readonly loadCpuShare: number;
	readonly p50Ms: number | null;
	readonly p99Ms: number | null;
	readonly maxMs: number | null;
	readonly faults: number;
	readonly firstFaults: readonly string[];
}

const firstFaultsMax = 5;
/** Connections opened at the same time. */
const openingMax = 25;
const openMs = 180_000;
const firstMs = 60_000;
const drainMs = 20_000;

class Meter implements PairMeter {
	measuring = false;
	cycles = 0;
	faults = 0;
	readonly firstFaults: string[] = [];
	readonly times = new Histogram();

	cycle(ms: number): void {
		if (!this.measuring) return;
		this.cycles += 1;
		this.times.record(ms);
	}

	fault(what: string): void {
		this.faults += 1;
		if (this.firstFaults.length < firstFaultsMax) this.firstFaults.push(what);
	}
}

async function main(options: PeerLoadOptions): Promise<Run> {
	const meter = new Meter();
	const pairs = await open(options, meter);
	for (const pair of pairs) pair.start();
	await firstCycles(pairs);
	await sleep(options.warmup * 1_000);
	const measured = await measure(options, meter);
	for (const pair of pairs) pair.stop();
	const until = performance.now() + drainMs;
	while (performance.now() < until && pairs.some((pair) => !pair.idle)) await sleep(20);
	for (const pair of pairs) {
		if (!pair.idle) pair.fault(`sent ${pair.last}, B has ${pair.got}, done are ${pair.done}`);
	}
	if (measured.cycles === 0) meter.fault("not one cycle was done");
	return { ...measured, faults: meter.faults, firstFaults: meter.firstFaults };
}

/** A server may make files for a user with the first message: that is no part of a cycle. */
async function firstCycles(pairs: readonly Pair[]): Promise<void> {
	const until = performance.now() + firstMs;
	const waits = (pair: Pair) => pair.done === 0 && !pair.idle;
	while (performance.now() < until && pairs.some(waits)) await sleep(20);
}

async function open(options: PeerLoadOptions, meter: Meter): Promise<Pair[]> {
	const peer = peers.find(({ key }) => key === options.key);
	if (peer === undefined) throw new Error(`no peer ${options.key}`);
	const phrases = texts(4_096, options.bytes, null, options.seed);
	const pairs: Pair[] = [];
	const opener = async () => {
		while (pairs.length < options.pairs) {
			const pair = new Pair(pairs.length, options.window, phrases, meter);
			pairs.push(pair);
			pair.ends = await peer.open(options.port, pairs.indexOf(pair), pair);
		}
	};
	const opened = Promise.all(Array.from({ length: openingMax }, opener));
	const late = sleep(openMs, "late");
	if ((await Promise.race([opened, late])) === "late")
		throw new Error(`only ${pairs.filter(({ ends }) => ends !== null).length} pairs opened`);
	return pairs;
}

async function measure(options: PeerLoadOptions, meter: Meter) {
	const server = treeMicros(options.serverPid);
	const own = process.cpuUsage();
	const from = performance.now();
	meter.measuring = true;
	await sleep(options.seconds * 1_000);
	meter.measuring = false;
	const ms = performance.now() - from;
	const used = process.cpuUsage(own);
	const after = treeMicros(options.serverPid);
	const micros = server === null || after === null ? null : after - server;
	const { cycles } = meter;
	const { p50Ms, p99Ms, maxMs } = meter.times.summary();
	return {
		cycles,
		cyclesPerSecond: Math.round((cycles * 1_000) / ms),
		serverCpuMicrosPerCycle: micros === null || cycles === 0 ? null : round(micros / cycles),
		serverCpuShare: micros === null ? null : round(micros / (ms * 1_000)),
		loadCpuShare: round((used.user + used.system) / (ms * 1_000)),
		p50Ms,
		p99Ms,
		maxMs,
	};
}

const result = await main(JSON.parse(process.argv[2] as string) as PeerLoadOptions);
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
