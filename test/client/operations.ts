// Operations with everything in them that a test does not care about.

import type {
	ListEntry,
	ServerOp,
	WireMessage,
	WriteCommand,
	WriteOp,
} from "../../src/protocol/frames.js";
import { hollow } from "../../src/protocol/hollow.js";

export const outboxOne = "0123456789abcdef0123456789abcdef";
export const me = "ann";

export function welcomeOp(
	generation: number,
	window: number,
): Extract<ServerOp, { type: "welcome" }> {
	return {
		type: "welcome",
		version: 1,
		user: me,
		epoch: "e1",
		session: "s1",
		current: generation - 1,
		generation,
		fresh: false,
		ack: "fsync",
		pid: "n1/1/1",
		node: "n1",
		now: 1_700_000_000_000,
		expiresAt: 1_800_000_000_000,
		limits: {
			frameBytes: 65_536,
			contentBytes: 65_536,
			window,
			pageItems: 100,
			pulseMs: 5_000,
		},
		name: "",
		picture: "",
		presence: "everyone",
	};
}

export function text(content: string): WriteCommand & { type: "send" } {
	return {
		type: "send",
		id: new TextEncoder().encode(content.padEnd(8, "-").slice(0, 16)),
		contentType: "text/plain",
		content: new TextEncoder().encode(content),
		replyTo: null,
		mentions: [],
		media: [],
		ttlMs: null,
		clientTime: null,
		seenUpTo: null,
	};
}

export function row(seq: number, changes: Partial<WireMessage> = {}): WireMessage {
	const position = changes.position ?? seq;
	const { ttlMs: _, clientTime: __, seenUpTo: ___, type: ____, ...body } = text(`m${seq}`);
	return {
		...hollow(seq, position, position),
		at: 1_700_000_000_000 + seq,
		sender: "bob",
		state: "live",
		body,
		...changes,
	};
}

export function pushed(conversation: string, seq: number, changes: Partial<WireMessage> = {}) {
	const message = row(seq, changes);
	return { type: "message", conversation, from: message.position - 1, message } as const;
}

/** The answer to a write: message `seq` at the same position. */
export function answer(
	op: WriteOp,
	seq: number,
	changes: Partial<Extract<ServerOp, { type: "answer" }>> = {},
): Extract<ServerOp, { type: "answer" }> {
	const { conversation, n } = op;
	const from = seq - 1;
	return {
		type: "answer",
		conversation,
		n,
		from,
		position: seq,
		seq,
		at: 1_700_000_000_000 + seq,
		text: null,
		...changes,
	};
}

export function refusal(
	op: WriteOp,
	code: Extract<ServerOp, { type: "refused" }>["code"],
	expected: number | null = null,
): Extract<ServerOp, { type: "refused" }> {
	return {
		type: "refused",
		conversation: op.conversation,
		n: op.n,
		code,
		detail: "",
		expected,
	};
}

export function entry(conversation: string, changes: Partial<ListEntry> = {}): ListEntry {
	return {
		conversation,
		kind: "group",
		title: "",
		picture: "",
		role: "member",
		mutedUntil: 0,
		head: 0,
		position: 0,
		start: 0,
		delivered: 0,
		seen: 0,
		unread: 0,
		last: null,
		...changes,
	};
}
