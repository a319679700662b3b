// A write off the wire: its place in the outbox, its command, and the fingerprint of the command's
// bytes. A command that is not valid is a final refusal of its number, so that the outbox moves on.

import type { ErrorCode } from "../base/errors.js";
import { directSeparator } from "../base/ids.js";
import { commands, isOwn } from "./commands.js";
import type { DecodedOp, InvalidOp } from "./decode-client.js";
import { fingerprint } from "./fingerprint.js";
import { commandCode, type WriteCommand } from "./frames.js";
import { readSend } from "./hot.js";
import { readConversation } from "./names.js";
import type { Reader } from "./reader.js";
import { readFields } from "./record.js";

/**
 * The longest id that was not valid and is still said back, so that its write finds its refusal.
 */
const echoBytesMax = 1_024;

/** After the operation's code; `left` is how many elements follow. */
export function readWrite(reader: Reader, left: number): DecodedOp {
	if (left < 2) return unaddressed("write.n is missing", "BAD_REQUEST");
	const from = reader.at;
	let conversation = reader.nil() ? null : readConversation(reader);
	const badId = reader.code;
	if (badId !== null) {
		const echo = echoOf(reader, from);
		if (echo === null) return unaddressed(`write.conversation ${reader.why}`, badId);
		conversation = echo;
	}
	const n = reader.uint();
	if (reader.code !== null || n === 0)
		return unaddressed("write.n is no number from 1 up", "BAD_REQUEST");
	if (badId !== null)
		return refused(conversation, n, badId, "write.conversation breaks the rule for ids");
	if (left < 4) return refused(conversation, n, "BAD_REQUEST", "write.command is missing");
	const answered = reader.uint();
	if (reader.code !== null || answered >= n) {
		return refused(conversation, n, "BAD_REQUEST", "write.answered is no number below n");
	}
	const commandFrom = reader.at;
	const command = readCommand(reader, conversation);
	if (command === null) {
		const path = reader.path === "" ? "" : `${reader.path} `;
		return refused(conversation, n, reader.code ?? "BAD_REQUEST", `${path}${reader.why}`);
	}
	const hash = fingerprint(reader.bytes, commandFrom, reader.at);
	return { type: "write", conversation, n, answered, command, hash };
}

/** Null when refused: the reader knows why. */
function readCommand(reader: Reader, conversation: string | null): WriteCommand | null {
	const count = reader.array();
	const code = count === 0 ? -1 : reader.uint();
	if (reader.code !== null || code < 0) {
		reader.refuse("is empty");
		reader.within("command");
		return null;
	}
	const found = commands.byCode[code];
	if (found === undefined) {
		reader.refuse(`command ${code}`, "OP_UNKNOWN");
		return null;
	}
	const from = reader.at;
	if (code === commandCode.send && conversation !== null) {
		const send = readSend(reader, count - 1);
		if (reader.code === null) return send;
		// The long way says which field was wrong.
		reader.start(reader.bytes, from);
	}
	const target: Record<string, unknown> = { type: found.type };
	readFields(reader, found.rows, count - 1, target);
	if (reader.code === null) checkTarget(reader, conversation, found.type as WriteCommand["type"]);
	if (reader.code === null) return target as unknown as WriteCommand;
	reader.within(found.type);
	return null;
}

/** Whether the command may be said to this entity at all. */
function checkTarget(
	reader: Reader,
	conversation: string | null,
	type: WriteCommand["type"],
): void {
	if (isOwn(type) !== (conversation === null)) {
		reader.refuse(conversation === null ? "needs a conversation" : "goes to no conversation");
	} else if (type === "create" && conversation?.includes(directSeparator)) {
		reader.refuse("names a direct conversation, which is opened instead", "ID_INVALID");
	}
}

/**
 * The text at `from` as it was said, with the reader behind it; null when it is none, or endless.
 */
function echoOf(reader: Reader, from: number): string | null {
	reader.code = null;
	reader.at = from;
	const text = reader.text(echoBytesMax);
	const found = reader.code === null;
	return found ? text : null;
}

function refused(
	conversation: string | null,
	n: number,
	code: ErrorCode,
	detail: string,
): InvalidOp {
	return {
		type: "invalid",
		op: "write",
		answer: { type: "refused", conversation, n, code, detail, expected: null },
	};
}

function unaddressed(detail: string, code: ErrorCode): InvalidOp {
	return {
		type: "invalid",
		op: "write",
		answer: { type: "error", request: null, code, detail },
	};
}
