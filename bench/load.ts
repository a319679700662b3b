// A load process of the cycle, `node dist/bench/load.js` with its options: opens its pairs, waits
// until all processes of the load are there, warms up, measures, drains, and prints one JSON line.
// The one that is told the server's pid reads its CPU time itself, at the moments between which it
// counts.

import { randomFillSync } from "node:crypto";
import { directId } from "../src/base/ids.js";
import { runAsLoad, whenAllAreReady } from "./child.js";
import { Counter, drain, measure, reached, reporting } from "./counter.js";
import { Pair } from "./lean-pair.js";
import type { LoadCounts, LoadOptions } from "./load-counts.js";
import { People } from "./people.js";
import { texts } from "./texts.js";
import { inTurn, sleep } from "./turns.js";

/** Connections opened at the same time. */
const openingMax = 50;

async function main(options: LoadOptions): Promise<LoadCounts> {
	const counter = new Counter(options);
	const openedFrom = performance.now();
	const pairs = await open(options, counter);
	const connectsPerSecond = (2_000 * pairs.length) / (performance.now() - openedFrom);
	await whenAllAreReady();
	const progress = reporting(counter);
	const offer = offering(options, pairs);
	const looking = looks(options, pairs);
	for (const [at, pair] of pairs.entries()) {
		pair.start();
		const aheadMs = ((at + 1) / pairs.length) * options.rampSeconds * 1_000;
		const early = offer.from + aheadMs - performance.now();
		if (early > 0) await sleep(early);
	}
	await sleep(options.warmupSeconds * 1_000);
	const measured = await measure(options, counter, () => offer.late());
	await reached(options.least, counter);
	for (const pair of pairs) pair.stop();
	offer.stop();
	await drain(pairs, counter);
	clearInterval(looking);
	clearInterval(progress);
	counter.stopping = true;
	for (const pair of pairs) pair.close();
	return {
		...measured,
		connectsPerSecond: Math.round(connectsPerSecond),
		losses: Object.fromEntries(counter.losses),
		found: counter.faults.figures,
		done: counter.done,
	};
}

async function open(options: LoadOptions, counter: Counter): Promise<Pair[]> {
	const { window, rate, seed } = options;
	const people = new People(options.people);
	const phrases = texts(4_096, options.bytes, options.corpus, seed);
	if (options.random) for (const phrase of phrases) randomFillSync(phrase);
	const pairs: Pair[] = [];
	await inTurn(options.pairs, openingMax, async (index) => {
		const [a, b] = [people.at(2 * index), people.at(2 * index + 1)];
		const pair = new Pair(counter, counter, {
			index,
			users: [a.user, b.user],
			tokens: [a.token, b.token],
			conversation: directId(a.user, b.user),
			window,
			texts: phrases,
			typing: options.typing,
			offered: rate !== null,
		});
		pairs.push(pair);
		await pair.open();
	});
	return pairs;
}

/** Offered rate: every message is due at its own moment, whether or not the server keeps up. */
function offering(options: LoadOptions, pairs: readonly Pair[]) {
	const { rate, rampSeconds } = options;
	const from = performance.now();
	if (rate === null) return { from, stop: () => {}, late: () => 0 };
	let offered = 0;
	let late = 0;
	const timer = setInterval(() => {
		const now = performance.now();
		for (let at = dueAt(offered); at <= now - from; at = dueAt(offered)) {
			const pair = pairs[offered % pairs.length] as Pair;
			if (!pair.offer(from + at)) late += 1;
			offered += 1;
		}
	}, 1);
	/** While it ramps up the rate grows evenly, so that n messages are due after a root's time. */
	function dueAt(n: number): number {
		const perMs = (rate as number) / 1_000;
		const rampMs = rampSeconds * 1_000;
		const rampMessages = (perMs * rampMs) / 2;
		if (n < rampMessages) return Math.sqrt((2 * n * rampMs) / perMs);
		return rampMs + (n - rampMessages) / perMs;
	}
	return { from, stop: () => clearInterval(timer), late: () => late };
}

/** People look at their screens now and then: one timer for all. */
function looks({ lookMs }: LoadOptions, pairs: readonly Pair[]): NodeJS.Timeout | undefined {
	if (lookMs === null) return undefined;
	return setInterval(() => {
		for (const pair of pairs) pair.look();
	}, lookMs);
}

await runAsLoad(main);
