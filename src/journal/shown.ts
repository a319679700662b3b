// What of a message's row a member may see: the one place where history, pulls and the list apply
// visibility, withholding, delete-for-me and the cut. A row not to be seen becomes a skip, which
// tells its number and nothing else, so that the device advances.

import { idOf } from "../domain/conversation-index.js";
import type { Interval, Write } from "../domain/event.js";
import type { MemberRow, MessageRow } from "../domain/index-row.js";
import { decodeReaction } from "./index-rows.js";
import type { View } from "./journal.js";
import { hiddenKey, numberOf, parseKey, reactionKey } from "./keys.js";
import { decodeMessage } from "./message-row.js";
import { pages } from "./scan.js";

export interface Reaction {
	readonly user: string;
	readonly emoji: string;
}

export interface FullRow extends MessageRow {
	readonly reactions: readonly Reaction[];
}

/**
 * `changed` is the position of sending: a skip never replaces what a device holds. One that the
 * viewer deleted for themselves is the last version of all.
 */
export interface SkipRow {
	readonly state: "skip";
	readonly seq: number;
	readonly position: number;
	readonly changed: number;
	readonly at: number;
	/** Of the viewer's own message: a device that moved its outbox finds its sends by it. */
	readonly write: Write | null;
	readonly id: Uint8Array | null;
}

/** No version of a row comes after this one. */
export const lastVersion = Number.MAX_SAFE_INTEGER;

export type ShownRow = FullRow | SkipRow;

/** Who looks, as of one view. */
export interface Viewer {
	readonly view: View;
	readonly user: string;
	readonly conversation: string;
	readonly member: MemberRow;
}

/**
 * Whether something written at `position` came after the member's time in `interval`, and at no
 * later time of membership either: then it is not for these eyes.
 */
export function writtenUnseen(
	intervals: readonly Interval[],
	interval: Interval,
	position: number,
): boolean {
	if (interval.toPosition === null || position <= interval.toPosition) return false;
	return !wasMember(intervals, position);
}

/** Whether the member was one when the event at this position happened; cuts and joins included. */
export function wasMember(intervals: readonly Interval[], position: number): boolean {
	return intervals.some(
		(it) => position >= it.fromPosition && (it.toPosition === null || position <= it.toPosition),
	);
}

/** The interval that a message number lies in. */
export function intervalOf(intervals: readonly Interval[], seq: number): Interval | null {
	return intervals.find((it) => seq >= it.from && (it.to === null || seq <= it.to)) ?? null;
}

/** Numbers of the user's delete-for-me between two numbers, both included. */
export async function hiddenBetween(
	{ view, user, conversation }: Viewer,
	from: number,
	to: number,
): Promise<Set<number>> {
	const hidden = new Set<number>();
	const gte = hiddenKey(user, conversation, from);
	const lt = hiddenKey(user, conversation, to + 1);
	for await (const rows of pages(view, { gte, lt })) {
		for (const { key } of rows) hidden.add(numberOf(key));
	}
	return hidden;
}

/** Reactions by message number between two numbers, both included. */
export async function reactionsBetween(
	view: View,
	conversation: string,
	from: number,
	to: number,
): Promise<Map<number, Reaction[]>> {
	const reactions = new Map<number, Reaction[]>();
	const gte = reactionKey(conversation, from, "");
	const lt = reactionKey(conversation, to + 1, "");
	for await (const rows of pages(view, { gte, lt })) {
		for (const { key, value } of rows) {
			const parts = parseKey(key);
			const seq = parts?.numbers[0] as number;
			const reaction = { user: parts?.ids[1] as string, emoji: decodeReaction(key, value) };
			const together = reactions.get(seq);
			if (together === undefined) reactions.set(seq, [reaction]);
			else together.push(reaction);
		}
	}
	return reactions;
}

/** The row as the viewer may see it; null for a number outside the intervals. */
export function show(
	{ user, member }: Viewer,
	row: MessageRow,
	hidden: ReadonlySet<number>,
	reactions: ReadonlyMap<number, readonly Reaction[]>,
): ShownRow | null {
	const interval = intervalOf(member.intervals, row.seq);
	if (interval === null) return null;
	if (hidden.has(row.seq)) return skip(row, user, lastVersion);
	const unseen =
		row.withheldFrom === user || writtenUnseen(member.intervals, interval, row.changed);
	if (unseen) return skip(row, user, row.position);
	// Reactions to a message that is gone stay in the store, and are not shown.
	const kept = row.state === "live" ? (reactions.get(row.seq) ?? []) : [];
	return withReactions(row, kept);
}

function skip(row: MessageRow, user: string, changed: number): SkipRow {
	const { seq, position, at } = row;
	const own = row.sender === user;
	const write = own ? row.write : null;
	return { state: "skip", seq, position, changed, at, write, id: own ? idOf(row) : null };
}

/** Written out: see `decodeMessage`. */
function withReactions(row: MessageRow, reactions: readonly Reaction[]): FullRow {
	return {
		seq: row.seq,
		position: row.position,
		changed: row.changed,
		at: row.at,
		sender: row.sender,
		write: row.write,
		state: row.state,
		message: row.message,
		id: row.id,
		editedAt: row.editedAt,
		withheldFrom: row.withheldFrom,
		frozen: row.frozen,
		seenUpTo: row.seenUpTo,
		reacted: row.reacted,
		reactions,
	};
}

/** Bytes of the stored rows that a shown one stands for: what a page is measured by. */
export function bytesOf(value: Uint8Array, row: ShownRow | null): number {
	let bytes = value.length;
	if (row === null || row.state === "skip") return bytes;
	for (const { user, emoji } of row.reactions) {
		bytes += Buffer.byteLength(user) + Buffer.byteLength(emoji);
	}
	return bytes;
}

/** Decodes rows of one page and shows each. Order: that of `rows`. */
export async function showAll(
	viewer: Viewer,
	rows: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[],
): Promise<{ readonly row: ShownRow; readonly bytes: number }[]> {
	const decoded = rows.map(({ key, value }) => decodeMessage(key, value, viewer.conversation));
	const first = decoded[0];
	const last = decoded.at(-1);
	if (first === undefined || last === undefined) return [];
	const from = Math.min(first.seq, last.seq);
	const to = Math.max(first.seq, last.seq);
	const hidden = await hiddenBetween(viewer, from, to);
	const reactions = await reactionsBetween(viewer.view, viewer.conversation, from, to);
	const shown: { row: ShownRow; bytes: number }[] = [];
	for (const [i, one] of decoded.entries()) {
		const row = show(viewer, one, hidden, reactions);
		if (row !== null) shown.push({ row, bytes: bytesOf(rows[i]?.value as Uint8Array, row) });
	}
	return shown;
}
