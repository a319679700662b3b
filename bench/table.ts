// The document for people: conditions, what was judged first, one table for all scenarios, then
// whether the figures may be believed. Scenarios bring what figures they have; the common ones get
// columns of their own, the rest stands behind them by name.

import type { Paint } from "../src/cli/output.js";
import type { Comparison } from "./against.js";
import type { BenchDocument } from "./document.js";
import { faultKinds } from "./faults.js";

export interface Figures {
	readonly name: string;
	readonly parameters: Readonly<Record<string, unknown>>;
	readonly [figure: string]: unknown;
}

interface Column {
	readonly title: string;
	/** The first of these that a row has. */
	readonly figures: readonly string[];
}

const columns: readonly Column[] = [
	{
		title: "per second",
		figures: ["cyclesPerSecond", "messagesPerSecond", "opsPerSecond", "perSecond"],
	},
	{ title: "server µs", figures: ["serverCpuMicrosPerCycle", "serverCpuMicrosPerMessage"] },
	{ title: "p50 ms", figures: ["p50Ms"] },
	{ title: "p99 ms", figures: ["p99Ms"] },
	{ title: "p99.9 ms", figures: ["p999Ms"] },
	{ title: "max ms", figures: ["maxMs"] },
	{ title: "faults", figures: ["faults"] },
];

/** Shown in a place of their own, or only of use to programs. */
const elsewhere = [
	...["firstFaults", "correctness", "histograms", "eachSecond", "delivered", "spread"],
	...["referenceMicros", "referenceSyncMs"],
];

const named = new Set([
	...columns.flatMap((column) => column.figures),
	...elsewhere,
	"name",
	"parameters",
]);

export function table(document: BenchDocument, paint: Paint): string {
	const { conditions, scenarios, verdicts, against, failures } = document;
	const blocks = [
		about(conditions),
		verdicts
			.map(({ expected, ok, got }) => {
				const mark = ok ? paint("green", "✓") : paint("red", "✗");
				return `${mark} ${expected}  ${paint("dim", got)}`;
			})
			.join("\n"),
		figuresTable(scenarios as readonly Figures[]),
		correct(scenarios as readonly Figures[], paint),
		against === null ? "" : ratios(against, paint),
		failures.map((failure) => paint("red", `✗ ${failure}`)).join("\n"),
	];
	return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

export function about(conditions: BenchDocument["conditions"]): string {
	const { commit, node, cpu, cores, kernel, durability, syncMs, folder, at } = conditions;
	return [
		`commit ${commit} · node ${node} · ${kernel} · ${at}`,
		`${cpu}, ${cores} cores · durability ${durability} · one sync in ${folder}: ${syncMs} ms`,
	].join("\n");
}

function figuresTable(rows: readonly Figures[]): string {
	if (rows.length === 0) return "";
	const titles = ["scenario", "parameters", ...columns.map((column) => column.title), "also"];
	const cells = rows.map((row) => [
		row.name,
		pairs(row.parameters),
		...columns.map((column) => show(column.figures.map((figure) => row[figure]).find(present))),
		pairs(Object.fromEntries(Object.entries(row).filter(([figure]) => !named.has(figure)))),
	]);
	return aligned(titles, cells, (at) => at >= 2 && at < titles.length - 1);
}

/** Figures stand to the right, so that their digits stand below each other; words to the left. */
function aligned(
	titles: readonly string[],
	cells: readonly (readonly string[])[],
	figure: (at: number) => boolean,
): string {
	const widths = titles.map((title, at) =>
		Math.max(title.length, ...cells.map((row) => (row[at] as string).length)),
	);
	const line = (row: readonly string[]) =>
		row
			.map((cell, at) => {
				const width = widths[at] as number;
				return figure(at) ? cell.padStart(width) : cell.padEnd(width);
			})
			.join("  ")
			.trimEnd();
	const rule = widths.map((width) => "-".repeat(Math.min(width, 100))).join("  ");
	return [line(titles), rule, ...cells.map(line)].join("\n");
}

/** What was checked and what was wrong, and whether the runner was the limit. */
function correct(rows: readonly Figures[], paint: Paint): string {
	const checked = rows.filter(({ correctness }) => present(correctness));
	const lines = faultKinds.map((kind) => {
		const count = checked.reduce(
			(sum, { correctness }) => sum + ((correctness as Record<string, number>)[kind] ?? 0),
			0,
		);
		const mark = count === 0 ? paint("green", "✓") : paint("red", "✗");
		return `${mark} ${titleOf(kind)} ${count}`;
	});
	const first = rows.flatMap(({ name, firstFaults }) =>
		((firstFaults as readonly string[] | undefined) ?? []).map((what) => `  ${name}: ${what}`),
	);
	const bounded = doubts(rows).map((text) => paint("yellow", `! ${text}`));
	return [...(checked.length > 0 ? [lines.join("  ")] : []), ...first, ...bounded].join("\n");
}

/** Why rows say less of the server than they seem to: the worst of each scenario. */
export function doubts(rows: readonly Figures[]): string[] {
	const bounded = rows.filter(({ bound }) => bound === "load" || bound === "machine");
	const kinds = new Set(bounded.map(({ name, bound }) => `${scenarioOf(name)}:${bound}`));
	return [...kinds].map((kind) => {
		const alike = bounded.filter(({ name, bound }) => `${scenarioOf(name)}:${bound}` === kind);
		const most = (figure: string) => {
			const told = alike.map((row) => row[figure]).filter((value) => typeof value === "number");
			return told.length === 0 ? null : Math.max(...told);
		};
		const [scenario, bound] = kind.split(":");
		const worst = ["loadCpuShare", "loadDelayP99Ms", "othersCpuShare"].map(
			(figure) => [figure, most(figure)] as const,
		);
		return `${scenario}: ${doubt(bound, Object.fromEntries(worst))}`;
	});
}

/** A row's name is that of its scenario and, after a colon, what of it. */
export function scenarioOf(name: string): string {
	return name.split(":")[0] as string;
}

function doubt(bound: string | undefined, worst: Readonly<Record<string, number | null>>): string {
	const { loadCpuShare, loadDelayP99Ms, othersCpuShare } = worst;
	if (bound === "load") {
		return `the runner was the limit, not the server: it used ${percent(loadCpuShare)} of its core`;
	}
	const said = [
		...(present(othersCpuShare) ? [`other work took ${percent(othersCpuShare)} of a core`] : []),
		...(present(loadDelayP99Ms) ? [`the runner was up to ${loadDelayP99Ms} ms late`] : []),
	];
	return `the machine was busy: ${said.join(", ")}`;
}

function percent(share: unknown): string {
	return `${Math.round(Number(share) * 100)} %`;
}

export function titleOf(kind: (typeof faultKinds)[number]): string {
	return kind === "receiptsBackwards" ? "receipts backwards" : kind;
}

function ratios(against: readonly Comparison[], paint: Paint): string {
	const titles = ["against", "parameters", "figure", "before", "now", "ratio", "noise", ""];
	const style = { worse: "red", better: "green", same: "dim", "not comparable": "yellow" } as const;
	const rows = against.map((one) => [
		one.name,
		pairs(one.parameters),
		one.figure,
		show(one.old),
		show(one.now),
		show(one.ratio),
		`±${show(one.noise)}`,
		one.verdict + noted(one),
	]);
	const lines = aligned(titles, rows, (at) => at >= 3 && at < 7).split("\n");
	const painted = lines.map((line, at) => {
		const verdict = against[at - 2]?.verdict;
		return verdict === undefined ? line : paint(style[verdict], line);
	});
	const told = incomparable(against);
	return [...painted, ...(told === null ? [] : ["", paint("yellow", `! ${told}`)])].join("\n");
}

function noted({ why, coreRatio }: Comparison): string {
	if (why !== null) return `: ${why}`;
	return coreRatio === null ? "" : ` (a core cost ${show(coreRatio)} times as much)`;
}

/** What a comparison cannot say, and what would help; null: it says everything. */
export function incomparable(against: readonly Comparison[]): string | null {
	const some = against.filter(({ verdict }) => verdict === "not comparable");
	if (some.length === 0) return null;
	const count = `${some.length} of ${against.length} figures are not comparable`;
	return `${count}: measure again when nothing else runs, or more --rounds (quiet ones count)`;
}

export function present(value: unknown): boolean {
	return value !== undefined && value !== null;
}

export function pairs(values: Readonly<Record<string, unknown>>): string {
	return Object.entries(values)
		.filter(([, value]) => present(value) && !(Array.isArray(value) && value.length === 0))
		.map(([name, value]) => `${name} ${show(value)}`)
		.join(" · ");
}

export function show(value: unknown): string {
	if (!present(value)) return "";
	if (typeof value === "number") return value.toLocaleString("en-GB", { maximumFractionDigits: 3 });
	if (typeof value !== "object") return String(value);
	if (Array.isArray(value)) return value.map(show).join(", ");
	return `(${pairs(value as Readonly<Record<string, unknown>>)})`;
}
