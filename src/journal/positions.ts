// Where things stand in a conversation, found from its rows without any row that says so: the last
// message, the last position, the first message after a position, where a new device starts.

import type { MemberRow, WatermarkRow } from "../domain/index-row.js";
import { damaged } from "./check.js";
import { floorOf, watermarkRow } from "./facts.js";
import { decodeWatermark } from "./index-rows.js";
import type { Row, View } from "./journal.js";
import { eventsAbove, messageKey, messagesAbove, numberOf, ofId } from "./keys.js";
import { decodeMessageHeader, type MessageHeader } from "./message-row.js";
import { pages } from "./scan.js";

/** The newest message; null in an empty conversation. */
export async function lastMessage(view: View, conversation: string): Promise<MessageHeader | null> {
	const span = messagesAbove(conversation, 0);
	const [row] = await view.range({ ...span, limit: 1, reverse: true });
	return row === undefined ? null : decodeMessageHeader(row.key, row.value, conversation);
}

export function messageAt(view: View, conversation: string, seq: number): MessageHeader | null {
	const key = messageKey(conversation, seq);
	const value = view.get(key);
	return value === undefined ? null : decodeMessageHeader(key, value, conversation);
}

/**
 * The last committed position. Each event has left one of these rows: a message's, its own, or a
 * watermark's, and the last of all is not overwritten by a later one; what is trimmed lies below
 * the floor. In a channel others' watermarks concern nobody, so only `user`'s own counts there.
 */
export async function lastPosition(
	view: View,
	conversation: string,
	user: string,
	{ kind }: Pick<MemberRow, "kind">,
): Promise<number> {
	const watermark =
		kind === "channel"
			? (watermarkRow(view, conversation, user)?.position ?? 0)
			: await lastWatermark(view, conversation);
	return lastBeside(view, conversation, watermark);
}

/** The same for who knows the last watermark: reading all of them is dear in a large group. */
export async function lastBeside(
	view: View,
	conversation: string,
	watermark: number,
): Promise<number> {
	const message = await lastMessage(view, conversation);
	const span = eventsAbove("conversation", conversation, 0);
	const [event] = await view.range({ ...span, limit: 1, reverse: true });
	return Math.max(
		message?.position ?? 0,
		event === undefined ? 0 : numberOf(event.key),
		watermark,
		floorOf(view, "conversation", conversation),
	);
}

/** The highest position among all members' watermark rows. */
export async function lastWatermark(view: View, conversation: string): Promise<number> {
	let last = 0;
	for await (const rows of pages(view, ofId("watermark", conversation))) {
		for (const row of rows) last = Math.max(last, readWatermark(row).position);
	}
	return last;
}

function readWatermark({ key, value }: Row): WatermarkRow {
	return decodeWatermark(key, value);
}

/** The number of the first message sent after `position`; `head` + 1 when there is none. */
export function firstAfter(
	view: View,
	conversation: string,
	position: number,
	head: number,
): number {
	let low = 1;
	let high = head + 1;
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		const header = messageAt(view, conversation, middle);
		if (header === null) throw damaged(messageKey(conversation, middle), "the row is missing");
		if (header.position > position) high = middle;
		else low = middle + 1;
	}
	return low;
}

/** Where the cursor of a device begins that holds nothing yet: after what was delivered. */
export function startPosition(
	view: View,
	conversation: string,
	member: MemberRow,
	watermark: WatermarkRow | null,
): number {
	const delivered = watermark?.delivered ?? 0;
	const row = delivered === 0 ? null : messageAt(view, conversation, delivered);
	// Who left something unread, was removed and came back still has to get it: the first time of
	// membership that goes beyond what was delivered, not the last.
	const next = member.intervals.find((it) => it.to === null || it.to > delivered);
	const interval = next ?? member.intervals.at(-1);
	return Math.max(row?.position ?? 0, interval?.fromPosition ?? 0);
}
