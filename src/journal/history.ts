// A page of history, newest first, as the asker may see it; read from one moment of the store,
// never through a mailbox.

import type { Interval } from "../domain/event.js";
import { memberRow } from "./facts.js";
import type { Journal } from "./journal.js";
import { messageKey } from "./keys.js";
import { isEnd } from "./scan.js";
import { type ShownRow, showAll, type Viewer } from "./shown.js";

export interface HistoryPage {
	/** Order: newest first. What the asker may not see comes as a skip. */
	readonly rows: readonly ShownRow[];
	readonly more: boolean;
}

/**
 * Shape:  `before` is exclusive, null: from the newest; null when the user never was a member.
 *         `bytesMax` cuts the page too, after one row at least.
 * Errors: JOURNAL_DAMAGED, JOURNAL_FORMAT, JOURNAL_IO, JOURNAL_CLOSED.
 */
export async function history(
	journal: Journal,
	user: string,
	conversation: string,
	before: number | null,
	limit: number,
	bytesMax: number,
): Promise<HistoryPage | null> {
	const view = journal.view();
	try {
		const member = memberRow(view, user, conversation);
		if (member === null) return null;
		return await readPage({ view, user, conversation, member }, before, limit, bytesMax);
	} finally {
		view.close();
	}
}

async function readPage(
	viewer: Viewer,
	before: number | null,
	limit: number,
	bytesMax: number,
): Promise<HistoryPage> {
	const page: ShownRow[] = [];
	let end = before ?? Number.POSITIVE_INFINITY;
	let bytesLeft = bytesMax;
	for (const interval of viewer.member.intervals.toReversed()) {
		for (;;) {
			const range = rangeBelow(viewer.conversation, interval, end);
			if (range === null) break;
			if (page.length >= limit || bytesLeft <= 0) return { rows: page, more: true };
			const some = { limit: limit - page.length, bytesMax: bytesLeft };
			const rows = await viewer.view.range({ ...range, ...some });
			const shown = await showAll(viewer, rows);
			for (const { row, bytes } of shown) {
				bytesLeft -= bytes;
				if (bytesLeft < 0 && page.length > 0) return { rows: page, more: true };
				page.push(row);
				end = row.seq;
			}
			if (isEnd(rows, some.limit, some.bytesMax)) break;
		}
	}
	return { rows: page, more: false };
}

/** The part of an interval below `end`; null when nothing is left of it. */
function rangeBelow(
	conversation: string,
	interval: Interval,
	end: number,
): { gte: Uint8Array; lt: Uint8Array; reverse: true } | null {
	const top = Math.min(end, interval.to === null ? seqEnd : interval.to + 1);
	if (top <= interval.from) return null;
	const gte = messageKey(conversation, interval.from);
	return { gte, lt: messageKey(conversation, top), reverse: true };
}

/** Above every message number. */
const seqEnd = 0xffff_ffff_ffff;
