// The table of the comparison: the median of each figure over the rounds, and what a cycle costs a
// server beside ours. In Markdown, so that it stands in a document as it came.

import type { Conditions } from "../machine.js";
import { othersMax } from "../surroundings.js";
import { about } from "../table.js";
import type { Run } from "./load.js";

export interface MeasuredRun extends Run {
	/** How much of a core other work on the machine took from start to end. */
	readonly othersCpuShare: number | null;
}

/** A row: a server and what was measured of it. */
export interface Entry {
	readonly key: string;
	readonly title: string;
	readonly keeps: string;
	/** Why there are no figures; null: there are. */
	readonly missing: string | null;
	readonly runs: readonly MeasuredRun[];
}

export interface Comparison {
	readonly json: boolean;
	readonly conditions: Conditions;
	readonly shape: Readonly<Record<string, number>>;
	readonly rounds: number;
	readonly entries: readonly Entry[];
}

const columns = [
	"server",
	"keeps a message",
	"cycles/s",
	"server µs",
	"least – most",
	"× ours",
	"p50 ms",
	"p99 ms",
	"server core",
	"load core",
	"others",
	"bound",
	"faults",
] as const;

export function report({ json, conditions, shape, rounds, entries }: Comparison): string {
	const rows = entries.map((entry) => ({ entry, ...mediansOf(entry.runs) }));
	const ours = rows.find(({ entry }) => entry.key === "ours")?.serverCpuMicrosPerCycle ?? null;
	const withRatios = rows.map((row) => ({
		...row,
		timesOurs:
			ours === null || row.serverCpuMicrosPerCycle === null
				? null
				: row.serverCpuMicrosPerCycle / ours,
	}));
	if (json) {
		const peers = withRatios.map(({ entry, ...medians }) => ({
			key: entry.key,
			title: entry.title,
			keeps: entry.keeps,
			missing: entry.missing,
			...medians,
			runs: entry.runs,
		}));
		return `${JSON.stringify({ conditions, parameters: { ...shape, rounds }, peers })}\n`;
	}
	const lines = withRatios.map((row) => cells(row).join(" | "));
	const said = Object.entries({ ...shape, rounds }).map(([name, value]) => `${name} ${value}`);
	const found = entries.flatMap(({ title, runs }) =>
		runs.flatMap(({ firstFaults }) => firstFaults.map((fault) => `✗ ${title}: ${fault}`)),
	);
	const busy = withRatios
		.filter((row) => bound(row) === "machine")
		.map(({ entry, othersCpuShare }) => `${entry.key} ${share(othersCpuShare)}`);
	const doubt =
		"beside other work, so dearer than on a quiet machine (that work's share of a core)";
	return [
		about(conditions),
		said.join(" · "),
		"",
		`| ${columns.join(" | ")} |`,
		`|---|---|${columns
			.slice(2)
			.map(() => "--:|")
			.join("")}`,
		...lines.map((line) => `| ${line} |`),
		"",
		...(busy.length === 0 ? [] : [`! ${doubt}: ${busy.join(", ")}`]),
		...found,
	].join("\n");
}

type Medians = ReturnType<typeof mediansOf>;

function mediansOf(runs: readonly MeasuredRun[]) {
	const of = (figure: (run: MeasuredRun) => number | null) => median(runs.map(figure));
	return {
		cyclesPerSecond: of((run) => run.cyclesPerSecond),
		serverCpuMicrosPerCycle: of((run) => run.serverCpuMicrosPerCycle),
		p50Ms: of((run) => run.p50Ms),
		p99Ms: of((run) => run.p99Ms),
		serverCpuShare: of((run) => run.serverCpuShare),
		loadCpuShare: of((run) => run.loadCpuShare),
		othersCpuShare: of((run) => run.othersCpuShare),
		faults: runs.reduce((sum, run) => sum + run.faults, 0),
	};
}

/** The one in the middle; null when a run did not tell. */
function median(values: readonly (number | null)[]): number | null {
	const told = values.filter((value) => value !== null).sort((a, b) => a - b);
	return told.length < values.length ? null : (told[told.length >> 1] ?? null);
}

function cells(row: Medians & { entry: Entry; timesOurs: number | null }): string[] {
	const { entry } = row;
	if (entry.missing !== null) {
		return [entry.title, `no figures: ${entry.missing}`, ...columns.slice(2).map(() => "")];
	}
	return [
		entry.title,
		entry.keeps,
		figure(row.cyclesPerSecond, 0),
		figure(row.serverCpuMicrosPerCycle, 1),
		spread(entry.runs),
		figure(row.timesOurs, 1),
		figure(row.p50Ms, 1),
		figure(row.p99Ms, 1),
		share(row.serverCpuShare),
		share(row.loadCpuShare),
		share(row.othersCpuShare),
		bound(row),
		figure(row.faults, 0),
	];
}

/** Between which the server's CPU per cycle was in the rounds. */
function spread(runs: readonly MeasuredRun[]): string {
	const told = runs.flatMap(({ serverCpuMicrosPerCycle }) => serverCpuMicrosPerCycle ?? []);
	if (told.length === 0) return "";
	return `${figure(Math.min(...told), 1)} – ${figure(Math.max(...told), 1)}`;
}

/**
 * What kept the rate from being higher. A run that the load bounds says nothing about rates, and
 * one that shared its machine nothing at all beside one that did not.
 */
function bound({ serverCpuShare, loadCpuShare, othersCpuShare }: Medians): string {
	const busy = 0.9;
	if ((othersCpuShare ?? 0) > othersMax) return "machine";
	if ((loadCpuShare ?? 0) > busy && (serverCpuShare ?? 0) < busy) return "load";
	return (serverCpuShare ?? 0) > busy ? "server" : "window";
}

function figure(value: number | null, digits: number): string {
	return value?.toLocaleString("en-GB", { maximumFractionDigits: digits }) ?? "";
}

function share(value: number | null): string {
	return value === null ? "" : `${Math.round(value * 100)} %`;
}
