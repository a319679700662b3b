// The rows that stand in the same batch as a fact: whatever must survive besides the event itself.
// Pure; runs right after `evolve`. Not here: bytes and keys.

import type { Conversation, Member } from "./conversation.js";
import type { ConversationEvent, MediaReference, Write } from "./event.js";
import type { IndexRow, MessageRow } from "./index-row.js";
import { shows } from "./media.js";

/**
 * The message's row after an event about it; `before` is the row as stored until now, `had` whether
 * the author of a reaction had one before. Null for events about no message, and without a row.
 */
export function messageRow(
	position: number,
	event: ConversationEvent,
	before: MessageRow | null,
	had = false,
): MessageRow | null {
	switch (event.type) {
		case "sent":
			return {
				seq: event.seq,
				position,
				changed: position,
				at: event.at,
				sender: event.by,
				write: event.write as Write,
				state: "live",
				message: event.message,
				id: null,
				editedAt: null,
				withheldFrom: event.withheldFrom,
				frozen: event.withheldFrom === null ? null : "sent",
				seenUpTo: event.seenUpTo,
				reacted: 0,
			};
		case "edited": {
			if (before?.message == null || event.message === null) return null;
			// Its random id stays: by that its sender finds it in history after a fork.
			const { id, expiresAt, clientTime } = before.message;
			const message = { ...event.message, id, expiresAt, clientTime };
			return { ...before, changed: position, message, editedAt: event.at };
		}
		case "deleted":
			return before && emptied(before, position, "deleted", before.frozen);
		case "expired":
			return before && emptied(before, position, "expired", event.frozen);
		case "reacted":
			// The row moves too, so that an older page never overwrites a newer reaction.
			return (
				before && {
					...before,
					changed: position,
					reacted: before.reacted + Number(event.emoji !== null) - Number(had),
				}
			);
		default:
			return null;
	}
}

function emptied(
	before: MessageRow,
	changed: number,
	state: "deleted" | "expired",
	frozen: MessageRow["frozen"],
): MessageRow {
	return { ...before, changed, state, message: null, id: idOf(before), frozen, reacted: 0 };
}

/** What its sender gave it at random, and finds it by after a fork. */
export function idOf(row: MessageRow): Uint8Array | null {
	return row.message?.id ?? row.id;
}

/** `row` is the message's row after the event, `before` as it was. */
export function index(
	state: Conversation,
	event: ConversationEvent,
	row: MessageRow | null,
	before: MessageRow | null,
): IndexRow[] {
	const rows: IndexRow[] = [];
	const conversation = state.id;
	if (row !== null) {
		rows.push({ type: "message", conversation, row });
		references(rows, conversation, event.at, row, before);
	}
	ofEvent(rows, state, event, before);
	for (const user of state.trace.marked)
		rows.push({ type: "pending", user, conversation, on: true });
	return rows;
}

/** What the message gains and loses of files. A function of rows alone: it can be rebuilt. */
function references(
	rows: IndexRow[],
	conversation: string,
	at: number,
	row: MessageRow,
	before: MessageRow | null,
): void {
	const now = row.message?.media ?? none;
	const then = before?.message?.media ?? none;
	if (now === then || (now.length === 0 && then.length === 0)) return;
	const { seq } = row;
	for (const hash of hashesBeyond(now, then)) {
		rows.push({ type: "reference", hash, conversation, seq, on: true });
	}
	for (const hash of hashesBeyond(then, now)) {
		rows.push({ type: "reference", hash, conversation, seq, on: false });
		rows.push({ type: "loose", hash, at });
	}
}

const none: readonly MediaReference[] = [];

/** Hashes of `some`, each once, that `others` does not have. */
function hashesBeyond(
	some: readonly MediaReference[],
	others: readonly MediaReference[],
): Uint8Array[] {
	const known = [...others];
	const beyond: Uint8Array[] = [];
	for (const one of some) {
		if (shows(known, one.hash)) continue;
		known.push(one);
		beyond.push(one.hash);
	}
	return beyond;
}

function ofEvent(
	rows: IndexRow[],
	state: Conversation,
	event: ConversationEvent,
	before: MessageRow | null,
): void {
	const conversation = state.id;
	switch (event.type) {
		case "created":
			rows.push(info(state));
			for (const { user } of event.members) membership(rows, state, user);
			return;
		case "added":
		case "removed":
			if (event.users.length > 0) rows.push(info(state));
			for (const user of event.users) membership(rows, state, user);
			return;
		case "role":
			membership(rows, state, event.user);
			return;
		case "muted":
			membership(rows, state, event.by);
			return;
		case "described":
		case "link":
			rows.push(info(state));
			return;
		case "sent": {
			const expiresAt = event.message?.expiresAt ?? null;
			if (expiresAt !== null) {
				rows.push({ type: "expiry", at: expiresAt, conversation, seq: event.seq, on: true });
			}
			const sender = state.members.get(event.by);
			if (sender?.watermarkPosition === state.position) rows.push(watermarkRow(state, sender));
			return;
		}
		case "deleted":
		case "expired": {
			const expiresAt = before?.message?.expiresAt ?? null;
			if (expiresAt !== null) {
				rows.push({ type: "expiry", at: expiresAt, conversation, seq: event.seq, on: false });
			}
			return;
		}
		case "hidden":
			rows.push({ type: "hidden", user: event.by, conversation, seq: event.seq });
			return;
		case "reacted":
			rows.push({
				type: "reaction",
				conversation,
				seq: event.seq,
				user: event.by,
				emoji: event.emoji,
			});
			return;
		case "blocked":
			for (const member of state.members.values()) {
				if (member.user === event.by) continue;
				rows.push({ type: "blocked", user: event.by, other: member.user, on: event.on });
			}
			return;
		case "receipts":
			for (const { user } of event.pairs) {
				const member = state.members.get(user);
				if (member !== undefined) rows.push(watermarkRow(state, member));
			}
			return;
		case "levelled":
			rows.push({ type: "pending", user: event.user, conversation, on: false });
			return;
		case "edited":
			return;
		default:
			event satisfies never;
	}
}

function info(state: Conversation): IndexRow {
	return {
		type: "info",
		conversation: state.id,
		row: {
			kind: state.kind ?? "group",
			title: state.title,
			picture: state.picture,
			description: state.description,
			link: state.link,
			createdAt: state.createdAt,
			createdBy: state.createdBy,
			members: state.active,
			position: state.position,
		},
	};
}

function membership(rows: IndexRow[], state: Conversation, user: string): void {
	const member = state.members.get(user);
	if (member === undefined) return;
	rows.push({
		type: "member",
		user,
		conversation: state.id,
		row: {
			kind: state.kind ?? "group",
			role: member.role,
			intervals: member.intervals.map((interval) => ({ ...interval })),
			mutedUntil: member.mutedUntil,
			position: state.position,
		},
	});
	if (member.watermarkPosition === state.position) rows.push(watermarkRow(state, member));
}

function watermarkRow(state: Conversation, member: Member): IndexRow {
	const { delivered, deliveredAt, seen, seenAt, watermarkPosition } = member;
	return {
		type: "watermark",
		conversation: state.id,
		user: member.user,
		row: { delivered, deliveredAt, seen, seenAt, position: watermarkPosition },
	};
}
