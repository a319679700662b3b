// What a device has missed since its position: messages in their latest version, events, moved
// watermarks, merged by position. Ends at the position of its first page's moment [Y4], at the cut
// for a removed member [Y7], and is complete or an explicit reset [Y8].

import type { ConversationEvent, ReceiptPair } from "../domain/event.js";
import { endPosition } from "../domain/visibility.js";
import { floorOf, memberRow } from "./facts.js";
import type { Journal } from "./journal.js";
import { lastBeside, lastWatermark } from "./positions.js";
import {
	type Found,
	type Moved,
	pullEvents,
	pullMessages,
	pullWatermarks,
	watermarksOf,
} from "./pull-sources.js";
import type { ShownRow, Viewer } from "./shown.js";

/** Order: by position; at one position the watermarks come last. */
export type PulledItem =
	| { readonly type: "message"; readonly position: number; readonly row: ShownRow }
	| {
			readonly type: "event";
			readonly position: number;
			readonly event: ConversationEvent;
			/** The row as it is now, for `edited`, `deleted` and `expired`. */
			readonly row: ShownRow | null;
	  }
	| {
			readonly type: "watermarks";
			readonly position: number;
			readonly pairs: readonly ReceiptPair[];
	  };

export type PullPage =
	| { readonly reset: true }
	| {
			readonly reset: false;
			readonly items: readonly PulledItem[];
			/** The device's position once the items are applied. */
			readonly position: number;
			readonly until: number;
			readonly done: boolean;
	  };

/**
 * Changes after `from`.
 *
 * Shape:  `until` is that of the first page, null on the first; null when never a member. `fresh`:
 *         the device holds nothing of this conversation and began at the list's start, so events
 *         that were trimmed since are nothing that it could miss.
 * Errors: JOURNAL_DAMAGED, JOURNAL_FORMAT, JOURNAL_IO, JOURNAL_CLOSED.
 */
export async function pull(
	journal: Journal,
	user: string,
	conversation: string,
	from: number,
	until: number | null,
	limit: number,
	bytesMax: number,
	fresh = false,
): Promise<PullPage | null> {
	const view = journal.view();
	try {
		const member = memberRow(view, user, conversation);
		if (member === null) return null;
		const viewer: Viewer = { view, user, conversation, member };
		const watermarks = await watermarksOf(viewer);
		const end = await endOf(viewer, watermarks, from);
		const floor = floorOf(view, "conversation", conversation);
		if (from > end || (from < floor && !fresh)) return { reset: true };
		const stop = Math.min(until ?? end, end);
		return await readPage(viewer, watermarks, from, stop, limit, bytesMax);
	} finally {
		view.close();
	}
}

/** Where the conversation ends for this member. */
async function endOf(
	{ view, conversation, member }: Viewer,
	watermarks: readonly Moved[],
	from: number,
): Promise<number> {
	const cut = endPosition(member.intervals);
	if (cut !== null) return cut;
	const moved = watermarks.reduce((last, { position }) => Math.max(last, position), 0);
	const last = await lastBeside(view, conversation, moved);
	// In a channel others' receipts have positions too, and a push may have carried one.
	if (from <= last || member.kind !== "channel") return last;
	return Math.max(last, await lastWatermark(view, conversation));
}

async function readPage(
	viewer: Viewer,
	watermarks: readonly Moved[],
	from: number,
	until: number,
	limit: number,
	bytesMax: number,
): Promise<PullPage> {
	if (from >= until) return { reset: false, items: [], position: from, until, done: true };
	const sources = [
		await pullMessages(viewer, from, until, limit, bytesMax),
		await pullEvents(viewer, from, until, limit, bytesMax),
		pullWatermarks(viewer, watermarks, from, until),
	];
	// What a source has not read yet may lie anywhere above its horizon.
	const horizon = Math.min(...sources.map((source) => source.horizon));
	const found = sources.flatMap((source) =>
		source.found.filter((it) => it.item.position <= horizon),
	);
	found.sort((one, other) => one.item.position - other.item.position);
	const taken = takeSome(found, limit, bytesMax);
	const items = found.slice(0, taken).map((it) => it.item);
	const last = items.at(-1);
	const position = taken < found.length && last !== undefined ? last.position : horizon;
	return { reset: false, items, position, until, done: position >= until };
}

/** As many as fit; all items of one position or none, and one position at least. */
function takeSome(found: readonly Found[], limit: number, bytesMax: number): number {
	let bytes = 0;
	let whole = 0;
	for (const [i, { item, bytes: size }] of found.entries()) {
		const begins = i > 0 && item.position !== found[i - 1]?.item.position;
		if (begins) whole = i;
		bytes += size;
		if ((i >= limit || bytes > bytesMax) && whole > 0) return whole;
	}
	return found.length;
}
