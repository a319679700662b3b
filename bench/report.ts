// `--html`: one page with everything a run found: what was judged, whether the figures may be
// believed, and for each scenario its table and charts; an earlier run dashed beside it.

import { barChart, escaped, lineChart, type Series, short } from "./chart.js";
import type { BenchDocument } from "./document.js";
import { faultKinds } from "./faults.js";
import { Histogram } from "./histogram.js";
import { timed } from "./load-counts.js";
import { style } from "./report-style.js";
import { judged, keyOf } from "./rounds.js";
import { doubt, type Figures, incomparable, pairs, present, show, titleOf } from "./table.js";

export function reportPage(document: BenchDocument, old: BenchDocument | null): string {
	const rows = document.scenarios as readonly Figures[];
	const former = new Map(
		((old?.scenarios ?? []) as readonly Figures[]).map((row) => [keyOf(row), row]),
	);
	const names = [...new Set(rows.map(({ name }) => scenarioOf(name)))];
	const { commit, at } = document.conditions;
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
<p class="dim">commit <b>${escaped(commit)}</b> · ${escaped(at)}</p>
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

function scenarioOf(name: string): string {
	return name.split(":")[0] as string;
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
	const doubts = rows
		.filter(({ bound }) => bound === "load" || bound === "machine")
		.map((row) => `<li class="doubt">${escaped(`${row.name}: ${doubt(row)}`)}</li>`);
	const failures = document.failures.map((failure) => `<li class="bad">${escaped(failure)}</li>`);
	const lists = [...failures, ...doubts];
	return [
		`<section><h2>May these be believed?</h2>`,
		checked.length > 0 ? `<p>${counts.join(" ")}</p>` : "",
		limits.length > 0 ? `<p>${limits.join(" ")}</p>` : "",
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
	const bars = against.flatMap(({ name, figure, ratio, old, now, verdict }) => {
		if (verdict === "not comparable") return [];
		const text = `×${ratio} (${short(old)} → ${short(now)})`;
		return [{ label: `${name} ${figure}`, value: ratio, text, tone: tones[verdict] }];
	});
	const title = "How often worse than the earlier run; the line is the same as before";
	const told = incomparable(against);
	return [
		bars.length === 0 ? "" : figureOf(title, barChart(title, bars, 1)),
		told === null ? "" : `<p class="doubt">${escaped(told)}</p>`,
	].join("");
}

function section(
	name: string,
	rows: readonly Figures[],
	former: ReadonlyMap<string, Figures>,
): string {
	const charts = [
		...growth(rows),
		...rows.flatMap((row) => [...times(row, former.get(keyOf(row))), ...seconds(row)]),
	];
	return `<section><h2>${escaped(name)}</h2>
${tableOf(rows)}
<div class="charts">${charts.join("\n")}</div>
</section>`;
}

/** The figures by which runs are compared, that these rows have, and faults. */
function tableOf(rows: readonly Figures[]): string {
	const figures = [...judged.map(({ figure }) => figure), "p999Ms", "maxMs", "faults"].filter(
		(figure) => rows.some((row) => typeof row[figure] === "number"),
	);
	const head = ["", "parameters", ...figures].map((title) => `<th>${escaped(title)}</th>`);
	const lines = rows.map((row) => {
		const part = row.name.split(":").slice(1).join(":").trim();
		const cells = figures.map((figure) => `<td class="number">${escaped(show(row[figure]))}</td>`);
		const words = `<td>${escaped(part)}</td><td class="dim">${escaped(pairs(row.parameters))}</td>`;
		return `<tr>${words}${cells.join("")}</tr>`;
	});
	const [top, body] = [
		`<thead><tr>${head.join("")}</tr></thead>`,
		`<tbody>${lines.join("")}</tbody>`,
	];
	return `<div class="wide"><table>${top}${body}</table></div>`;
}

/** The first figure that all rows have, as bars: how it grows from row to row. */
function growth(rows: readonly Figures[]): string[] {
	const found = judged.find(({ figure }) => rows.every((row) => typeof row[figure] === "number"));
	if (rows.length < 2 || found === undefined) return [];
	const same = new Set(
		Object.entries(rows[0]?.parameters ?? {})
			.filter(([name, value]) => rows.every(({ parameters }) => parameters[name] === value))
			.map(([name]) => name),
	);
	const bars = rows.map((row) => {
		const differing = Object.entries(row.parameters).filter(([name]) => !same.has(name));
		const part = row.name.split(":").slice(1).join(":").trim();
		return {
			label: `${part} ${pairs(Object.fromEntries(differing))}`.trim() || row.name,
			value: row[found.figure] as number,
			text: short(row[found.figure] as number),
			tone: "tone-0",
		};
	});
	return [figureOf(`${found.figure}, row by row`, barChart(found.figure, bars))];
}

/** Percentiles as nines: each further nine takes the same room. */
const nines = [0.5, 0.9, 0.99, 0.999, 0.9999].map(
	(share) => [1 / (1 - share), `${Number((share * 100).toPrecision(6))} %`] as const,
);
const steps = 80;

function times(row: Figures, old: Figures | undefined): string[] {
	const all = [...curves(row, false), ...(old === undefined ? [] : curves(old, true))];
	if (all.length === 0) return [];
	const x = { title: "share of messages", log: true, ticks: nines };
	const y = { title: "ms", log: true, ticks: null };
	const dashed = old === undefined ? "" : "; dashed: the earlier run";
	const title = `${row.name}, ${shortParameters(row)}: time until${dashed}`;
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

function seconds(row: Figures): string[] {
	const each = (row.eachSecond ?? []) as readonly number[];
	if (each.length < 3) return [];
	const x = { title: "second", log: false, ticks: null };
	const y = { title: "done in each", log: false, ticks: null };
	const points = each.map((count, at) => [at + 1, count] as const);
	const title = `${row.name}, ${shortParameters(row)}: each second`;
	return [figureOf(title, lineChart(title, x, y, [{ name: "done", points, colour: 0 }]))];
}

function shortParameters({ parameters }: Figures): string {
	const { seconds: _, repeat: __, ...telling } = parameters;
	return pairs(telling);
}

function figureOf(title: string, chart: string): string {
	return `<figure><figcaption>${escaped(title)}</figcaption>${chart}</figure>`;
}
