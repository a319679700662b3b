// What the actor runtime costs: a message at 1,000 to 1,000,000 actors, an idle actor, `ps`, an
// activation, and what a crowd of crash loops does to the others. No journal and no sockets. Every
// actor checks that its messages come complete and in order; a fault makes the figures void.

import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createRoot, type Root } from "../actors/root.js";
import type { Directory } from "../actors/shard.js";
import type { Behaviour, Ref } from "../actors/system.js";
import { systemClock } from "../src/base/clock.js";
import { silentLog } from "../src/base/log.js";
import type { Flags } from "./flags.js";
import { round } from "./histogram.js";

export interface ActorsRow {
	readonly name: string;
	readonly parameters: Readonly<Record<string, number>>;
	readonly [figure: string]: unknown;
}

interface Sizes {
	readonly actors: readonly number[];
	readonly batches: readonly number[];
	/** Messages measured per row. */
	readonly messages: number;
	/** Round trips measured beside the crash loops. */
	readonly latencies: number;
}

const full: Sizes = {
	actors: [1_000, 10_000, 100_000, 1_000_000],
	batches: [1, 16],
	messages: 2_000_000,
	latencies: 2_000,
};
const quick: Sizes = {
	actors: [1_000, 100_000],
	batches: [1, 16],
	messages: 300_000,
	latencies: 300,
};

/** Actors woken before the loop turns: as many as a busy turn of a broker would wake. */
const wakesPerTurn = 1_024;

export async function actors(flags: Flags): Promise<ActorsRow[]> {
	const sizes = flags.on("quick") ? quick : full;
	const only = flags.number("actors", null);
	const rows: ActorsRow[] = [];
	for (const count of only === null ? sizes.actors : [only])
		rows.push(...(await crowd(count, sizes)));
	for (const crashing of [0, 100]) rows.push(await neighbours(crashing, sizes.latencies));
	return rows;
}

interface Tally {
	handled: number;
	faults: number;
}

/** Counts, and notices a message that is lost, doubled or out of order. */
class Counter implements Behaviour<number> {
	private last = 0;

	constructor(private readonly tally: Tally) {}

	start(): void {}

	receive(n: number): void {
		this.last += 1;
		this.tally.handled += 1;
		if (n !== this.last) this.tally.faults += 1;
	}
}

async function crowd(count: number, sizes: Sizes): Promise<ActorsRow[]> {
	const tally: Tally = { handled: 0, faults: 0 };
	const root = newRoot();
	const directory = root.directory<number>(
		{ name: "users", create: () => new Counter(tally) },
		{ actorsMax: 2 * count },
	);
	const ids = Array.from({ length: count }, (_, n) => `user-${n}`);
	const told = new Uint32Array(count);
	const refs = new Array<Ref<number>>(count);
	const before = heapBytes();
	const from = systemClock.monotonic();
	for (const [n, id] of ids.entries()) {
		refs[n] = directory.activate(id);
		if (n % wakesPerTurn === 0) await turn();
	}
	while (refs.at(-1)?.state !== "running") await turn();
	const activateMicros = ((systemClock.monotonic() - from) / count) * 1_000;
	// Less the array of references, which is this bench's own.
	const bytesPerIdleActor = (heapBytes() - before) / count - 8;
	const rows: ActorsRow[] = [
		{
			name: "idle",
			parameters: { actors: count },
			activateMicros: round(activateMicros),
			bytesPerIdleActor: Math.round(bytesPerIdleActor),
			...ps(root, directory),
		},
	];
	for (const batch of sizes.batches) {
		// The first pass warms up and is not quoted.
		await exchange(refs, told, batch, Math.min(sizes.messages, 200_000), tally);
		const cpuFrom = process.cpuUsage();
		const seconds = await exchange(refs, told, batch, sizes.messages, tally);
		const { user, system } = process.cpuUsage(cpuFrom);
		rows.push({
			name: "messages",
			parameters: { actors: count, batch },
			messagesPerSecond: Math.round(sizes.messages / seconds),
			nsPerMessage: Math.round((seconds * 1e9) / sizes.messages),
			// Collecting garbage on other threads included; hardly moved by what else runs here.
			cpuNsPerMessage: Math.round(((user + system) * 1e3) / sizes.messages),
			faults: tally.faults,
		});
	}
	root.system.close();
	return rows;
}

/** Tells each actor in turn a batch, until all is told; seconds until all is handled. */
async function exchange(
	refs: readonly Ref<number>[],
	told: Uint32Array,
	batch: number,
	messages: number,
	tally: Tally,
): Promise<number> {
	const until = tally.handled + messages;
	const from = systemClock.monotonic();
	let wakes = 0;
	for (let left = messages, n = 0; left > 0; n = (n + 1) % refs.length) {
		const ref = refs[n] as Ref<number>;
		for (let at = 0; at < batch && left > 0; at += 1, left -= 1) {
			const number = (told[n] as number) + 1;
			told[n] = number;
			if (ref.tell(number) !== "ok") tally.faults += 1;
		}
		wakes += 1;
		// An actor that is told twice before it runs would be a larger batch than the row says.
		if (wakes % Math.min(wakesPerTurn, refs.length) === 0) await turn();
	}
	while (tally.handled < until) await turn();
	return (systemClock.monotonic() - from) / 1_000;
}

function ps(root: Root, directory: Directory<number>): { psMs: number; psBytes: number } {
	const times: number[] = [];
	let psBytes = 0;
	for (let pass = 0; pass < 20; pass += 1) {
		const from = systemClock.monotonic();
		const snapshot = root.ps();
		times.push(systemClock.monotonic() - from);
		psBytes = JSON.stringify(snapshot).length;
		if (snapshot.kinds[0]?.actors !== directory.size) throw new Error("ps does not add up");
	}
	// The worst, because an operator asks once and the first time is the slowest.
	return { psMs: round(Math.max(...times)), psBytes };
}

/** How soon a well actor answers while others crash at every message. */
async function neighbours(crashing: number, latencies: number): Promise<ActorsRow> {
	const root = newRoot();
	const boom = () => {
		throw new Error("boom");
	};
	const create = () => ({ start() {}, receive: boom });
	const broken = root.directory<number>({ name: "broken", create });
	let answered = () => {};
	const well = root.service<number>({
		name: "well",
		create: () => ({ start() {}, receive: () => answered() }),
	});
	const times: number[] = [];
	for (let pass = 0; pass < latencies; pass += 1) {
		for (let n = pass % 10; n < crashing; n += 10) broken.tell(`actor-${n}`, pass);
		const from = systemClock.monotonic();
		await new Promise<void>((resolve) => {
			answered = resolve;
			well.tell(pass);
		});
		times.push(systemClock.monotonic() - from);
		// A pause, so that the passes last through many back-offs.
		await pause(1);
	}
	times.sort((a, b) => a - b);
	const { crashes, quarantines } = root.system.counters;
	root.system.close();
	return {
		name: "neighbours",
		parameters: { crashing },
		p50Ms: round(times[Math.floor(latencies / 2)] as number),
		p99Ms: round(times[Math.floor(latencies * 0.99)] as number),
		maxMs: round(times.at(-1) as number),
		crashes,
		quarantines,
	};
}

function newRoot(): Root {
	return createRoot({ node: "n1", boot: 1, clock: systemClock, log: silentLog });
}

function turn(): Promise<void> {
	return new Promise((resolve) => systemClock.soon(resolve));
}

let collect: (() => void) | undefined;

/** The heap after a full collection. */
function heapBytes(): number {
	if (collect === undefined) {
		setFlagsFromString("--expose-gc");
		collect = runInNewContext("gc") as () => void;
	}
	collect();
	return process.memoryUsage().heapUsed;
}
