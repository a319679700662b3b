// What a conversation answers to a wish: one event, nothing, or a rejection. Pure; never throws for
// what a client may do. Who may do what is the table in docs/protocol.md.

import type { Conversation, Member } from "./conversation.js";
import { concern, effectiveSeen, peerOf } from "./conversation.js";
import {
	base,
	type ConversationCommand,
	type ConversationDecision,
} from "./conversation-command.js";
import { decideMembership } from "./conversation-membership.js";
import { accept, noChange, reject } from "./decision.js";
import type { FrozenStatus, ReceiptPair } from "./event.js";
import type { MessageRow } from "./index-row.js";
import { lastVisible, sees } from "./visibility.js";

export interface Caps {
	readonly groupMembersMax: number;
	readonly channelMembersMax: number;
	readonly reactionsPerMessageMax: number;
}

export function decide(
	state: Conversation,
	command: ConversationCommand,
	caps: Caps,
): ConversationDecision {
	switch (command.type) {
		case "open":
			return decideOpen(state, command);
		case "receipts":
			return decideReceipts(state, command);
		case "expire":
			return decideExpire(state, command);
		case "level":
			return decideLevel(state, command);
		case "create":
		case "join":
			return decideMembership(state, command, null, caps);
		default: {
			const member = state.members.get(command.by);
			if (state.kind === null || member === undefined) return reject("CONVERSATION_UNKNOWN");
			if (!member.active) return reject("NOT_A_MEMBER");
			return decideAsMember(state, command, member, caps);
		}
	}
}

type AsMember = Exclude<
	ConversationCommand,
	{ type: "open" | "receipts" | "expire" | "level" | "create" | "join" }
>;

function decideAsMember(
	state: Conversation,
	command: AsMember,
	member: Member,
	caps: Caps,
): ConversationDecision {
	switch (command.type) {
		case "send":
			return decideSend(state, command, member);
		case "edit":
		case "delete":
		case "hide":
		case "react":
			return decideOnMessage(state, command, member, caps);
		case "mute":
			return accept({ ...base(command), type: "muted", until: command.until });
		case "block":
			if (peerOf(state, command.by) === null) return reject("NOT_ALLOWED", "only in direct");
			return accept({ ...base(command), type: "blocked", on: command.on });
		default:
			return decideMembership(state, command, member, caps);
	}
}

function decideSend(
	state: Conversation,
	command: ConversationCommand & { type: "send" },
	member: Member,
): ConversationDecision {
	if (state.kind === "channel" && member.role === "member") {
		return reject("NOT_ALLOWED", "only owners and admins post in a channel");
	}
	const peer = peerOf(state, command.by);
	if (peer !== null && state.blockedBy.has(command.by)) {
		return reject("BLOCKED", "unblock first");
	}
	if (!mayReplyTo(state, member, command.message.replyTo)) {
		return reject("BAD_REQUEST", "replyTo names no visible message");
	}
	if (command.seenUpTo !== null && command.seenUpTo > state.head) {
		return reject("BAD_REQUEST", "seenUpTo is beyond the last message");
	}
	if (command.noGrant !== undefined) return reject("MEDIA_NO_GRANT", command.noGrant);
	return accept({
		type: "sent",
		at: command.at,
		by: command.by,
		write: command.write,
		seq: state.head + 1,
		message: command.message,
		withheldFrom: peer !== null && state.blockedBy.has(peer.user) ? peer.user : null,
		seenUpTo: command.seenUpTo,
	});
}

function mayReplyTo(state: Conversation, member: Member, seq: number | null): boolean {
	return seq === null || (seq <= state.head && sees(member.intervals, seq));
}

function decideOnMessage(
	state: Conversation,
	command: ConversationCommand & { type: "edit" | "delete" | "hide" | "react" },
	member: Member,
	caps: Caps,
): ConversationDecision {
	const { row, by } = command;
	if (row === null || !sees(member.intervals, row.seq) || row.withheldFrom === by) {
		return reject("MESSAGE_UNKNOWN");
	}
	if (command.type === "hide") return accept({ ...base(command), type: "hidden", seq: row.seq });
	if (row.state !== "live") return reject("MESSAGE_GONE");
	const peer = peerOf(state, by);
	// An edit or a reaction is a way to say something; a block closes that way too.
	const silenced = peer !== null && state.blockedBy.size > 0;
	if (command.type === "edit") {
		if (row.sender !== by) return reject("NOT_ALLOWED", "only the author edits");
		if (state.kind === "channel" && member.role === "member") {
			return reject("NOT_ALLOWED", "only owners and admins post in a channel");
		}
		if (silenced) return reject("BLOCKED");
		if (!mayReplyTo(state, member, command.message.replyTo)) {
			return reject("BAD_REQUEST", "replyTo names no visible message");
		}
		if (command.noGrant !== undefined) return reject("MEDIA_NO_GRANT", command.noGrant);
		return accept({ ...base(command), type: "edited", seq: row.seq, message: command.message });
	}
	if (command.type === "delete") {
		const moderates = state.kind !== "direct" && member.role !== "member";
		if (row.sender !== by && !moderates)
			return reject("NOT_ALLOWED", "only the author or an admin");
		return accept({ ...base(command), type: "deleted", seq: row.seq });
	}
	if (silenced) return reject("BLOCKED");
	// Another emoji replaces the one before: no more room is needed.
	if (command.emoji !== null && !command.had && row.reacted >= caps.reactionsPerMessageMax) {
		return reject("REACTION_LIMIT", `${caps.reactionsPerMessageMax} at most`);
	}
	return accept({ ...base(command), type: "reacted", seq: row.seq, emoji: command.emoji });
}

function decideOpen(
	state: Conversation,
	command: ConversationCommand & { type: "open" },
): ConversationDecision {
	if (state.kind !== null) return noChange();
	const members = [...new Set(command.members)].map((user) => ({ user, role: "member" as const }));
	return accept({
		type: "created",
		at: command.at,
		by: command.by,
		kind: "direct",
		title: "",
		members,
	});
}

/**
 * Whether a receipt may be said at all; asked at the door, so that the one who said it hears.
 * Numbers below the watermark are lawful and change nothing.
 */
export function checkReceipt(state: Conversation, user: string, seq: number): ConversationDecision {
	const member = state.members.get(user);
	if (state.kind === null || member === undefined) return reject("CONVERSATION_UNKNOWN");
	const last = lastVisible(member.intervals, state.head);
	if (seq <= last) return noChange();
	return member.active
		? reject("RECEIPT_INVALID", `the last message is ${state.head}`)
		: reject("NOT_A_MEMBER");
}

function decideReceipts(
	state: Conversation,
	command: ConversationCommand & { type: "receipts" },
): ConversationDecision {
	const pairs: ReceiptPair[] = [];
	for (const [user, said] of command.said) {
		const member = state.members.get(user);
		if (member === undefined) continue;
		const last = lastVisible(member.intervals, state.head);
		const delivered = Math.min(said.delivered, last);
		const seen = Math.min(said.seen, last);
		if (delivered <= member.delivered && seen <= member.seen) continue;
		pairs.push({
			user,
			delivered: Math.max(delivered, member.delivered),
			deliveredAt: delivered > member.delivered ? command.at : member.deliveredAt,
			seen: Math.max(seen, member.seen),
			seenAt: seen > member.seen ? command.at : member.seenAt,
		});
	}
	const by = pairs[0]?.user;
	return by === undefined ? noChange() : accept({ type: "receipts", at: command.at, by, pairs });
}

function decideExpire(
	state: Conversation,
	command: ConversationCommand & { type: "expire" },
): ConversationDecision {
	const { row } = command;
	const expiresAt = row?.message?.expiresAt ?? null;
	if (row === null || row.state !== "live" || expiresAt === null || expiresAt > command.at) {
		return noChange();
	}
	return accept({
		type: "expired",
		at: command.at,
		by: row.sender,
		seq: row.seq,
		frozen: statusOf(state, row),
	});
}

/** The status of a message as its sender sees it: that of the slowest reader. */
export function statusOf(state: Conversation, row: MessageRow): FrozenStatus {
	if (row.frozen !== null) return row.frozen;
	if (row.withheldFrom !== null) return "sent";
	let delivered = true;
	let seen = true;
	let readers = 0;
	for (const member of state.members.values()) {
		if (member.user === row.sender || !sees(member.intervals, row.seq)) continue;
		readers++;
		if (member.delivered < row.seq) delivered = false;
		if (effectiveSeen(member) < row.seq) seen = false;
	}
	if (readers === 0 || !delivered) return "sent";
	return seen ? "seen" : "delivered";
}

function decideLevel(
	state: Conversation,
	command: ConversationCommand & { type: "level" },
): ConversationDecision {
	const member = state.members.get(command.user);
	if (member === undefined || !member.marked || state.kind === "channel") return noChange();
	if (concern(state, member) > command.position) return noChange();
	return accept({
		type: "levelled",
		at: command.at,
		by: command.user,
		user: command.user,
		position: command.position,
	});
}
