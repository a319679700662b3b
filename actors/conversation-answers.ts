// Answers that a conversation gives from its state without changing it.

import type { ErrorCode } from "../src/base/errors.js";
import { type Conversation, effectiveSeen } from "../src/domain/conversation.js";
import { watermark } from "../src/domain/conversation-react.js";
import type { MessageRow } from "../src/domain/index-row.js";
import { sees } from "../src/domain/visibility.js";
import type { Result, WireMember, WireWatermark } from "../src/protocol/frames.js";
import type { SessionInfo } from "./port.js";

export type Answer =
	| { readonly ok: true; readonly result: Result }
	| { readonly ok: false; readonly code: ErrorCode; readonly detail: string };

function no(code: ErrorCode, detail = ""): Answer {
	return { ok: false, code, detail };
}

/** The conversation's facts and a page of its members in id order. */
export function conversationInfo(
	state: Conversation,
	asked: { readonly session: SessionInfo; readonly cursor: string | null; readonly limit: number },
): Answer {
	const member = state.members.get(asked.session.user);
	if (state.kind === null || member === undefined) return no("CONVERSATION_UNKNOWN");
	if (!member.active) return no("NOT_A_MEMBER");
	const { cursor, limit } = asked;
	const users = [...state.activeUsers].sort();
	const start = cursor === null ? 0 : users.findIndex((user) => user > cursor);
	const shown = start < 0 ? [] : users.slice(start, start + limit);
	const page: WireMember[] = shown.map((user) => ({
		user,
		role: state.members.get(user)?.role ?? "member",
	}));
	const last = shown[shown.length - 1];
	const more = last !== undefined && start + shown.length < users.length;
	return {
		ok: true,
		result: {
			type: "info",
			kind: state.kind,
			title: state.title,
			picture: state.picture,
			description: state.description,
			link: member.role === "member" ? null : state.link,
			createdAt: state.createdAt,
			createdBy: state.createdBy,
			members: state.active,
			page,
			cursor: more ? last : null,
		},
	};
}

/** Who has a message: counts, and in direct conversations and groups each reader's watermark. */
export function receiptsOf(
	state: Conversation,
	asked: { readonly session: SessionInfo; readonly seq: number },
	row: MessageRow | null,
): Answer {
	const { user } = asked.session;
	const member = state.members.get(user);
	if (state.kind === null || member === undefined) return no("CONVERSATION_UNKNOWN");
	if (!member.active) return no("NOT_A_MEMBER");
	if (row === null || !sees(member.intervals, row.seq) || row.withheldFrom === user) {
		return no("MESSAGE_UNKNOWN");
	}
	const moderates = state.kind === "channel" && member.role !== "member";
	if (row.sender !== user && !moderates) return no("NOT_ALLOWED", "only the sender");
	let delivered = 0;
	let seen = 0;
	const watermarks: WireWatermark[] = [];
	for (const reader of state.members.values()) {
		if (reader.user === row.sender || !sees(reader.intervals, row.seq)) continue;
		// Who came later may read it, but was never waited for.
		if (reader.intervals.every((one) => one.fromPosition > row.position)) continue;
		if (row.frozen !== null || row.withheldFrom === reader.user) continue;
		if (reader.delivered >= row.seq) delivered++;
		if (effectiveSeen(reader) >= row.seq) seen++;
		if (state.kind !== "channel") watermarks.push(watermark(reader));
	}
	return { ok: true, result: { type: "receipts", delivered, seen, watermarks } };
}
