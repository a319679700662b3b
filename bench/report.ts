// `--html`: one page with everything a run found: what was judged, whether the figures may be
// believed, and for each scenario its table and charts; an earlier run dashed beside it.

import { barChart, escaped, lineChart, type Series, short } from "./chart.js";
import type { BenchDocument } from "./document.js";
import { faultKinds } from "./faults.js";
import { Histogram } from "./histogram.js";
import { timed } from "./load-counts.js";
import { style } from "./report-style.js";
import { judged, keyOf } from "./rounds.js";
import {
	doubts,
	type Figures,
	incomparable,
	pairs,
	present,
	scenarioOf,
	show,
	titleOf,
} from "./table.js";

export function reportPage(document: BenchDocument, old: BenchDocument | null): string {
	const rows = document.scenarios as readonly Figures[];
	const former = new Map(
		((old?.scenarios ?? []) as readonly Figures[]).map((row) => [keyOf(row), row]),
	);
	const names = [...new Set(rows.map(({ name }) => scenarioOf(name)))];
	const { commit, at } = document.conditions;
	const when = at.replace(/T(\d\d:\d\d).*/, " $1 UTC");
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Colloquy bench, ${escaped(commit)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>Colloquy bench</h1>
<p class="dim">commit <b>${escaped(commit)}</b> · ${escaped(when)}</p>
${facts(document)}
</header>
<main>
${judgement(document)}
${names
	.map((name) =>
		section(
			name,
			rows.filter((row) => scenarioOf(row.name) === name),
			former,
		),
	)
	.join("\n")}
</main>
</body>
</html>
`;
}

function facts({ conditions }: BenchDocument): string {
	const { node, cpu, cores, kernel, durability, syncMs, folder } = conditions;
	const all = [
		["machine", `${cpu}, ${cores} cores`],
		["system", `${kernel}, node ${node}`],
		["durability", durability],
		["one sync", `${syncMs} ms in ${folder}`],
	] as const;
	const items = all.map(([name, value]) => `<div><dt>${name}</dt><dd>${escaped(value)}</dd></div>`);
	return `<dl>${items.join("")}</dl>`;
}

/** What decides: limits, faults, doubts, an earlier run. */
function judgement(document: BenchDocument): string {
	const rows = document.scenarios as readonly Figures[];
	const checked = rows.filter(({ correctness }) => present(correctness));
	const counts = faultKinds.map((kind) => {
		const count = checked.reduce(
			(sum, { correctness }) => sum + ((correctness as Record<string, number>)[kind] ?? 0),
			0,
		);
		return pill(count === 0, `${titleOf(kind)} ${count}`);
	});
	const limits = document.verdicts.map(({ expected, ok, got }) => pill(ok, `${expected}: ${got}`));
	const doubtful = doubts(rows).map((text) => `<li class="doubt">${escaped(text)}</li>`);
	const failures = document.failures.map((failure) => `<li class="bad">${escaped(failure)}</li>`);
	const lists = [...failures, ...doubtful];
	return [
		`<section><h2>May these be believed?</h2>`,
		checked.length > 0 ? `<p>${counts.join("\n")}</p>` : "",
		limits.length > 0 ? `<p>${limits.join("\n")}</p>` : "",
		lists.length > 0 ? `<ul>${lists.join("")}</ul>` : "",
		ratios(document),
		"</section>",
	].join("\n");
}

function pill(ok: boolean, text: string): string {
	return `<span class="pill ${ok ? "good" : "bad"}">${ok ? "✓" : "✗"} ${escaped(text)}</span>`;
}

function ratios({ against }: BenchDocument): string {
	if (against === null || against.length === 0) return "";
	const tones = { worse: "tone-bad", better: "tone-good", same: "tone-plain" } as const;
	const bars = against.flatMap((one) => {
		const { name, figure, ratio, old, now, verdict } = one;
		if (verdict === "not comparable") return [];
		const alike = against.filter((other) => scenarioOf(other.name) === scenarioOf(name));
		const row = [scenarioOf(name), labelOf(one, sharedBy(alike))].join(" ").trim();
		const text = `×${ratio} (${short(old)} → ${short(now)})`;
		const label = `${row}, ${judged.find((one) => one.figure === figure)?.title ?? figure}`;
		return [{ label, value: ratio, text, tone: tones[verdict] }];
	});
	const title = "How often worse than the earlier run; the line is the same as before";
	const told = incomparable(against);
	return [
		bars.length === 0 ? "" : figureOf(title, barChart(title, bars, { mark: 1, wide: 640 })),
		told === null ? "" : `<p class="doubt">${escaped(told)}</p>`,
	].join("");
}

function section(
	name: string,
	rows: readonly Figures[],
	former: ReadonlyMap<string, Figures>,
): string {
	const shared = sharedBy(rows);
	const labels = new Map(rows.map((row) => [row, labelOf(row, shared)]));
	const charts = rows.flatMap((row) => [
		...times(row, labels.get(row) ?? "", former.get(keyOf(row))),
		...seconds(row, labels.get(row) ?? ""),
	]);
	return `<section><h2>${escaped(name)}</h2>
<p class="dim">${escaped(pairs(shared))}</p>
${tableOf(rows, labels)}
<div class="charts growth">${growth(rows, labels).join("\n")}</div>
<div class="charts">${charts.join("\n")}</div>
</section>`;
}

/** Parameters that all rows have alike are said once. */
function sharedBy(rows: readonly Figures[]): Record<string, unknown> {
	const [first] = rows;
	const all = Object.entries(first?.parameters ?? {});
	return Object.fromEntries(
		all.filter(([name, value]) =>
			rows.every(({ parameters }) => String(parameters[name]) === String(value)),
		),
	);
}

/** What tells a row from its neighbours: its part of the scenario, and its own parameters. */
function labelOf({ name, parameters }: Figures, shared: Readonly<Record<string, unknown>>): string {
	const own = Object.entries(parameters).filter(([key]) => !Object.hasOwn(shared, key));
	const part = name.split(":").slice(1).join(":").trim();
	return [part, pairs(Object.fromEntries(own))].filter((text) => text !== "").join(" · ");
}

type Labels = ReadonlyMap<Figures, string>;

const others = [
	{ figure: "p999Ms", title: "p99.9 ms" },
	{ figure: "maxMs", title: "max ms" },
	{ figure: "faults", title: "faults" },
];

/** The figures by which runs are compared, that these rows have, and faults. */
function tableOf(rows: readonly Figures[], labels: Labels): string {
	const figures = [...judged, ...others].filter(({ figure }) =>
		rows.some((row) => typeof row[figure] === "number"),
	);
	const head = figures.map(({ figure, title }) => `<th title="${figure}">${escaped(title)}</th>`);
	const lines = rows.map((row) => {
		const cells = figures.map(({ figure }) => `<td>${escaped(show(row[figure]))}</td>`);
		return `<tr><th scope="row">${escaped(labels.get(row) ?? "")}</th>${cells.join("")}</tr>`;
	});
	const top = `<thead><tr><th></th>${head.join("")}</tr></thead>`;
	return `<div class="wide"><table>${top}<tbody>${lines.join("")}</tbody></table></div>`;
}

/** How rate, CPU time and latency grow from row to row, as bars. */
function growth(rows: readonly Figures[], labels: Labels): string[] {
	if (rows.length < 2) return [];
	const whole = judged.filter(({ figure }) => rows.every((row) => typeof row[figure] === "number"));
	const [first] = whole;
	const more = ["serverCpuMicrosPerCycle", "serverCpuMicrosPerMessage", "cpuMicros", "p99Ms"];
	const chosen = whole.filter((one) => one === first || more.includes(one.figure));
	return chosen.map(({ figure, title }) => {
		const bars = rows.map((row) => ({
			label: labels.get(row) ?? "",
			value: row[figure] as number,
			text: short(row[figure] as number),
			tone: "tone-0",
		}));
		return figureOf(`${title}, row by row`, barChart(title, bars));
	});
}

/** Percentiles as nines: each further nine takes the same room. */
const nines = [0.5, 0.9, 0.99, 0.999, 0.9999].map(
	(share) => [1 / (1 - share), `${Number((share * 100).toPrecision(6))} %`] as const,
);
const steps = 80;

function times(row: Figures, label: string, old: Figures | undefined): string[] {
	const all = [...curves(row, false), ...(old === undefined ? [] : curves(old, true))];
	if (all.length === 0) return [];
	const x = { title: "share of messages", log: true, ticks: nines };
	const y = { title: "ms", log: true, ticks: null };
	const dashed = old === undefined ? "" : "; dashed: the earlier run";
	const title = `${label === "" ? "time" : `${label}: time`} until …${dashed}`;
	return [figureOf(title, lineChart(title, x, y, all))];
}

function curves(row: Figures, former: boolean): Series[] {
	const texts = (row.histograms ?? {}) as Readonly<Record<string, string>>;
	return timed.flatMap((name, colour) => {
		const text = texts[name];
		if (text === undefined) return [];
		const histogram = Histogram.sum([text]);
		const most = Math.min(histogram.count, 10_000);
		const points = Array.from({ length: steps + 1 }, (_, at) => {
			const nine = 2 * (Math.max(most, 4) / 2) ** (at / steps);
			return [nine, Math.max(0.001, histogram.percentile(1 - 1 / nine) ?? 0)] as const;
		});
		return [{ name, points, former, colour }];
	});
}

function seconds(row: Figures, label: string): string[] {
	const each = (row.eachSecond ?? []) as readonly number[];
	if (each.length < 3) return [];
	const every = Math.ceil(each.length / 10);
	const ticks = each.flatMap((_, at) =>
		at % every === 0 ? [[at + 1, String(at + 1)] as const] : [],
	);
	const x = { title: "second", log: false, ticks };
	const y = { title: "done in each", log: false, ticks: null };
	const points = each.map((count, at) => [at + 1, count] as const);
	const title = label === "" ? "second by second" : `${label}: second by second`;
	const series = [{ name: "done", points, colour: 0, filled: true }];
	return [figureOf(title, lineChart(title, x, y, series))];
}

function figureOf(title: string, chart: string): string {
	return `<figure><figcaption>${escaped(title)}</figcaption>${chart}</figure>`;
}
