// How many messages a person has not seen: others', visible and living, after the last one seen.
// Counted, never added up, so that nothing can drift. Pure.

import type { View } from "../client/store.js";
import type { WireMessage } from "../protocol/frames.js";

/** Up to where the person has seen: said here, or by another device of theirs. */
export function seenOf(view: View | undefined, me: string | null): number {
	if (view === undefined) return 0;
	return Math.max(view.seen, view.watermarks.get(me ?? "")?.seen ?? 0);
}

export function unreadOf(view: View | undefined, me: string | null): number {
	if (view === undefined || me === null) return 0;
	const seen = seenOf(view, me);
	const from = Math.max(seen + 1, view.first);
	let count = below(view, seen, me);
	for (const row of rowsOf(view, from, view.held)) {
		if (row.state === "live" && row.sender !== me) count += 1;
	}
	return count;
}

/**
 * Those between what was seen and what is held, as the list told them: its figure without what is
 * held of it. A row that changed since was living then; one that is hidden was not told by anybody.
 */
function below(view: View, seen: number, me: string): number {
	const { entry, first, rows } = view;
	if (entry === null || seen + 1 >= first) return 0;
	let count = entry.unread;
	for (const row of rowsOf(view, first, entry.head)) {
		const lived = row.state === "live" || row.changed > entry.position;
		if (lived && row.sender !== me && row.sender !== "") count -= 1;
	}
	// Rows below, which only a later change brings: what is gone since is not unread any more.
	for (const row of rows.values()) {
		const between = row.seq > seen && row.seq < first && row.changed > entry.position;
		if (between && row.sender !== me && row.state !== "live") count -= 1;
	}
	// What another device has seen meanwhile is not known one by one: never more than can be.
	return Math.max(0, Math.min(count, first - 1 - seen));
}

/** Up to here it is not even asked how many rows there are: a disk would have to read them all. */
const oneByOneMax = 200;

/** Rows of a range in order, however many numbers of it are not held. */
export function rowsOf(view: View, from: number, to: number): WireMessage[] {
	const { rows } = view;
	const found: WireMessage[] = [];
	if (to - from < oneByOneMax || to - from < rows.size) {
		for (let seq = from; seq <= to; seq += 1) {
			const row = rows.get(seq);
			if (row !== undefined) found.push(row);
		}
		return found;
	}
	for (const row of rows.values()) if (row.seq >= from && row.seq <= to) found.push(row);
	return found.sort((one, two) => one.seq - two.seq);
}
