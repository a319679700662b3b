// Walks a range in bounded pages: memory stays flat however long the range is, and each page lets
// the event loop turn.

import type { Row, View } from "./journal.js";
import { readLimits } from "./limits.js";

export interface Span {
	readonly gte: Uint8Array;
	readonly lt: Uint8Array;
	readonly reverse?: boolean;
}

/**
 * Pages rather than rows: an asynchronous step for every row would cost more than reading it.
 *
 * Order:  ascending keys, descending with `reverse`.
 * Errors: those of `View.range`.
 */
export async function* pages(source: Pick<View, "range">, span: Span): AsyncGenerator<Row[]> {
	let { gte, lt } = span;
	const reverse = span.reverse === true;
	const { scanRowsMax: limit, scanBytesMax: bytesMax } = readLimits;
	for (;;) {
		const rows = await source.range({ gte, lt, limit, bytesMax, reverse });
		const last = rows.at(-1);
		if (last !== undefined) yield rows;
		if (last === undefined || isEnd(rows, limit, bytesMax)) return;
		if (reverse) lt = last.key;
		else gte = following(last.key);
	}
}

/** A range with these bounds gave these rows: the interval has no more. */
export function isEnd(rows: readonly Row[], limit: number, bytesMax: number): boolean {
	if (rows.length >= limit) return false;
	let bytes = 0;
	for (const { value } of rows) bytes += value.length;
	return bytes < bytesMax;
}

/** The smallest key above this one. */
export function following(key: Uint8Array): Uint8Array {
	const next = new Uint8Array(key.length + 1);
	next.set(key);
	return next;
}
