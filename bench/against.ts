// `--against old.json`: this run beside an earlier one, row by row. A ratio counts as worse when it
// is beyond the threshold and beyond the noise: what rounds of either run lay apart, or, of single
// runs, what such a figure is known to vary by.

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
	readonly verdict: "worse" | "better" | "same";
}

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

/** Errors: CliError when no row of the two is the same. */
export function compare(
	old: BenchDocument,
	rows: readonly Figures[],
	threshold: number,
): Comparison[] {
	const before = new Map(old.scenarios.map((row) => [keyOf(row), row]));
	const all = rows.flatMap((row) => {
		const former = before.get(keyOf(row));
		return former === undefined ? [] : compareRow(former, row, threshold);
	});
	if (all.length > 0 || rows.length === 0) return all;
	throw new CliError(
		"usage",
		"no row of the old document has these parameters",
		"run it with the same scenarios and flags",
	);
}

function compareRow(former: Figures, row: Figures, threshold: number): Comparison[] {
	return judged.flatMap(({ figure, better, noise: known }) => {
		const [old, now] = [former[figure], row[figure]];
		if (typeof old !== "number" || typeof now !== "number" || old <= 0 || now <= 0) return [];
		const ratio = better === "more" ? old / now : now / old;
		const noise = Math.max(apart(former, figure) ?? known, apart(row, figure) ?? known);
		const verdict =
			ratio > Math.max(threshold, noise) ? "worse" : ratio < 1 / noise ? "better" : "same";
		const { name, parameters } = row;
		const shown = { old, now, ratio: round(ratio), noise: round(noise) };
		return [{ name, parameters, figure, ...shown, verdict }];
	});
}

/** Largest over least of the rounds; null when there was one. */
function apart(row: Figures, figure: string): number | null {
	const [least, most] = (row.spread as Spread | undefined)?.[figure] ?? [];
	return least === undefined || most === undefined || least <= 0 ? null : most / least;
}
