// One table for all scenarios, and the conditions above it. Scenarios bring what figures they have;
// the common ones get columns of their own, the rest stands behind them by name.

import type { Conditions } from "./machine.js";

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
	{ title: "per second", figures: ["cyclesPerSecond", "messagesPerSecond", "opsPerSecond"] },
	{ title: "server µs", figures: ["serverCpuMicrosPerCycle", "serverCpuMicrosPerMessage"] },
	{ title: "p50 ms", figures: ["p50Ms"] },
	{ title: "p99 ms", figures: ["p99Ms"] },
	{ title: "max ms", figures: ["maxMs"] },
	{ title: "faults", figures: ["faults"] },
];

const named = new Set([...columns.flatMap((column) => column.figures), "name", "parameters"]);

export function table(conditions: Conditions, rows: readonly Figures[]): string {
	const titles = ["scenario", "parameters", ...columns.map((column) => column.title), "also"];
	const cells = rows.map((row) => [
		row.name,
		pairs(row.parameters),
		...columns.map((column) => show(column.figures.map((figure) => row[figure]).find(present))),
		pairs(Object.fromEntries(Object.entries(row).filter(([figure]) => !named.has(figure)))),
	]);
	const widths = titles.map((title, at) =>
		Math.max(title.length, ...cells.map((row) => (row[at] as string).length)),
	);
	const line = (row: readonly string[]) =>
		row
			.map((cell, at) => {
				// Figures to the right, so that their digits stand below each other; words to the left.
				const figure = at >= 2 && at < titles.length - 1;
				const width = widths[at] as number;
				if (at === titles.length - 1) return cell;
				return figure ? cell.padStart(width) : cell.padEnd(width);
			})
			.join("  ")
			.trimEnd();
	const rule = widths.map((width) => "-".repeat(width)).join("  ");
	return [about(conditions), "", line(titles), rule, ...cells.map(line), ""].join("\n");
}

function about(conditions: Conditions): string {
	const { commit, node, cpu, cores, kernel, durability, syncMs, folder, at } = conditions;
	return [
		`commit ${commit} · node ${node} · ${kernel} · ${at}`,
		`${cpu}, ${cores} cores · durability ${durability} · one sync in ${folder}: ${syncMs} ms`,
	].join("\n");
}

function present(value: unknown): boolean {
	return value !== undefined && value !== null;
}

function pairs(values: Readonly<Record<string, unknown>>): string {
	return Object.entries(values)
		.filter(([, value]) => present(value) && !(Array.isArray(value) && value.length === 0))
		.map(([name, value]) => `${name} ${show(value)}`)
		.join(" · ");
}

function show(value: unknown): string {
	if (!present(value)) return "";
	if (typeof value === "number") return value.toLocaleString("en-GB", { maximumFractionDigits: 3 });
	return typeof value === "object" ? JSON.stringify(value) : String(value);
}
