// A load process of the cycle, `node dist/bench/load.js` with its options: opens its pairs, lets
// them talk, and prints one JSON line. The one that is told the server's pid reads its CPU time
// itself, at the moments between which it counts.

import { randomFillSync } from "node:crypto";
import { directId } from "../src/base/ids.js";
import { runAsLoad } from "./child.js";
import { Counter } from "./counter.js";
import { Pair } from "./lean-pair.js";
import type { LoadCounts, LoadOptions } from "./load-counts.js";
import { Offer } from "./offer.js";
import { People } from "./people.js";
import { openingMax, talk } from "./talk.js";
import { texts } from "./texts.js";
import { inTurn, sleep } from "./turns.js";

async function main(options: LoadOptions): Promise<LoadCounts> {
	const { rate, rampSeconds, lookMs } = options;
	const counter = new Counter({ ...options, offered: rate !== null });
	const openedFrom = performance.now();
	const pairs = await open(options, counter);
	const connectsPerSecond = (2_000 * pairs.length) / (performance.now() - openedFrom);
	const offer = rate === null ? null : new Offer(rate, rampSeconds * 1_000, pairs);
	// People look at their screens now and then: one timer for all.
	if (lookMs !== null)
		setInterval(() => {
			for (const pair of pairs) pair.look();
		}, lookMs);
	return talk(options, counter, {
		talkers: pairs,
		connectsPerSecond,
		async start() {
			const from = performance.now();
			offer?.start(from);
			for (const [at, pair] of pairs.entries()) {
				pair.start();
				const aheadMs = ((at + 1) / pairs.length) * rampSeconds * 1_000;
				const early = from + aheadMs - performance.now();
				if (early > 0) await sleep(early);
			}
		},
		stop: () => offer?.stop(),
		lateSends: () => offer?.late ?? 0,
	});
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

await runAsLoad(main);
