// The report: one page that needs nothing else, with every row, what was judged, and an earlier run
// beside it.

import t from "tap";
import { compare } from "../../bench/against.js";
import { barChart, lineChart, short } from "../../bench/chart.js";
import { type BenchDocument, document } from "../../bench/document.js";
import { Histogram } from "../../bench/histogram.js";
import { reportPage } from "../../bench/report.js";
import type { Figures } from "../../bench/table.js";

const times = new Histogram();
for (let at = 1; at <= 1_000; at += 1) times.record(at / 10);

const row = (pairs: number, cyclesPerSecond: number, bound = "load"): Figures => ({
	name: "cycle",
	parameters: { pairs, window: 16 },
	cyclesPerSecond,
	p50Ms: 50,
	faults: 1,
	correctness: { lost: 1, doubled: 0, reordered: 0, receiptsBackwards: 0, other: 0 },
	bound,
	loadCpuShare: 0.98,
	loadDelayP99Ms: 4,
	eachSecond: [10, 20, 30],
	histograms: { sent: times.encoded(), delivered: times.encoded() },
});

function documentOf(rows: readonly Figures[], old: BenchDocument | null = null): BenchDocument {
	const now = {
		conditions: {
			commit: "0ff1ce+",
			node: "v20.20.2",
			cpu: "<b>fast</b> & small",
			cores: 2,
			kernel: "linux",
			durability: "fsync",
			folder: "tmp",
			fileSystem: "0xef53",
			syncMs: 1,
			at: "2026-11-25T12:00:00.000Z",
		},
		scenarios: [...rows],
	};
	return document.parse({
		...now,
		failures: ["idle: it broke"],
		verdicts: [{ expected: "sent.p99<10ms", ok: false, got: "cycle 99" }],
		against: old === null ? null : compare(old, now, 1.2),
	});
}

const count = (page: string, part: string) => page.split(part).length - 1;

t.test("it holds what was found, and loads nothing", async (t) => {
	const page = reportPage(documentOf([row(10, 1_000), row(100, 2_000)]), null);
	for (const part of [
		"commit <b>0ff1ce+</b>",
		"✗ lost 2",
		"✓ doubled 0",
		"✗ sent.p99&lt;10ms: cycle 99",
		"idle: it broke",
		"cycle: the runner was the limit, not the server: it used 98 % of its core",
		"cycles/s, row by row",
		'<p class="dim">window 16</p>',
		'<th scope="row">pairs 100</th>',
	]) {
		t.ok(page.includes(part), part);
	}
	t.notMatch(page, /<script|<link|<img|src=|href=|url\(/);
	t.ok(page.includes("&lt;b&gt;fast&lt;/b&gt; &amp; small"), "what others named is no markup");
	t.equal(count(page, "<polyline"), 6, "sent, delivered and the seconds of each row");
	t.notMatch(page, "line former");
	t.notMatch(page, "NaN");
});

t.test("an earlier run is dashed beside it, with what got worse", async (t) => {
	const old = documentOf([row(10, 3_000, "server or window")]);
	const page = reportPage(documentOf([row(10, 1_000, "server or window")], old), old);
	t.equal(count(page, 'class="line former'), 2);
	t.match(page, "×3 (3000 → 1000)");
	t.equal(count(page, '"bar tone-bad"'), 1);
	t.notMatch(page, "not comparable");
	const disturbed = reportPage(documentOf([row(10, 1_000)], old), old);
	t.match(disturbed, "2 of 2 figures are not comparable");
	t.equal(count(disturbed, "<rect"), 0, "no bar for what says nothing");
});

t.test("axes have few, round ticks", async (t) => {
	const labels = (svg: string) =>
		[...svg.matchAll(/text-anchor="end">([^<]+)</g)].map(([, label]) => label);
	const x = { title: "second", log: false, ticks: null };
	const lines = (log: boolean, ...values: number[]) =>
		lineChart("a chart", x, { title: "ms", log, ticks: null }, [
			{ name: "one", colour: 0, points: values.map((value, at) => [at, value] as const) },
		]);
	t.strictSame(labels(lines(false, 0, 37)), ["0", "10", "20", "30", "40"]);
	const between = ["0.2", "0.5", "1", "2", "5", "10", "20", "50", "100"];
	t.strictSame(labels(lines(true, 0.3, 70)), between);
	t.strictSame(labels(lines(true, 0.002, 900)), ["0.001", "0.01", "0.1", "1", "10", "100", "1000"]);
	t.notMatch(lines(true, 5, 5), "NaN", "a line that is level");
	t.match(barChart("bars", [{ label: "none", value: 0, text: "0", tone: "tone-0" }]), "<rect");
	t.strictSame([0.123456, 12, 1_234, 12_345, 2_500_000].map(short), [
		"0.123",
		"12",
		"1230",
		"12.3k",
		"2.5M",
	]);
});
