// `--against old.json`: this run beside an earlier one, row by row. A ratio counts as worse when it
// is beyond the threshold and beyond the noise: what rounds of either run lay apart, or, of single
// runs, what such a figure is known to vary by. Where one of the two was measured on a machine that
// was busy with other work, figures that depend on it are not compared at all: they would tell of
// that work, and somebody who is called for nothing twice does not come the third time.

import { readFileSync } from "node:fs";
import { CliError } from "../src/cli/exit.js";
import { type BenchDocument, document } from "./document.js";
import { round } from "./histogram.js";
import { judged, keyOf, type Spread } from "./rounds.js";
import type { Figures } from "./table.js";

export interface Comparison {
	readonly name: string;
	readonly parameters: Readonly<Record<string, unknown>>;
	readonly figure: string;
	readonly old: number;
	readonly now: number;
	/** How often worse than before: 2 is half as fast, 0.5 twice as fast. */
	readonly ratio: number;
	/** A ratio up to this says nothing, nor one above its inverse. */
	readonly noise: number;
	/** CPU time: how much dearer a core was than before; taken out of the ratio. Null: not told. */
	readonly coreRatio: number | null;
	readonly verdict: "worse" | "better" | "same" | "not comparable";
	/** Why it is not comparable. */
	readonly why: string | null;
}

/** From here on two disks, or one at two times, are not the same. */
const syncRatioMax = 2;

/** Errors: CliError when the file is not there or no document of a bench. */
export function readDocument(path: string): BenchDocument {
	try {
		return document.parse(JSON.parse(readFileSync(path, "utf8"))) as BenchDocument;
	} catch (cause) {
		const why = cause instanceof Error ? cause.message.split("\n")[0] : cause;
		const action = "make one with `colloquy bench --json`";
		throw new CliError("usage", `${path} is no document of a bench: ${why}`, action);
	}
}

type Measured = Pick<BenchDocument, "conditions" | "scenarios">;

/** Errors: CliError when no row of the two is the same. */
export function compare(old: Measured, now: Measured, threshold: number): Comparison[] {
	const before = new Map(old.scenarios.map((row) => [keyOf(row), row]));
	const rows = now.scenarios as readonly Figures[];
	const [was, is] = [old.conditions.cpu, now.conditions.cpu];
	const processor = was === is ? null : `measured on another processor: ${was}, now ${is}`;
	const all = rows.flatMap((row) => {
		const former = before.get(keyOf(row));
		return former === undefined ? [] : compareRow(former, row, threshold, processor);
	});
	if (all.length > 0 || rows.length === 0) return all;
	throw new CliError(
		"usage",
		"no row of the old document has these parameters",
		"run it with the same scenarios and flags",
	);
}

function compareRow(
	former: Figures,
	row: Figures,
	threshold: number,
	processor: string | null,
): Comparison[] {
	const limited = doubtOf(former, row, "load");
	const busy = limited ?? doubtOf(former, row, "machine");
	const reasons = {
		time: busy ?? processor ?? diskDoubt(former, row),
		cpu: busy,
		least: limited ?? processor,
		size: null,
	};
	return judged.flatMap(({ figure, better, kind, noise: known }) => {
		const [old, now] = [former[figure], row[figure]];
		if (typeof old !== "number" || typeof now !== "number" || old <= 0 || now <= 0) return [];
		const coreRatio = kind === "cpu" ? ratioOf(former, row, "referenceMicros") : null;
		const ratio = (better === "more" ? old / now : now / old) / (coreRatio ?? 1);
		const noise = Math.max(noiseOf(former, figure, known), noiseOf(row, figure, known));
		const why = reasons[kind];
		const beyond =
			ratio > Math.max(threshold, noise) ? "worse" : ratio < 1 / noise ? "better" : "same";
		const { name, parameters } = row;
		return [
			{
				name,
				parameters,
				figure,
				old,
				now,
				ratio: round(ratio),
				noise: round(noise),
				coreRatio: round(coreRatio),
				verdict: why === null ? beyond : "not comparable",
				why,
			},
		];
	});
}

function doubtOf(former: Figures, row: Figures, bound: "load" | "machine"): string | null {
	const told = ([when, { bound: found, othersCpuShare: others }]: readonly [string, Figures]) => {
		if (found !== bound) return [];
		if (bound === "load") return [`the runner was the limit ${when}`];
		const much = typeof others === "number" ? `${Math.round(others * 100)} % of a core` : "part";
		return [`other work took ${much} ${when}`];
	};
	const all = [["then", former] as const, ["now", row] as const].flatMap(told);
	return all.length === 0 ? null : all.join(", ");
}

function diskDoubt(former: Figures, row: Figures): string | null {
	const ratio = ratioOf(former, row, "referenceSyncMs");
	if (ratio === null || (ratio <= syncRatioMax && ratio >= 1 / syncRatioMax)) return null;
	return `a sync took ${former.referenceSyncMs} ms then, ${row.referenceSyncMs} ms now`;
}

/** Null: one of the two does not tell. */
function ratioOf(former: Figures, row: Figures, figure: string): number | null {
	const [old, now] = [former[figure], row[figure]];
	return typeof old === "number" && typeof now === "number" && old > 0 ? now / old : null;
}

/**
 * Largest over least of the rounds, or what is known where there was one. Few rounds may lie close
 * by chance, so something of what is known stays.
 */
function noiseOf(row: Figures, figure: string, known: number): number {
	const [least, most] = (row.spread as Spread | undefined)?.[figure] ?? [];
	if (least === undefined || most === undefined || least <= 0) return known;
	return Math.max(most / least, Math.sqrt(known));
}
