// What is measured at an offered rate: the messages that were due in the window, all of them and no
// others, however late the server is.

import t from "tap";
import { runLoads } from "../../bench/child.js";
import { Counter } from "../../bench/counter.js";
import type { LoadCounts, LoadOptions } from "../../bench/load-counts.js";
import { loadFigures } from "../../bench/load-figures.js";
import { Offer } from "../../bench/offer.js";
import { startServer } from "../../bench/server.js";

// It waits for a server, on a machine that may be busy.
t.setTimeout(120_000);

const place = { url: "http://127.0.0.1:1", resume: false, source: null };

t.test("what the warm-up left behind does not count, what is done later does", async (t) => {
	const counter = new Counter({ ...place, offered: true });
	counter.cycle(10, 90);
	counter.begin(1_000, 1_000);
	counter.cycle(900, 1_050);
	counter.cycle(1_000, 1_060);
	counter.cycle(1_500, 1_560);
	counter.end(2_000);
	counter.cycle(1_999, 2_300);
	counter.cycle(2_000, 2_310);
	t.equal(counter.cycles, 3);
	t.equal(counter.meanwhile, 3, "the server worked for one that does not count, too");
	t.equal(counter.done, 6);
	t.equal(counter.times.delivered.count, 3);
	t.equal(Math.round(counter.times.delivered.percentile(1) as number), 301);
	t.equal(counter.spanMs(1_003), 1_240, "longer than the window: it did not keep up");
});

t.test("in a closed loop what is done in the window counts", async (t) => {
	const counter = new Counter({ ...place, offered: false });
	counter.cycle(10, 90);
	counter.begin(1_000, 1_000);
	counter.cycle(900, 1_050);
	counter.end(2_000);
	counter.cycle(1_999, 2_300);
	t.equal(counter.cycles, 1);
	t.equal(counter.spanMs(1_003), 1_003);
});

t.test("everything that is due is offered, at its moment, in turn", async (t) => {
	const due: number[][] = [[], []];
	const offer = new Offer(
		1_000,
		0,
		due.map((all) => ({ offer: (at: number) => all.push(at) > 2 })),
	);
	const from = performance.now() - 10.5;
	offer.start(from);
	offer.stop();
	const [even, odd] = due as [number[], number[]];
	t.strictSame(
		[even[0], odd[0], even[1]].map((at) => Math.round((at as number) - from)),
		[0, 1, 2],
	);
	t.ok(even.length + odd.length >= 11, "also what no turn of the timer has come for");
	t.equal(offer.late, 4, "the first two of each had to wait");
});

t.test("a server that stalls in the warm-up is not measured too fast", async (t) => {
	const server = await startServer({ core: null });
	t.teardown(() => server.discard());
	const options: LoadOptions = {
		...place,
		url: server.url,
		people: { secretFile: server.secretFile, tokenFile: null, first: 0 },
		serverPid: server.pid,
		pairs: 2,
		window: 250,
		rampSeconds: 0,
		warmupSeconds: 1,
		seconds: 1,
		least: 0,
		rate: 300,
		bytes: [100, 100],
		random: false,
		typing: 0,
		lookMs: 20,
		corpus: null,
		seed: 1,
	};
	let stalled = false;
	const stall = () => {
		if (stalled) return;
		stalled = true;
		process.kill(server.pid, "SIGSTOP");
		setTimeout(() => process.kill(server.pid, "SIGCONT"), 700);
	};
	const all = await runLoads<LoadCounts>("load.js", [options], { core: null, onProgress: stall });
	const [counts] = all as [LoadCounts];
	t.ok(stalled);
	t.equal(counts.found.faults, 0, counts.found.firstFaults.join());
	t.ok(Math.abs(counts.cycles - 300) <= 1, `${counts.cycles} of 300`);
	t.ok(counts.done > counts.cycles, "the warm-up's were done too");
	t.ok(loadFigures(all).cyclesPerSecond <= 301);
});
