// The operations of servers but for `result`, and the results, field by field [P-11.1], [P-11.2].

import { type ErrorCode, errorTable } from "../base/errors.js";
import { opCode, type PresenceState, type Result, type ServerOp } from "./frames.js";
import { message } from "./message.js";
import { record, variants } from "./record.js";
import { change, entry, id, item, limits, member, watermarks } from "./records.js";
import { bool, list, nullable, type Type, text, uint, word } from "./schema.js";
import { acks, kinds, presences, visibilities } from "./words.js";

const n = uint();

/**
 * The name of an error. One of a newer server reads as `other`: final where it answers an
 * operation, and for the end of a connection the close code decides anyway [P-13.2].
 */
function code(other: ErrorCode): Type<ErrorCode> {
	return {
		...(text() as Type<ErrorCode>),
		read(reader) {
			const name = reader.text(64);
			return Object.hasOwn(errorTable, name) ? (name as ErrorCode) : other;
		},
	};
}

const answerCode = code("BAD_REQUEST");

type PlainOp = Exclude<ServerOp, { type: "result" }>;

export const serverOps = variants<PlainOp>(opCode, {
	welcome: {
		version: n,
		user: id,
		epoch: id,
		session: id,
		current: n,
		generation: n,
		fresh: bool,
		ack: word(acks),
		pid: id,
		node: id,
		now: n,
		expiresAt: n,
		limits,
		name: id,
		picture: id,
		presence: word(visibilities),
	},
	answer: {
		conversation: nullable(id),
		n,
		from: n,
		position: n,
		seq: n,
		at: n,
		text: nullable(id),
	},
	refused: { conversation: nullable(id), n, code: answerCode, detail: id, expected: nullable(n) },
	error: { request: nullable(n), code: answerCode, detail: id },
	message: { conversation: id, from: n, message },
	skip: { conversation: id, from: n, position: n, seq: n },
	status: { conversation: id, from: n, position: n, watermarks },
	changed: { conversation: id, from: n, position: n, at: n, change },
	presence: {
		users: list(
			record<{ user: string; state: PresenceState; lastSeen: number | null }>({
				user: id,
				state: word(presences),
				lastSeen: nullable(n),
			}),
		),
	},
	typed: { conversation: id, user: id, on: bool },
	marks: {
		marks: list(
			record<{ conversation: string; position: number }>({ conversation: id, position: n }),
		),
		last: bool,
	},
	drain: { retryAfterMs: n, url: nullable(id) },
	goodbye: { code: code("INTERNAL"), detail: id, retryAfterMs: n },
});

/** A result's kind is the code of the operation that asked. */
export const results = variants<Result>(opCode, {
	history: { messages: list(message), more: bool },
	list: { entries: list(entry), cursor: nullable(id) },
	pull: { items: list(item), position: n, until: n, done: bool },
	open: { conversation: id },
	refresh: { expiresAt: n },
	ping: { now: n },
	profiles: {
		profiles: list(
			record<{ user: string; name: string; picture: string }>({ user: id, name: id, picture: id }),
		),
	},
	info: {
		kind: word(kinds),
		title: id,
		picture: id,
		description: id,
		link: nullable(id),
		createdAt: n,
		createdBy: id,
		members: n,
		page: list(member),
		cursor: nullable(id),
	},
	logout: {},
	receipts: { delivered: n, seen: n, watermarks },
});
