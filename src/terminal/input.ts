// The input line as it is drawn: wrapped, with its cursor, at most a few lines high. Pure.

import { hasRightToLeft, type Order, place, runsLeft } from "./bidi.js";
import type { Editor } from "./editor.js";
import { type Line, span } from "./line.js";
import { clip, clusters, clusterWidth } from "./text.js";
import type { Signs } from "./theme.js";

export interface Input {
	readonly lines: readonly Line[];
	readonly cursor: { readonly row: number; readonly column: number };
}

interface Piece {
	readonly text: string;
	/** Clusters of the whole text before this piece. */
	readonly from: number;
	readonly count: number;
}

/** ` › ` before the first line, as many blanks before the others. */
const promptCells = 3;

export function inputLines(
	editor: Editor,
	hint: string,
	columns: number,
	rowsMax: number,
	{ signs, order }: { readonly signs: Signs; readonly order: Order },
): Input {
	const room = Math.max(2, columns - promptCells - 1);
	const pieces = split(editor.text, room);
	const at = pieces.findLastIndex(({ from }) => from <= editor.cursor);
	// The line with the cursor is always among those that are shown.
	const start = Math.max(0, Math.min(at - Math.floor(rowsMax / 2), pieces.length - rowsMax));
	const first = at - start >= rowsMax ? at - rowsMax + 1 : start;
	const shown = pieces.slice(first, first + rowsMax);
	const current = pieces[at] as Piece;
	const { text, column } = drawn(current, editor.cursor - current.from, order);
	const lines = shown.map((piece, row) => {
		const prompt = first + row === 0 ? ` ${signs.prompt} ` : "   ";
		const own = piece === current ? text : drawn(piece, 0, order).text;
		const tone = editor.text.startsWith("/") && first + row === 0 ? "accent" : "text";
		if (editor.text === "")
			return [span(prompt, "accent", { bold: true }), span(clip(hint, room), "faint")];
		return [span(prompt, "accent", { bold: true }), span(own, tone)];
	});
	return { lines, cursor: { row: at - first, column: promptCells + column } };
}

/** Lines by cells, not by words: the cursor must stand where the next character will. */
function split(text: string, room: number): Piece[] {
	const pieces: Piece[] = [];
	let from = 0;
	let line = "";
	let count = 0;
	let used = 0;
	function end(skipped: number): void {
		pieces.push({ text: line, from, count });
		from += count + skipped;
		line = "";
		count = 0;
		used = 0;
	}
	for (const cluster of clusters(text)) {
		if (cluster === "\n") {
			end(1);
			continue;
		}
		const wide = clusterWidth(cluster);
		if (used + wide > room) end(0);
		line += cluster;
		count += 1;
		used += wide;
	}
	end(0);
	return pieces;
}

/** The piece as it is seen, and the column of a cursor that stands before its nth cluster. */
function drawn(piece: Piece, cursor: number, order: Order): { text: string; column: number } {
	const cells = (list: readonly string[]) => list.reduce((sum, one) => sum + clusterWidth(one), 0);
	const left = runsLeft(piece.text);
	if (order === "terminal" || !hasRightToLeft(piece.text)) {
		return { text: piece.text, column: cells(clusters(piece.text).slice(0, cursor)) };
	}
	const { shown, indices, left: directions } = place(piece.text, left);
	const text = shown.join("");
	if (shown.length === 0) return { text, column: 0 };
	// Before a cluster that runs left is its right edge; at the end it is the far edge of the last.
	const atEnd = cursor >= shown.length;
	const spot = indices.indexOf(atEnd ? shown.length - 1 : cursor);
	const runs = directions[indices[spot] as number] === true;
	const after = runs !== atEnd ? 1 : 0;
	return { text, column: cells(shown.slice(0, spot + after)) };
}
