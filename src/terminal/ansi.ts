// Lines to bytes: colours by what the terminal can show, and only the lines that changed. Nothing
// flickers, because a line is overwritten and not cleared first, and the whole is one update.

import type { Line, Style, Tone } from "./line.js";
import { clusters, clusterWidth, harmless, isUncertain, width } from "./text.js";

/** How many colours the terminal shows: none (but bold and reverse), 16, or 256. */
export type Depth = 0 | 16 | 256;

export function depthOf(env: Readonly<Record<string, string | undefined>>): Depth {
	if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return 0;
	const colourful = env.COLORTERM !== undefined && env.COLORTERM !== "";
	return colourful || /256|direct|kitty|alacritty/.test(env.TERM ?? "") ? 256 : 16;
}

/** Middle tones, so that they can be read on a light background as well as on a dark one. */
const colours: Readonly<Record<Tone, readonly [sixteen: string, many: string]>> = {
	text: ["", ""],
	faint: ["90", "38;5;245"],
	accent: ["36", "38;5;38"],
	good: ["32", "38;5;71"],
	warn: ["33", "38;5;172"],
	bad: ["31", "38;5;167"],
	seen: ["96", "38;5;39"],
	name0: ["33", "38;5;173"],
	name1: ["35", "38;5;139"],
	name2: ["32", "38;5;107"],
	name3: ["31", "38;5;168"],
	name4: ["34", "38;5;104"],
	name5: ["33", "38;5;143"],
	name6: ["35", "38;5;175"],
	name7: ["32", "38;5;72"],
};

const esc = "\u001b";
export const beginUpdate = `${esc}[?2026h`;
export const endUpdate = `${esc}[?2026l`;

function sgr({ tone = "text", bold, italic, reverse }: Style, depth: Depth): string {
	const colour = depth === 0 ? "" : colours[tone][depth === 256 ? 1 : 0];
	const codes = [bold ? "1" : "", italic ? "3" : "", reverse ? "7" : "", colour];
	return codes.filter((code) => code !== "").join(";");
}

/** The bytes of one line from column 1, styles closed at its end. */
export function encodeLine(line: Line, depth: Depth): string {
	let out = "";
	let column = 0;
	for (const { text, ...style } of line) {
		const codes = sgr(style, depth);
		if (codes !== "") out += `${esc}[${codes}m`;
		// Once more, whoever made the line: from here on every byte acts.
		for (const cluster of clusters(harmless(text))) {
			if (cluster === "\n") continue;
			column += clusterWidth(cluster);
			out += cluster;
			// Absolute, so that a terminal that measures otherwise shifts nothing that follows.
			if (isUncertain(cluster)) out += `${esc}[${column + 1}G`;
		}
		if (codes !== "") out += `${esc}[0m`;
	}
	return out;
}

export interface Cursor {
	readonly row: number;
	readonly column: number;
}

export interface Frame {
	/** One a row of the screen; shorter ones are filled with blanks. */
	readonly lines: readonly Line[];
	readonly cursor: Cursor;
}

/** What was drawn last, as it was encoded; empty: nothing, or nobody knows. */
export interface Drawn {
	readonly lines: readonly string[];
	readonly cursor: Cursor | null;
}

export const nothingDrawn: Drawn = { lines: [], cursor: null };

/** The bytes that turn what is drawn into this frame; "" when nothing changed. */
export function update(
	drawn: Drawn,
	frame: Frame,
	columns: number,
	depth: Depth,
): { readonly bytes: string; readonly drawn: Drawn } {
	const lines = frame.lines.map((line) => encodeLine(line, depth));
	let changed = "";
	for (const [row, encoded] of lines.entries()) {
		if (encoded === drawn.lines[row]) continue;
		const line = frame.lines[row] as Line;
		// Where widths are uncertain old cells could be left between, so the line is cleared before.
		const unsure = line.some(({ text }) => clusters(text).some(isUncertain));
		const used = line.reduce((sum, { text }) => sum + width(text), 0);
		const before = unsure ? `${esc}[2K` : "";
		// At the last column the cursor still stands on it: clearing to the end would take it away.
		const after = used < columns ? `${esc}[K` : "";
		changed += `${esc}[${row + 1};1H${before}${encoded}${after}`;
	}
	const { cursor } = frame;
	const moved = drawn.cursor?.row !== cursor.row || drawn.cursor.column !== cursor.column;
	if (changed === "" && !moved) return { bytes: "", drawn };
	const place = `${esc}[${cursor.row + 1};${cursor.column + 1}H`;
	const hide = changed === "" ? "" : `${esc}[?25l`;
	const show = changed === "" ? "" : `${esc}[?25h`;
	const bytes = `${beginUpdate}${hide}${changed}${place}${show}${endUpdate}`;
	return { bytes, drawn: { lines, cursor } };
}
