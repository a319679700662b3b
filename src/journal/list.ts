// A page of a user's conversations, each with what a new device needs: facts, where its cursor
// starts, the newest visible message and how many are unread.

import type { InfoRow, MemberRow, WatermarkRow } from "../domain/index-row.js";
import { endPosition, lastVisible } from "../domain/visibility.js";
import { infoRow, watermarkRow } from "./facts.js";
import { decodeMember } from "./index-rows.js";
import type { Journal, View } from "./journal.js";
import { memberKey, messageKey, ofId, parseKey } from "./keys.js";
import { readLimits } from "./limits.js";
import { decodeMessageHeader } from "./message-row.js";
import { lastMessage, lastPosition, startPosition } from "./positions.js";
import { following } from "./scan.js";
import { intervalOf, type ShownRow, showAll, type Viewer, writtenUnseen } from "./shown.js";

export interface Listed {
	readonly conversation: string;
	readonly member: MemberRow;
	/** Null only if the conversation's own row is lost. */
	readonly info: InfoRow | null;
	readonly watermark: WatermarkRow | null;
	/** The last `seq` that the user may see. */
	readonly head: number;
	/** The last position; the cut for a removed member. */
	readonly position: number;
	/** Where the cursor of a device that holds nothing starts. */
	readonly start: number;
	/** Others' visible living messages after what was seen, counted up to `unreadMax`. */
	readonly unread: number;
	/** The newest message that is more than a skip, among the last few. */
	readonly last: ShownRow | null;
}

export interface ListPage {
	/** Order: that of the conversations' ids in the store. */
	readonly entries: readonly Listed[];
	/** Where the next page goes on; null: this was the last. */
	readonly cursor: string | null;
}

/**
 * Shape:  at most `limit` entries, and no more than fit into `bytesMax`, but one at least: a user
 *         with many conversations of long messages could otherwise never read the list.
 * Errors: JOURNAL_DAMAGED, JOURNAL_FORMAT, JOURNAL_IO, JOURNAL_CLOSED.
 */
export async function list(
	journal: Journal,
	user: string,
	cursor: string | null,
	limit: number,
	bytesMax: number,
): Promise<ListPage> {
	const view = journal.view();
	try {
		const span = ofId("member", user);
		const gte = cursor === null ? span.gte : following(memberKey(user, cursor));
		const rows = await view.range({ gte, lt: span.lt, limit });
		const entries: Listed[] = [];
		let bytesLeft = bytesMax;
		for (const { key, value } of rows) {
			const conversation = parseKey(key)?.ids[1] as string;
			const member = decodeMember(key, value);
			const { entry, bytes } = await listed({ view, user, conversation, member });
			bytesLeft -= bytes + value.length;
			if (bytesLeft < 0 && entries.length > 0) break;
			entries.push(entry);
		}
		const whole = rows.length < limit && entries.length === rows.length;
		return { entries, cursor: whole ? null : (entries.at(-1)?.conversation ?? null) };
	} finally {
		view.close();
	}
}

async function listed(viewer: Viewer): Promise<{ entry: Listed; bytes: number }> {
	const { view, user, conversation, member } = viewer;
	const watermark = watermarkRow(view, conversation, user);
	const newest = (await lastMessage(view, conversation))?.seq ?? 0;
	const head = lastVisible(member.intervals, newest);
	const cut = endPosition(member.intervals);
	const position = cut ?? (await lastPosition(view, conversation, user, member));
	const seen = Math.min(watermark?.seen ?? 0, watermark?.delivered ?? 0);
	const last = await preview(viewer, head);
	const entry = {
		conversation,
		member,
		info: infoRow(view, conversation),
		watermark,
		head,
		position,
		start: startPosition(view, conversation, member, watermark),
		unread: await unreadAfter(viewer, seen, head),
		last: last?.row ?? null,
	};
	const { title = "", picture = "" } = entry.info ?? {};
	return { entry, bytes: (last?.bytes ?? 0) + title.length + picture.length };
}

async function preview(
	viewer: Viewer,
	head: number,
): Promise<{ readonly row: ShownRow; readonly bytes: number } | null> {
	if (head === 0) return null;
	const rows = await viewer.view.range({
		gte: messageKey(viewer.conversation, 1),
		lt: messageKey(viewer.conversation, head + 1),
		limit: readLimits.previewRowsMax,
		reverse: true,
	});
	for (const one of await showAll(viewer, rows)) if (one.row.state !== "skip") return one;
	return null;
}

/** Reads headers only, and no more of them than could count. */
async function unreadAfter(viewer: Viewer, seen: number, head: number): Promise<number> {
	const { view, user, conversation, member } = viewer;
	if (seen >= head) return 0;
	const rows = await readUnread(view, conversation, seen, head);
	let unread = 0;
	for (const { key, value } of rows) {
		const header = decodeMessageHeader(key, value, conversation);
		if (header.sender === user || header.state !== "live" || header.withheldFrom === user) continue;
		const interval = intervalOf(member.intervals, header.seq);
		if (interval === null) continue;
		if (!writtenUnseen(member.intervals, interval, header.changed)) unread += 1;
	}
	return unread;
}

function readUnread(
	view: View,
	conversation: string,
	seen: number,
	head: number,
): ReturnType<View["range"]> {
	return view.range({
		gte: messageKey(conversation, seen + 1),
		lt: messageKey(conversation, head + 1),
		limit: readLimits.unreadMax,
	});
}
