// What the store holds about a user or a conversation, as plain JSON: committed rows of one moment,
// read through the same recovery that actors use. docs/operations.md documents the field names.

import { unpack } from "../base/pack.js";
import { type Conversation, initial } from "../domain/conversation.js";
import { statusOf } from "../domain/conversation-decide.js";
import { evolve, recovered } from "../domain/conversation-evolve.js";
import type { ConversationEvent, UserEvent } from "../domain/event.js";
import type { MessageRow } from "../domain/index-row.js";
import { conversationFrom, type Plain, userFrom } from "../domain/snapshot.js";
import { evolveUser, initialUser, type User } from "../domain/user.js";
import type { Journal } from "../journal/journal.js";
import {
	type EntityKind,
	infoKey,
	lastSeenKey,
	messagesAbove,
	ofId,
	parseKey,
	reactionKey,
	registryKey,
	userKey,
} from "../journal/keys.js";
import { recover } from "../journal/recover.js";
import {
	decodeLastSeen,
	decodeMember,
	decodeMessage,
	decodeReaction,
	decodeRegistry,
} from "../journal/rows.js";
import { pages } from "../journal/scan.js";

/** Messages in one answer; the command line asks again for more. */
export const pageMax = 500;

/** Which of the two exist under this id, in normal form. */
export function find(journal: Journal, id: string): EntityKind[] {
	const kinds: EntityKind[] = [];
	if (journal.get(userKey(id)) !== undefined) kinds.push("user");
	if (journal.get(infoKey(id)) !== undefined) kinds.push("conversation");
	return kinds;
}

export async function recoverConversation(journal: Journal, id: string): Promise<Conversation> {
	const { snapshot, events } = await recover(journal, "conversation", id);
	const state =
		snapshot === null ? initial(id) : conversationFrom(id, unpack(snapshot.state) as Plain);
	for (const { position, event } of events) evolve(state, event as ConversationEvent, position);
	recovered(state);
	return state;
}

export async function recoverUser(journal: Journal, id: string): Promise<User> {
	const { snapshot, events } = await recover(journal, "user", id);
	const state = snapshot === null ? initialUser(id) : userFrom(id, unpack(snapshot.state) as Plain);
	for (const { position, event } of events) evolveUser(state, event as UserEvent, position);
	return state;
}

export type ConversationFacts = Awaited<ReturnType<typeof conversationFacts>>;

/** Everything about a conversation but its messages. */
export async function conversationFacts(journal: Journal, id: string, live: boolean) {
	const state = await recoverConversation(journal, id);
	const { kind, title, picture, description, createdAt, createdBy, head, position } = state;
	return {
		kind: "conversation" as const,
		id,
		conversationKind: kind,
		title,
		picture,
		description,
		createdAt,
		createdBy,
		head,
		position,
		blockedBy: [...state.blockedBy],
		registry: registry(journal, "conversation", id, live),
		members: [...state.members.values()].map((member) => ({
			user: member.user,
			role: member.role,
			active: member.active,
			intervals: member.intervals,
			delivered: member.delivered,
			deliveredAt: member.deliveredAt,
			seen: Math.min(member.seen, member.delivered),
			seenAt: member.seenAt,
			mutedUntil: member.mutedUntil,
		})),
	};
}

export type MessageFacts = ReturnType<typeof messageFacts>;

/** Messages `from` and later, at most `limit`, in order of `seq`. */
export async function messages(
	journal: Journal,
	id: string,
	from: number,
	limit: number,
): Promise<MessageFacts[]> {
	const state = await recoverConversation(journal, id);
	const rows = await messageRows(journal, id, from, Math.min(limit, state.head - from + 1));
	const reacted = await reactions(journal, id, from, from + rows.length - 1);
	return rows.map((row) => messageFacts(state, row, reacted.get(row.seq) ?? []));
}

/** Not beyond the recovered head: the status of a later message would be a guess. */
async function messageRows(
	journal: Journal,
	id: string,
	from: number,
	limit: number,
): Promise<MessageRow[]> {
	const found: MessageRow[] = [];
	for await (const rows of pages(journal, messagesAbove(id, from - 1))) {
		for (const { key, value } of rows) {
			if (found.length >= limit) return found;
			found.push(decodeMessage(key, value, id));
		}
	}
	return found;
}

function messageFacts(state: Conversation, row: MessageRow, reacted: readonly Reaction[]) {
	const { message } = row;
	return {
		seq: row.seq,
		position: row.position,
		changed: row.changed,
		at: row.at,
		sender: row.sender,
		state: row.state,
		status: statusOf(state, row),
		contentType: message?.contentType ?? null,
		content: message === null ? null : Buffer.from(message.content).toString("base64"),
		text: message === null ? null : textOf(message.content),
		id: message === null ? null : Buffer.from(message.id).toString("hex"),
		replyTo: message?.replyTo ?? null,
		mentions: message?.mentions ?? [],
		media: (message?.media ?? []).map(({ hash, size, contentType, name }) => ({
			hash: Buffer.from(hash).toString("hex"),
			size,
			contentType,
			name,
		})),
		expiresAt: message?.expiresAt ?? null,
		clientTime: message?.clientTime ?? null,
		editedAt: row.editedAt,
		withheldFrom: row.withheldFrom,
		frozen: row.frozen,
		outbox: row.write.outbox,
		n: row.write.n,
		reactions: reacted,
	};
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Null when the bytes are no UTF-8. */
function textOf(bytes: Uint8Array): string | null {
	try {
		return decoder.decode(bytes);
	} catch {
		return null;
	}
}

interface Reaction {
	readonly user: string;
	readonly emoji: string;
}

/** Of the messages `from` to `to`, by `seq`. */
async function reactions(
	journal: Journal,
	conversation: string,
	from: number,
	to: number,
): Promise<ReadonlyMap<number, readonly Reaction[]>> {
	const found = new Map<number, Reaction[]>();
	if (to < from) return found;
	// No user id is empty, so these bounds hold all reactions of these messages and no others.
	const gte = reactionKey(conversation, from, "");
	const lt = reactionKey(conversation, to + 1, "");
	for await (const rows of pages(journal, { gte, lt })) {
		for (const { key, value } of rows) {
			const seq = parseKey(key)?.numbers[0] ?? 0;
			const list = found.get(seq) ?? [];
			list.push({ user: idOf(key, 1), emoji: decodeReaction(key, value) });
			found.set(seq, list);
		}
	}
	return found;
}

export type UserFacts = Awaited<ReturnType<typeof userFacts>>;

export async function userFacts(journal: Journal, id: string, live: boolean) {
	const state = await recoverUser(journal, id);
	const pending = await secondIds(journal, "pending", id);
	const marked = new Set(pending);
	const { createdAt, name, picture, presence, position, revokedBefore, revokedDevices } = state;
	return {
		kind: "user" as const,
		id,
		createdAt,
		name,
		picture,
		presence,
		position,
		revokedBefore,
		revokedDevices: Array.from(revokedDevices, ([device, before]) => ({ device, before })),
		lastSeen: lastSeen(journal, id),
		registry: registry(journal, "user", id, live),
		devices: [...state.devices.values()].map((device) => ({
			device: device.id,
			generation: device.generation,
			outbox: device.outbox,
			fresh: device.fresh,
			seenAt: device.seenAt,
			held: device.held.size,
		})),
		blocks: await secondIds(journal, "blocked", id),
		conversations: await memberships(journal, id, marked),
		pending,
	};
}

async function memberships(journal: Journal, user: string, marked: ReadonlySet<string>) {
	const found = [];
	for await (const rows of pages(journal, ofId("member", user))) {
		for (const { key, value } of rows) {
			const { role, intervals, mutedUntil, position } = decodeMember(key, value);
			const conversation = idOf(key, 1);
			const pending = marked.has(conversation);
			found.push({ conversation, role, intervals, mutedUntil, position, pending });
		}
	}
	return found;
}

async function secondIds(journal: Journal, kind: "pending" | "blocked", id: string) {
	const found: string[] = [];
	for await (const rows of pages(journal, ofId(kind, id))) {
		for (const { key } of rows) found.push(idOf(key, 1));
	}
	return found;
}

function idOf(key: Uint8Array, index: number): string {
	return parseKey(key)?.ids[index] ?? "";
}

/** 0: never. */
function lastSeen(journal: Journal, user: string): number {
	const key = lastSeenKey(user);
	const value = journal.get(key);
	return value === undefined ? 0 : decodeLastSeen(key, value);
}

/** The row that names the pid; one of an older boot reads as "not running". */
function registry(journal: Journal, kind: EntityKind, id: string, live: boolean) {
	const key = registryKey(kind, id);
	const value = journal.get(key);
	if (value === undefined) return null;
	const [pid, at] = decodeRegistry(key, value) as [string, number];
	return { pid, at, running: live && pid.split("/")[1] === String(journal.boot) };
}
