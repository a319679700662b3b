// Reads one entity back: its snapshot and the events after it, made from event rows, message rows
// (`sent`) and watermark rows (`receipts`), in order of position. What cannot be read is named.

import type { ConversationEvent, ReceiptPair } from "../domain/event.js";
import type { MessageRow } from "../domain/index-row.js";
import { damaged } from "./check.js";
import { decodeEvent, type EntityEvent } from "./event-row.js";
import { floorOf } from "./facts.js";
import { decodeSnapshot, decodeWatermark, type SnapshotRow } from "./index-rows.js";
import type { Journal, Row, View } from "./journal.js";
import {
	type EntityKind,
	eventsAbove,
	messageKey,
	messagesAbove,
	numberOf,
	ofId,
	parseKey,
	snapshotKey,
} from "./keys.js";
import { decodeMessage } from "./message-row.js";
import { pages } from "./scan.js";

export interface Recovered {
	readonly snapshot: SnapshotRow | null;
	/**
	 * Order: by position; one position may hold an event and then the receipts that came with it.
	 *        A position is missing only where a receipt was overwritten by a later one.
	 */
	readonly events: readonly PositionedEvent[];
}

export interface PositionedEvent {
	readonly position: number;
	readonly event: EntityEvent;
}

/** Errors: JOURNAL_DAMAGED, JOURNAL_FORMAT, JOURNAL_IO, JOURNAL_CLOSED. */
export async function recover(
	journal: Journal,
	entity: EntityKind,
	id: string,
): Promise<Recovered> {
	const view = journal.view();
	try {
		const snapshot = readSnapshot(view, entity, id);
		const from = snapshot?.position ?? 0;
		if (from < floorOf(view, entity, id)) {
			// Its events are trimmed: to go on would use positions and numbers a second time.
			throw damaged(snapshotKey(entity, id), "the row is missing or older than what was trimmed");
		}
		if (entity === "user") return { snapshot, events: await eventsAfter(view, entity, id, from) };
		// Together, because each waits for a thread; all are awaited before the view is closed.
		const read = await Promise.allSettled([
			eventsAfter(view, entity, id, from),
			sentAfter(view, id, snapshot?.head ?? 0),
			receiptsAfter(view, id, from),
		]);
		// Receipts after the others: the sort keeps the order of equals, and at one position a
		// watermark is what stood at its end.
		const events = read.flatMap((one) => {
			if (one.status === "rejected") throw one.reason;
			return one.value;
		});
		events.sort((one, other) => one.position - other.position);
		return { snapshot, events };
	} finally {
		view.close();
	}
}

export function readSnapshot(view: View, entity: EntityKind, id: string): SnapshotRow | null {
	const key = snapshotKey(entity, id);
	const value = view.get(key);
	return value === undefined ? null : decodeSnapshot(key, value);
}

async function eventsAfter(
	view: View,
	entity: EntityKind,
	id: string,
	from: number,
): Promise<PositionedEvent[]> {
	const events: PositionedEvent[] = [];
	for await (const rows of pages(view, eventsAbove(entity, id, from))) {
		for (const { key, value } of rows) {
			events.push({ position: numberOf(key), event: decodeEvent(key, value) });
		}
	}
	return events;
}

/** Messages have no gap: the number after the last is the next. */
async function sentAfter(view: View, id: string, head: number): Promise<PositionedEvent[]> {
	const events: PositionedEvent[] = [];
	let next = head + 1;
	for await (const rows of pages(view, messagesAbove(id, head))) {
		for (const { key, value } of rows) {
			const row = decodeMessage(key, value, id);
			if (row.seq !== next) throw damaged(messageKey(id, next), "the row is missing");
			next += 1;
			events.push({ position: row.position, event: sentEvent(row) });
		}
	}
	return events;
}

function sentEvent(row: MessageRow): ConversationEvent {
	const { at, sender, write, seq, message, withheldFrom, seenUpTo } = row;
	return { type: "sent", at, by: sender, write, seq, message, withheldFrom, seenUpTo };
}

async function receiptsAfter(view: View, id: string, from: number): Promise<PositionedEvent[]> {
	const pairs = new Map<number, ReceiptPair[]>();
	for await (const rows of pages(view, ofId("watermark", id))) {
		for (const row of rows) {
			const { position, pair } = readReceipt(row);
			if (position <= from) continue;
			const together = pairs.get(position);
			if (together === undefined) pairs.set(position, [pair]);
			else together.push(pair);
		}
	}
	return Array.from(pairs, ([position, together]) => ({ position, event: receipts(together) }));
}

export function readReceipt({ key, value }: Row): { position: number; pair: ReceiptPair } {
	const { position, ...watermark } = decodeWatermark(key, value);
	const user = parseKey(key)?.ids[1] as string;
	return { position, pair: { user, ...watermark } };
}

function receipts(pairs: readonly ReceiptPair[]): ConversationEvent {
	const at = Math.max(...pairs.map((pair) => Math.max(pair.deliveredAt, pair.seenAt)));
	return { type: "receipts", at, by: (pairs[0] as ReceiptPair).user, pairs };
}
