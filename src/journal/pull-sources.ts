// The three kinds of rows that a pull merges. Each source reads a bounded part of (from, until] and
// says up to which position it is complete: its horizon.

import type { ConversationEvent, ReceiptPair } from "../domain/event.js";
import { isOpen } from "../domain/visibility.js";
import { damaged } from "./check.js";
import { decodeEvent } from "./event-row.js";
import type { Row } from "./journal.js";
import { eventsAbove, messageKey, numberOf, ofId, watermarkKey } from "./keys.js";
import { decodeMessage } from "./message-row.js";
import { firstAfter, lastMessage } from "./positions.js";
import type { PulledItem } from "./pull.js";
import { readReceipt } from "./recover.js";
import { following, isEnd, pages } from "./scan.js";
import {
	bytesOf,
	hiddenBetween,
	intervalOf,
	reactionsBetween,
	type ShownRow,
	show,
	showAll,
	type Viewer,
	wasMember,
} from "./shown.js";

export interface Found {
	readonly item: PulledItem;
	/** Bytes of stored rows that it stands for. */
	readonly bytes: number;
}

export interface Source {
	readonly found: readonly Found[];
	/** Complete up to here. */
	readonly horizon: number;
}

/** Messages at the position where they were sent, as they are now. */
export async function pullMessages(
	viewer: Viewer,
	from: number,
	until: number,
	limit: number,
	bytesMax: number,
): Promise<Source> {
	const { view, conversation, member } = viewer;
	const head = (await lastMessage(view, conversation))?.seq ?? 0;
	const first = firstAfter(view, conversation, from, head);
	const found: Found[] = [];
	let bytesLeft = bytesMax;
	for (const interval of member.intervals) {
		const low = Math.max(interval.from, first);
		const high = Math.min(interval.to ?? head, head);
		if (low > high) continue;
		if (found.length >= limit || bytesLeft <= 0) return { found, horizon: horizonOf(found) };
		const rows = await view.range({
			gte: messageKey(conversation, low),
			lt: messageKey(conversation, high + 1),
			limit: limit - found.length,
			bytesMax: bytesLeft,
		});
		const shown = await showAll(viewer, rows);
		for (const { row, bytes } of shown) {
			if (row.position > until) return { found, horizon: until };
			bytesLeft -= bytes;
			found.push({ item: { type: "message", position: row.position, row }, bytes });
		}
		const last = shown.at(-1)?.row.seq;
		if (last === undefined) throw damaged(messageKey(conversation, low), "the row is missing");
		if (last < high) return { found, horizon: horizonOf(found) };
	}
	return { found, horizon: until };
}

/** Of a source that stopped early, with at least one item. */
function horizonOf(found: readonly Found[]): number {
	return found.at(-1)?.item.position ?? 0;
}

/** Events that concern everyone or this member, while they were one. */
export async function pullEvents(
	viewer: Viewer,
	from: number,
	until: number,
	limit: number,
	bytesMax: number,
): Promise<Source> {
	const { view, conversation } = viewer;
	const found: Found[] = [];
	let bytesLeft = bytesMax;
	let { gte, lt } = eventsAbove("conversation", conversation, from);
	for (;;) {
		const bounds = { limit, bytesMax: bytesLeft };
		const rows = await view.range({ gte, lt, ...bounds });
		for (const { key, value } of rows) {
			const position = numberOf(key);
			if (position > until) return { found, horizon: until };
			const event = decodeEvent(key, value) as ConversationEvent;
			const shown = await showEvent(viewer, position, event);
			if (shown !== null) {
				const bytes = value.length + shown.bytes;
				found.push({ item: { type: "event", position, event, row: shown.row }, bytes });
				bytesLeft -= bytes;
			}
			if (found.length >= limit || bytesLeft <= 0) return { found, horizon: position };
		}
		const last = rows.at(-1);
		if (last === undefined || isEnd(rows, bounds.limit, bounds.bytesMax)) {
			return { found, horizon: until };
		}
		gte = following(last.key);
	}
}

interface ShownEvent {
	readonly row: ShownRow | null;
	readonly bytes: number;
}

const withoutRow: ShownEvent = { row: null, bytes: 0 };

/** Null: not for this member. */
async function showEvent(
	viewer: Viewer,
	position: number,
	event: ConversationEvent,
): Promise<ShownEvent | null> {
	const { user, member } = viewer;
	if (!wasMember(member.intervals, position)) return null;
	switch (event.type) {
		case "levelled":
			return null;
		case "hidden":
		case "muted":
		case "blocked":
			return event.by === user ? withoutRow : null;
		case "link":
			// A way in is shown to those who may make one.
			return member.role === "member" ? null : withoutRow;
		case "edited":
		case "deleted":
		case "expired":
		case "reacted": {
			const row = await rowNow(viewer, event.seq);
			if (row === null) return null;
			return event.type === "reacted" ? withoutRow : row;
		}
		default:
			return withoutRow;
	}
}

/** Null for a message that this member does not get to see. */
async function rowNow(viewer: Viewer, seq: number): Promise<ShownEvent | null> {
	const { view, user, conversation, member } = viewer;
	if (intervalOf(member.intervals, seq) === null) return null;
	const key = messageKey(conversation, seq);
	const value = view.get(key);
	if (value === undefined) return null;
	const row = decodeMessage(key, value, conversation);
	const hidden = await hiddenBetween(viewer, seq, seq);
	if (row.withheldFrom === user || hidden.size > 0) return null;
	const reactions = await reactionsBetween(view, conversation, seq, seq);
	const shown = show(viewer, row, hidden, reactions);
	return { row: shown, bytes: bytesOf(value, shown) };
}

/** Where a watermark stands now, and since which position. */
export interface Moved {
	readonly position: number;
	readonly pair: ReceiptPair;
	readonly bytes: number;
}

/** Those that concern the viewer; in channels only the viewer's own. */
export async function watermarksOf({ view, user, conversation, member }: Viewer): Promise<Moved[]> {
	if (member.kind === "channel") {
		const key = watermarkKey(conversation, user);
		const value = view.get(key);
		return value === undefined ? [] : [movedOf({ key, value })];
	}
	const all: Moved[] = [];
	for await (const rows of pages(view, ofId("watermark", conversation))) {
		for (const row of rows) all.push(movedOf(row));
	}
	return all;
}

function movedOf(row: Row): Moved {
	return { ...readReceipt(row), bytes: row.value.length };
}

/**
 * Those that moved, one item a position: what a large group received at one moment is one item, or
 * a page would hold few of them and each page looks at all.
 */
export function pullWatermarks(
	{ member }: Viewer,
	watermarks: readonly Moved[],
	from: number,
	until: number,
): Source {
	const open = isOpen(member.intervals);
	const told = new Map<number, { pairs: ReceiptPair[]; bytes: number }>();
	for (const { position: moved, pair, bytes } of watermarks) {
		// One that moved again since the first page has lost where it stood before, so it is told as it
		// is now, with the end: no push need follow. To a former member the end is the cut.
		if (moved <= from || (moved > until && !open)) continue;
		const position = Math.min(moved, until);
		const item = told.get(position) ?? { pairs: [], bytes: 0 };
		item.pairs.push(pair);
		item.bytes += bytes;
		told.set(position, item);
	}
	const found: Found[] = [];
	for (const [position, { pairs, bytes }] of told) {
		found.push({ item: { type: "watermarks", position, pairs }, bytes });
	}
	return { found, horizon: until };
}
