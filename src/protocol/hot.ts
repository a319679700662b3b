// The operations that make up nearly all traffic, written out by hand: a send and a receipt coming
// in; a message, an answer, a skip and a status going out. Each says exactly what the generic way
// says, only faster (`bench/codec.ts`), and leaves to that way whatever is out of the ordinary.

import { mediaList, mediaType, mentionList } from "./commands.js";
import { type ClientOp, opCode, type ServerOp, type WriteCommand } from "./frames.js";
import * as limits from "./limits.js";
import { message } from "./message.js";
import { readConversation } from "./names.js";
import type { Reader } from "./reader.js";
import { none } from "./schema.js";
import type { Writer } from "./writer.js";

/**
 * A send's fields, of which `left` stand there. The reader says afterwards whether all were right.
 */
export function readSend(reader: Reader, left: number): WriteCommand {
	if (left < 3) reader.refuse("is missing");
	const id = reader.binary(limits.messageIdBytesMin, limits.messageIdBytesMax);
	const contentType = mediaType.read(reader);
	const content = reader.binary(0, reader.contentBytesMax);
	const replyTo = left > 3 ? uintOrNil(reader, 1, Number.MAX_SAFE_INTEGER) : null;
	const mentions = left > 4 && !reader.nil() ? mentionList.read(reader) : none;
	const media = left > 5 && !reader.nil() ? mediaList.read(reader) : none;
	const ttlMs = left > 6 ? uintOrNil(reader, 1, limits.ttlMsMax) : null;
	const { clientTimeMin, clientTimeMax } = limits;
	const clientTime = left > 7 ? uintOrNil(reader, clientTimeMin, clientTimeMax) : null;
	const seenUpTo = left > 8 ? uintOrNil(reader, 0, Number.MAX_SAFE_INTEGER) : null;
	reader.skip(left - 9);
	return {
		type: "send",
		id,
		contentType,
		content,
		replyTo,
		mentions,
		media,
		ttlMs,
		clientTime,
		seenUpTo,
	};
}

function uintOrNil(reader: Reader, min: number, max: number): number | null {
	if (reader.nil()) return null;
	const value = reader.uint();
	if (value < min || value > max) reader.refuse("is out of range");
	return value;
}

/** `delivered` or `seen`. */
export function readReceipt(reader: Reader, code: number, left: number): ClientOp {
	if (left < 2) reader.refuse("is missing");
	const conversation = readConversation(reader);
	const seq = reader.uint();
	return { type: code === opCode.seen ? "seen" : "delivered", conversation, seq };
}

/** Writes the operation if it is one of these. */
export function writeHot(writer: Writer, op: ServerOp): boolean {
	switch (op.type) {
		case "message":
			head(writer, opCode.message, 4, op.conversation, op.from);
			message.write(writer, op.message);
			return true;
		case "answer":
			writer.array(op.text === null ? 7 : 8);
			writer.uint(opCode.answer);
			if (op.conversation === null) writer.nil();
			else writer.text(op.conversation);
			writer.uint(op.n);
			writer.uint(op.from);
			writer.uint(op.position);
			writer.uint(op.seq);
			writer.uint(op.at);
			if (op.text !== null) writer.text(op.text);
			return true;
		case "skip":
			head(writer, opCode.skip, 5, op.conversation, op.from);
			writer.uint(op.position);
			writer.uint(op.seq);
			return true;
		case "status":
			head(writer, opCode.status, 5, op.conversation, op.from);
			writer.uint(op.position);
			writer.array(op.watermarks.length);
			for (const mark of op.watermarks) {
				writer.array(5);
				writer.text(mark.user);
				writer.uint(mark.delivered);
				writer.uint(mark.deliveredAt);
				writer.uint(mark.seen);
				writer.uint(mark.seenAt);
			}
			return true;
		default:
			return false;
	}
}

function head(writer: Writer, code: number, count: number, conversation: string, from: number) {
	writer.array(count);
	writer.uint(code);
	writer.text(conversation);
	writer.uint(from);
}
