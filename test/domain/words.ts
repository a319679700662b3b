// Short words for the cases: facts in the past tense, wishes in the imperative. What a case does
// not speak of (times, outboxes, ids) has a fixed value here.

import type { ConversationCommand } from "../../src/domain/conversation-command.js";
import type {
	Content,
	ConversationEvent,
	FrozenStatus,
	ReceiptPair,
	Role,
	Write,
} from "../../src/domain/event.js";

/** When everything happens, unless a case says otherwise. */
export const now = 1_000;

/** A user's outbox; a send's number is of no matter to most cases. */
export function outboxOf(user: string): string {
	return Buffer.from(user).toString("hex").padEnd(32, "0");
}

export function write(by: string, n = 1, answered = n - 1, hash = n): Write {
	return { outbox: outboxOf(by), n, answered, hash };
}

export function text(content: string, more: Partial<Content> = {}): Content {
	return {
		id: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
		contentType: "text/plain",
		content: Buffer.from(content),
		replyTo: null,
		mentions: [],
		media: [],
		expiresAt: null,
		clientTime: null,
		...more,
	};
}

function of(by: string): { at: number; by: string; write: Write } {
	return { at: now, by, write: write(by) };
}

// Facts.

/** A direct conversation. */
export function opened(...users: readonly string[]): ConversationEvent {
	const members = users.map((user) => ({ user, role: "member" as const }));
	return { type: "created", at: now, by: users[0] ?? "", kind: "direct", title: "", members };
}

/** A group: the first is its owner. */
export function group(owner: string, ...others: readonly string[]): ConversationEvent {
	const members = [
		{ user: owner, role: "owner" as Role },
		...others.map((user) => ({ user, role: "member" as Role })),
	];
	return { type: "created", ...of(owner), kind: "group", title: "group", members };
}

export function channel(owner: string, ...others: readonly string[]): ConversationEvent {
	return { ...group(owner, ...others), kind: "channel" } as ConversationEvent;
}

export function sent(
	seq: number,
	by: string,
	content: string,
	more: { expiresAt?: number; withheldFrom?: string; seenUpTo?: number; replyTo?: number } = {},
): ConversationEvent {
	const { expiresAt = null, replyTo = null, withheldFrom = null, seenUpTo = null } = more;
	const message = text(content, { expiresAt, replyTo });
	return { type: "sent", ...of(by), seq, message, withheldFrom, seenUpTo };
}

/** So many messages of one member, from a number on. */
export function many(from: number, to: number, by: string): ConversationEvent[] {
	return Array.from({ length: to - from + 1 }, (_, i) => sent(from + i, by, `m${from + i}`));
}

export function edited(seq: number, by: string, content: string): ConversationEvent {
	return { type: "edited", ...of(by), seq, message: text(content) };
}

export function deleted(seq: number, by: string): ConversationEvent {
	return { type: "deleted", ...of(by), seq };
}

export function expired(seq: number, by: string, frozen: FrozenStatus): ConversationEvent {
	return { type: "expired", at: now, by, seq, frozen };
}

export function hidden(seq: number, by: string): ConversationEvent {
	return { type: "hidden", ...of(by), seq };
}

export function reacted(seq: number, by: string, emoji: string | null): ConversationEvent {
	return { type: "reacted", ...of(by), seq, emoji };
}

export function added(by: string, ...users: readonly string[]): ConversationEvent {
	return { type: "added", ...of(by), users, via: "member" };
}

export function joined(...users: readonly string[]): ConversationEvent {
	return { type: "added", ...of(users[0] ?? ""), users, via: "link" };
}

export function removed(by: string, ...users: readonly string[]): ConversationEvent {
	return { type: "removed", ...of(by), users };
}

export function left(user: string): ConversationEvent {
	return removed(user, user);
}

export function roleGiven(role: Role, user: string, by: string): ConversationEvent {
	return { type: "role", ...of(by), user, role };
}

export function linked(by: string, link: string | null): ConversationEvent {
	return { type: "link", ...of(by), link };
}

export function described(by: string, title: string): ConversationEvent {
	return { type: "described", ...of(by), title, picture: null, description: null };
}

export function muted(by: string, until: number): ConversationEvent {
	return { type: "muted", ...of(by), until };
}

export function blocked(by: string, on = true): ConversationEvent {
	return { type: "blocked", ...of(by), on };
}

export function pair(user: string, delivered: number, seen = 0): ReceiptPair {
	const time = (seq: number) => (seq === 0 ? 0 : now);
	return { user, delivered, deliveredAt: time(delivered), seen, seenAt: time(seen) };
}

/** Watermarks as one event has them: delivered and seen of each reader. */
export function receipts(...pairs: readonly ReceiptPair[]): ConversationEvent {
	return { type: "receipts", at: now, by: pairs[0]?.user ?? "", pairs };
}

export function levelled(user: string, position: number): ConversationEvent {
	return { type: "levelled", at: now, by: user, user, position };
}

// Wishes. A message's row is looked up when the wish is decided.

export function send(
	by: string,
	content: string,
	more: { seenUpTo?: number; replyTo?: number; expiresAt?: number } = {},
): ConversationCommand {
	const { seenUpTo = null, replyTo = null, expiresAt = null } = more;
	return { type: "send", ...of(by), message: text(content, { replyTo, expiresAt }), seenUpTo };
}

export function edit(seq: number, by: string, content = "new"): ConversationCommand {
	return { type: "edit", ...of(by), seq, message: text(content), row: null };
}

export function erase(seq: number, by: string): ConversationCommand {
	return { type: "delete", ...of(by), seq, row: null };
}

export function hide(seq: number, by: string): ConversationCommand {
	return { type: "hide", ...of(by), seq, row: null };
}

export function react(seq: number, by: string, emoji: string | null = "+"): ConversationCommand {
	return { type: "react", ...of(by), seq, emoji, had: false, row: null };
}

export function create(
	kind: "group" | "channel",
	by: string,
	members: readonly string[] = [],
	unknown: readonly string[] = [],
): ConversationCommand {
	return { type: "create", ...of(by), kind, title: kind, members, unknown };
}

export function open(by: string, ...members: readonly string[]): ConversationCommand {
	return { type: "open", at: now, by, members };
}

export function add(
	by: string,
	users: readonly string[],
	unknown: readonly string[] = [],
): ConversationCommand {
	return { type: "add", ...of(by), users, unknown };
}

export function remove(by: string, ...users: readonly string[]): ConversationCommand {
	return { type: "remove", ...of(by), users };
}

export function leave(by: string): ConversationCommand {
	return { type: "leave", ...of(by) };
}

export function join(by: string, link: string): ConversationCommand {
	return { type: "join", ...of(by), link };
}

export function giveRole(role: Role, user: string, by: string): ConversationCommand {
	return { type: "role", ...of(by), user, role };
}

export function describe(by: string, title: string | null): ConversationCommand {
	return { type: "describe", ...of(by), title, picture: null, description: null };
}

export function setLink(by: string, link: string | null): ConversationCommand {
	return { type: "link", ...of(by), link };
}

export function mute(by: string, until: number): ConversationCommand {
	return { type: "mute", ...of(by), until };
}

export function block(by: string, on = true): ConversationCommand {
	return { type: "block", ...of(by), on };
}

/** Receipts that were gathered, each as it was said: [delivered, seen]. */
export function say(
	said: Readonly<Record<string, readonly [number, number]>>,
): ConversationCommand {
	const entries = Object.entries(said).map(
		([user, [delivered, seen]]) => [user, { delivered, seen }] as const,
	);
	return { type: "receipts", at: now, said: new Map(entries) };
}

export function expire(seq: number, at: number): ConversationCommand {
	return { type: "expire", at, seq, row: null };
}

export function level(user: string, position: number): ConversationCommand {
	return { type: "level", at: now, user, position };
}
