// Right-to-left text in a terminal that shows characters in the order in which they come: the order
// that a reader expects, made here. Terminals that do it themselves are left to it.

import bidiModule from "bidi-js";
import { clusters } from "./text.js";

// The package is CommonJS and exports the factory itself, which its types take for a default.
const bidi = (bidiModule as unknown as typeof bidiModule.default)();

/** Letters, digits and marks of the scripts that run from right to left. */
const rightToLeft =
	/[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Who puts right-to-left text in order: we, or the terminal. */
export type Order = "here" | "terminal";

/** Terminals known to reorder by themselves; `mlterm`, Konsole, VTE (GNOME …), mintty, Apple's. */
export function orderOf(env: Readonly<Record<string, string | undefined>>): Order {
	const program = env.TERM_PROGRAM ?? "";
	const own =
		env.VTE_VERSION !== undefined ||
		env.KONSOLE_VERSION !== undefined ||
		env.MLTERM !== undefined ||
		program === "Apple_Terminal" ||
		program === "mintty";
	return own ? "terminal" : "here";
}

export function hasRightToLeft(text: string): boolean {
	return rightToLeft.test(text);
}

/** Does the paragraph run from right to left: is its first letter of such a script? */
export function runsLeft(text: string): boolean {
	if (!hasRightToLeft(text)) return false;
	const first = /[\p{L}]/u.exec(text)?.[0];
	return first !== undefined && hasRightToLeft(first);
}

export interface Placed {
	/** The clusters from left to right, brackets mirrored where the text runs left. */
	readonly shown: readonly string[];
	/** Per cluster shown, its index in the text. */
	readonly indices: readonly number[];
	/** Per cluster of the text, whether it runs left. */
	readonly left: readonly boolean[];
}

/** One line's clusters in the order in which they are seen. `left`: how its paragraph runs. */
export function place(line: string, left: boolean): Placed {
	const all = clusters(line);
	const { levels } = bidi.getEmbeddingLevels(line, left ? "rtl" : "ltr");
	const own: number[] = [];
	let offset = 0;
	for (const cluster of all) {
		own.push(levels[offset] ?? 0);
		offset += cluster.length;
	}
	const indices = reorder(own);
	const shown = indices.map((index) => {
		const cluster = all[index] as string;
		const mirrored = (own[index] as number) % 2 === 1 && bidi.getMirroredCharacter(cluster);
		return mirrored === false || mirrored === null ? cluster : mirrored;
	});
	return { shown, indices, left: own.map((level) => level % 2 === 1) };
}

/** Rule L2 of the Unicode algorithm: from the highest level down, each run is turned around. */
function reorder(levels: readonly number[]): number[] {
	const indices = levels.map((_, index) => index);
	const odd = levels.filter((level) => level % 2 === 1);
	const lowest = Math.min(...odd, Number.POSITIVE_INFINITY);
	for (let level = Math.max(0, ...levels); level >= lowest; level -= 1) {
		for (let from = 0; from < indices.length; from += 1) {
			let to = from;
			while (to < indices.length && (levels[indices[to] as number] as number) >= level) to += 1;
			if (to > from) {
				indices.splice(from, to - from, ...indices.slice(from, to).reverse());
				from = to;
			}
		}
	}
	return indices;
}

/** A line as it is shown. */
export function ordered(line: string, left: boolean, order: Order): string {
	if (order === "terminal" || !hasRightToLeft(line)) return line;
	return place(line, left).shown.join("");
}
