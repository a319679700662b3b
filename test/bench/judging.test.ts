// What decides the exit code of a bench: limits, ratios to an earlier run, faults; and the figures
// that several processes or rounds come to.

import t from "tap";
import { compare } from "../../bench/against.js";
import type { BenchDocument } from "../../bench/document.js";
import { verdicts } from "../../bench/expect.js";
import { Faults } from "../../bench/faults.js";
import { Flags } from "../../bench/flags.js";
import { Histogram } from "../../bench/histogram.js";
import { loadFigures } from "../../bench/load-figures.js";
import { boundOf } from "../../bench/own-watch.js";
import { middles } from "../../bench/rounds.js";
import type { Figures } from "../../bench/table.js";

const parameters = { pairs: 10 };
const cycle: Figures = {
	name: "cycle",
	parameters,
	cyclesPerSecond: 5_000,
	serverCpuMicrosPerCycle: 20,
	p99Ms: 8,
	sent: { p99Ms: 4 },
	correctness: { lost: 0, doubled: 2 },
	loadCpuShare: 0.4,
};

function ok(...limits: readonly string[]): readonly boolean[] {
	return verdicts(limits, [cycle]).map((one) => one.ok);
}

t.test("a limit is kept or not", async (t) => {
	t.strictSame(ok("sent.p99<10ms", "sent.p99<4ms", "sent.p99<=4ms"), [true, false, true]);
	t.strictSame(ok("p99<8ms", "p99<=0.008s", "p99>7999us"), [false, true, true]);
	t.strictSame(ok("lost==0", "doubled==0"), [true, false]);
	t.strictSame(ok("cyclesPerSecond>=5k", "cycle:cyclesPerSecond>5000"), [true, false]);
	t.strictSame(ok("loadCpuShare<50%"), [true]);
});

t.test("a limit that nothing was measured for is not kept", async (t) => {
	t.strictSame(verdicts(["idle:p99<10ms"], [cycle]), [
		{ expected: "idle:p99<10ms", ok: false, got: "nothing measured it" },
	]);
	t.strictSame(ok("nonsense<1"), [false]);
});

t.test("every row is held to a limit", async (t) => {
	const slower = { ...cycle, sent: { p99Ms: 40 } };
	const [verdict] = verdicts(["sent.p99<10ms"], [cycle, slower]);
	t.strictSame(verdict, { expected: "sent.p99<10ms", ok: false, got: "cycle 40" });
});

t.test("what is no limit is refused", async (t) => {
	for (const text of ["sent.p99", "sent.p99<", "p99<10 miles", "<10", "p99=<3", "p99<1.2.3"]) {
		t.throws(() => verdicts([text], []), /is no limit/, text);
	}
});

function documentOf(...scenarios: readonly Figures[]): BenchDocument {
	return { conditions: { cpu: "a core" }, scenarios } as unknown as BenchDocument;
}

/** The verdict on each figure of a row that was `old` and is now as given. */
function compared(now: Partial<Figures>, old: Partial<Figures> = {}, threshold = 1.2) {
	const [before, after] = [old, now].map((some) => documentOf({ ...cycle, ...some } as Figures));
	const all = compare(before as BenchDocument, after as BenchDocument, threshold);
	return Object.fromEntries(all.map(({ figure, verdict }) => [figure, verdict]));
}

t.test("a run that got slower past threshold and noise is worse", async (t) => {
	t.strictSame(compared({}), {
		cyclesPerSecond: "same",
		serverCpuMicrosPerCycle: "same",
		p99Ms: "same",
	});
	t.match(compared({ cyclesPerSecond: 2_500 }), { cyclesPerSecond: "worse" });
	t.match(compared({ cyclesPerSecond: 10_000 }), { cyclesPerSecond: "better" });
	t.match(compared({ serverCpuMicrosPerCycle: 25 }), { serverCpuMicrosPerCycle: "worse" });
	t.match(compared({ p99Ms: 15 }), { p99Ms: "same" }, "a p99 varies by itself");
	t.match(compared({ p99Ms: 17 }), { p99Ms: "worse" });
	t.match(compared({ cyclesPerSecond: 2_500 }, {}, 3), { cyclesPerSecond: "same" });
});

t.test("what rounds lay apart is the noise", async (t) => {
	const noisy = { spread: { cyclesPerSecond: [2_000, 6_000] } };
	t.match(compared({ cyclesPerSecond: 2_500 }, noisy), { cyclesPerSecond: "same" });
	const steady = { spread: { p99Ms: [7.9, 8.1] } };
	const now = (p99Ms: number) => ({ p99Ms, spread: { p99Ms: [p99Ms - 0.1, p99Ms + 0.1] } });
	t.match(compared(now(12), steady), { p99Ms: "worse" });
	t.match(compared(now(11), steady), { p99Ms: "same" }, "a few may lie close by chance");
});

const slow = {
	cyclesPerSecond: 500,
	serverCpuMicrosPerCycle: 200,
	p99Ms: 800,
	floorMs: 20,
	keptPerByte: 9,
};
const fast = { floorMs: 1, keptPerByte: 1 };
const incomparable = "not comparable";

t.test("where other work ran, only what it hardly moves is compared", async (t) => {
	const busy = { bound: "machine", othersCpuShare: 0.9 };
	const verdicts = {
		cyclesPerSecond: incomparable,
		serverCpuMicrosPerCycle: incomparable,
		p99Ms: incomparable,
		floorMs: "worse",
		keptPerByte: "worse",
	};
	t.strictSame(compared({ ...slow, ...busy }, fast), verdicts);
	t.strictSame(compared(slow, { ...fast, ...busy }), verdicts);
	t.match(compared({ ...slow, floorMs: 2.9, ...busy }, fast), { floorMs: "same" });
	const [first] = compare(documentOf({ ...cycle, ...busy }), documentOf(cycle), 1.2);
	t.match(first, { why: "other work took 90 % of a core then", ratio: 1 });
});

t.test("where the runner was the limit, only sizes are compared", async (t) => {
	t.strictSame(compared({ ...slow, bound: "load" }, fast), {
		cyclesPerSecond: incomparable,
		serverCpuMicrosPerCycle: incomparable,
		p99Ms: incomparable,
		floorMs: incomparable,
		keptPerByte: "worse",
	});
});

t.test("CPU time is compared in terms of what a core cost then", async (t) => {
	const now = { serverCpuMicrosPerCycle: 30, referenceMicros: 60_000 };
	t.match(compared(now, { referenceMicros: 40_000 }), { serverCpuMicrosPerCycle: "same" });
	t.match(compared(now, { referenceMicros: 60_000 }), { serverCpuMicrosPerCycle: "worse" });
	t.match(compared(now), { serverCpuMicrosPerCycle: "worse" }, "the old one does not tell");
	const cheaper = { ...now, serverCpuMicrosPerCycle: 20, referenceMicros: 20_000 };
	t.match(compared(cheaper, { referenceMicros: 40_000 }), { serverCpuMicrosPerCycle: "worse" });
});

t.test("times are not compared with those of another disk or processor", async (t) => {
	const verdicts = { p99Ms: incomparable, serverCpuMicrosPerCycle: "same" };
	t.match(compared({ p99Ms: 800, referenceSyncMs: 3 }, { referenceSyncMs: 1 }), verdicts);
	t.match(compared({ p99Ms: 800, referenceSyncMs: 1.5 }, { referenceSyncMs: 1 }), {
		p99Ms: "worse",
	});
	const other = { ...documentOf({ ...cycle, p99Ms: 1 }), conditions: { cpu: "another" } };
	const all = compare(other as BenchDocument, documentOf(cycle), 1.2);
	t.match(Object.fromEntries(all.map(({ figure, verdict }) => [figure, verdict])), verdicts);
	t.match(all[0]?.why, "another processor: another, now a core");
});

t.test("rows of other parameters are not compared", async (t) => {
	const other = { ...cycle, parameters: { pairs: 1_000 } };
	t.throws(() => compare(documentOf(other), documentOf(cycle), 1.2), /no row/);
	t.equal(compare(documentOf(other, cycle), documentOf(cycle), 1.2).length, 3);
});

t.test("of several rounds the middle one is quoted, with how far they lie apart", async (t) => {
	const rounds = [5_000, 9_000, 6_000].map((cyclesPerSecond) => ({ ...cycle, cyclesPerSecond }));
	const other = { ...cycle, parameters: { pairs: 1 }, faults: 0 };
	const [row, alone] = middles([...rounds, other]);
	t.equal(row?.cyclesPerSecond, 6_000);
	t.equal(row?.rounds, 3);
	t.match(row?.spread, { cyclesPerSecond: [5_000, 9_000], p99Ms: [8, 8] });
	t.equal(alone, other);
	const five = [1, 5_000, 9_000, 6_000, 90_000].map((one) => ({ ...cycle, cyclesPerSecond: one }));
	t.match(middles(five)[0]?.spread, { cyclesPerSecond: [5_000, 9_000] }, "but for one at each end");
});

t.test("rounds that were disturbed count only when all were", async (t) => {
	const busy = { ...cycle, bound: "machine", cyclesPerSecond: 900 };
	const rounds = [busy, { ...cycle, faults: 0 }, { ...busy, faults: 2 }];
	t.match(middles(rounds)[0], { cyclesPerSecond: 5_000, rounds: 3, quietRounds: 1, faults: 2 });
	t.equal(middles(rounds)[0]?.spread, undefined, "one alone does not tell how far they lie apart");
	const [all] = middles([busy, { ...busy, cyclesPerSecond: 800 }, busy]);
	t.match(all, { cyclesPerSecond: 900, spread: { cyclesPerSecond: [800, 900] } });
	t.equal(all?.quietRounds, undefined);
});

t.test("faults of any round are kept", async (t) => {
	const [row] = middles([1, 0, 2].map((faults) => ({ ...cycle, faults })));
	t.equal(row?.faults, 3);
});

t.test("a runner that was the limit is told from a machine that was busy", async (t) => {
	t.equal(boundOf({ loadCpuShare: 0.97, loadDelayP99Ms: 3 }), "load");
	t.equal(boundOf({ loadCpuShare: 0.3, loadDelayP99Ms: 200 }), "machine");
	t.equal(boundOf({ loadCpuShare: 0.3, loadDelayP99Ms: 3 }), "server or window");
});

t.test("what several processes counted is one row", async (t) => {
	const counts = (ms: readonly number[], serverMicros: number | null) => {
		const times = new Histogram();
		for (const one of ms) times.record(one);
		const empty = new Histogram().encoded();
		return {
			ms: 2_000,
			cycles: ms.length,
			spanMs: 2_000,
			meanwhile: ms.length,
			done: ms.length,
			serverMicros,
			times: { sent: empty, received: empty, delivered: times.encoded(), seen: empty },
			stallMs: ms.length,
			eachSecond: [1, ms.length - 1],
			own: { loadCpuShare: ms.length / 4, loadDelayP99Ms: 1 },
			lateSends: 1,
			connectsPerSecond: 10,
			losses: { "1006 ": 1 },
			found: new Faults().figures,
		};
	};
	const row = loadFigures([counts([1, 2, 3], 50), counts([4, 100], null)]);
	t.match(row, {
		cycles: 5,
		cyclesPerSecond: 3,
		serverCpuMicrosPerCycle: 10,
		p50Ms: 3,
		maxMs: 100,
		seen: null,
		stallMs: 3,
		loadCpuShare: 0.75,
		lateSends: 2,
		connectsPerSecond: 20,
		losses: { "1006 ": 2 },
		eachSecond: [2, 3],
	});
	t.strictSame(Object.keys(row.histograms), ["delivered"]);
	t.equal(Histogram.sum([row.histograms.delivered ?? ""]).count, 5);
});

t.test("a histogram is off by a thousandth at most", async (t) => {
	const times = new Histogram();
	t.equal(times.summary().p50Ms, null);
	for (let at = 1; at <= 10_000; at += 1) times.record(at / 10);
	for (const share of [0.5, 0.9, 0.99, 0.999]) {
		const value = times.percentile(share) as number;
		t.ok(Math.abs(value - share * 1_000) <= share * 1.1, `${share}: ${value}`);
	}
	times.record(Number.POSITIVE_INFINITY);
	t.ok((times.percentile(1) as number) >= 3_599_000, "an hour is the longest");
});

t.test("flags: what nobody asked for is told, a size gives defaults", async (t) => {
	const flags = new Flags(["cycle"], { pairs: "10", window: "x", bytes: "20-200", json: true });
	t.equal(flags.number("pairs", 1), 10);
	t.equal(flags.number("rate", null), null);
	t.equal(flags.at({ rate: 7, pairs: 3 }).number("rate", null), 7);
	t.equal(flags.at({ pairs: 3 }).number("pairs", 1), 10, "what was said counts more");
	t.strictSame(flags.range("bytes", 1), [20, 200]);
	t.strictSame(flags.unknown(), ["window", "json"]);
	t.throws(() => flags.number("window", 1), /wants a number/);
});
