// A message's row in bytes: the most frequent row by far, so its form is written by hand. What
// visibility, unread counts and recovery ask for stands first and is read without the content.
// docs/storage.md has the table; test/journal/vectors.test.ts holds it to the byte.

import type { Content, FrozenStatus, MediaReference, Write } from "../domain/event.js";
import type { MessageRow } from "../domain/index-row.js";
import { type RowReader, writer } from "./bytes.js";
import { decoding, openRow } from "./check.js";
import { messageKey, numberOf } from "./keys.js";

const version = 1;

const states = ["live", "deleted", "expired"] as const;
const frozenStates = [null, "sent", "delivered", "seen"] as const;
/** Codes are stored: append only. 0 is any other type, written out. */
const contentTypes = [
	"",
	"text/plain",
	"text/markdown",
	"application/json",
	"application/octet-stream",
	"text/plain; charset=utf-8",
	"application/vnd.msgpack",
] as const;

// First flag byte; the low two bits are the state, bits 4–5 the frozen status.
const edited = 0x04;
const withheld = 0x08;
const carriesSeen = 0x40;
const hasMessage = 0x80;
// Second flag byte: which optional fields of the content follow.
const hasReply = 0x01;
const hasMentions = 0x02;
const hasMedia = 0x04;
const hasExpiry = 0x08;
/** The client's time as a distance from `at`: behind, or ahead; or as it stands. */
const clientBehind = 0x10;
const clientAhead = 0x20;
const clientFloat = 0x30;
const hasReactions = 0x40;

/** Room for everything but texts and bytes of unbounded length. */
const fixedBytesMax = 160;

/** What is read without the content. */
export interface MessageHeader {
	readonly seq: number;
	readonly position: number;
	readonly changed: number;
	readonly at: number;
	readonly sender: string;
	readonly state: MessageRow["state"];
	readonly withheldFrom: string | null;
}

export interface RowsOut {
	readonly keys: Uint8Array[];
	readonly values: (Uint8Array | null)[];
}

/** Appends the row to a write set. Errors: RangeError for numbers that no row can hold. */
export function appendMessage(out: RowsOut, conversation: string, row: MessageRow): void {
	out.keys.push(messageKey(conversation, row.seq, room(row)));
	writer.u8(version);
	writer.u8(flags(row));
	writer.varint(row.position);
	writer.varint(row.changed - row.position);
	writer.u48(row.at);
	putSender(conversation, row.sender);
	if (row.withheldFrom !== null) writer.string(row.withheldFrom);
	putWrite(row.write);
	if (row.editedAt !== null) writer.u48(row.editedAt);
	if (row.seenUpTo !== null) writer.varint(row.seenUpTo);
	if (row.message !== null) putContent(row.message, row.at, row.reacted);
	// A row without content has its send's id to the end; those of 0.1 had none.
	else if (row.id !== null) writer.bytes(row.id);
	out.values.push(writer.value());
}

function room(row: MessageRow): number {
	let bytes = fixedBytesMax + row.sender.length * 3 + (row.withheldFrom?.length ?? 0) * 3;
	const message = row.message;
	if (message === null) return bytes + (row.id?.length ?? 0);
	bytes += message.id.length + message.contentType.length * 3 + message.content.length;
	for (const user of message.mentions) bytes += 8 + user.length * 3;
	for (const it of message.media) {
		bytes += 40 + it.hash.length + it.ticket.length + (it.contentType.length + it.name.length) * 3;
	}
	return bytes;
}

function flags(row: MessageRow): number {
	let bits: number = states.indexOf(row.state);
	bits |= frozenStates.indexOf(row.frozen) << 4;
	if (row.editedAt !== null) bits |= edited;
	if (row.withheldFrom !== null) bits |= withheld;
	if (row.seenUpTo !== null) bits |= carriesSeen;
	if (row.message !== null) bits |= hasMessage;
	return bits;
}

/**
 * A direct conversation's id names its two members around a "~" that no user id may hold, so there
 * a sender is one byte, 0 or 1; elsewhere the id follows its length + 2.
 */
function putSender(conversation: string, sender: string): void {
	const length = sender.length;
	if (conversation.charCodeAt(length) === 126 && conversation.startsWith(sender)) writer.u8(0);
	else if (
		conversation.charCodeAt(conversation.length - length - 1) === 126 &&
		conversation.endsWith(sender)
	) {
		writer.u8(1);
	} else {
		writer.varint(Buffer.byteLength(sender) + 2);
		writer.text(sender);
	}
}

function getSender(reader: RowReader, conversation: string): string {
	const code = reader.varint();
	if (code > 1) return reader.text(code - 2);
	const at = conversation.indexOf("~");
	return code === 0 ? conversation.slice(0, at) : conversation.slice(at + 1);
}

function putWrite(write: Write): void {
	if (write.outbox.length !== 32) throw new RangeError("an outbox name has 32 hex digits");
	writer.hex(write.outbox);
	writer.varint(write.n);
	writer.varint(write.answered);
	writer.varint(write.hash);
}

function getWrite(reader: RowReader): Write {
	const outbox = reader.hex(16);
	return { outbox, n: reader.varint(), answered: reader.varint(), hash: reader.varint() };
}

function putContent(message: Content, at: number, reacted: number): void {
	const behind = Number.isSafeInteger(message.clientTime)
		? at - (message.clientTime as number)
		: Number.NaN;
	writer.u8(contentFlags(message, behind) | (reacted > 0 ? hasReactions : 0));
	writer.varint(message.id.length);
	writer.bytes(message.id);
	const code = contentTypes.indexOf(message.contentType as (typeof contentTypes)[number], 1);
	writer.u8(Math.max(code, 0));
	if (code < 0) writer.string(message.contentType);
	if (message.replyTo !== null) writer.varint(message.replyTo);
	if (message.mentions.length > 0) {
		writer.varint(message.mentions.length);
		for (const user of message.mentions) writer.string(user);
	}
	if (message.media.length > 0) {
		writer.varint(message.media.length);
		for (const reference of message.media) putMedia(reference);
	}
	if (message.expiresAt !== null) writer.u48(message.expiresAt);
	if (message.clientTime !== null) {
		if (Number.isSafeInteger(behind)) writer.varint(Math.abs(behind));
		else writer.f64(message.clientTime);
	}
	if (reacted > 0) writer.varint(reacted);
	// Last and without a length: it fills the row.
	writer.bytes(message.content);
}

function contentFlags(message: Content, behind: number): number {
	let bits = 0;
	if (message.replyTo !== null) bits |= hasReply;
	if (message.mentions.length > 0) bits |= hasMentions;
	if (message.media.length > 0) bits |= hasMedia;
	if (message.expiresAt !== null) bits |= hasExpiry;
	if (message.clientTime === null) return bits;
	if (!Number.isSafeInteger(behind)) return bits | clientFloat;
	return bits | (behind < 0 ? clientAhead : clientBehind);
}

function putMedia(reference: MediaReference): void {
	writer.varint(reference.hash.length);
	writer.bytes(reference.hash);
	writer.varint(reference.size);
	writer.string(reference.contentType);
	writer.string(reference.name);
	writer.varint(reference.ticket.length);
	writer.bytes(reference.ticket);
}

function getMedia(reader: RowReader): MediaReference {
	const hash = reader.slice(reader.varint());
	const size = reader.varint();
	const contentType = reader.string();
	const name = reader.string();
	return { hash, size, contentType, name, ticket: reader.slice(reader.varint()) };
}

interface Counted {
	readonly message: Content | null;
	readonly reacted: number;
}

const tombstone: Counted = { message: null, reacted: 0 };

function getContent(reader: RowReader, at: number): Counted {
	const bits = reader.u8();
	const id = reader.slice(reader.varint());
	const code = reader.u8();
	const contentType = code === 0 ? reader.string() : contentTypes[code];
	if (contentType === undefined) throw new RangeError(`no content type has code ${code}`);
	const replyTo = bits & hasReply ? reader.varint() : null;
	const mentions: string[] = [];
	if (bits & hasMentions) {
		for (let rest = reader.varint(); rest > 0; rest -= 1) mentions.push(reader.string());
	}
	const media: MediaReference[] = [];
	if (bits & hasMedia) {
		for (let rest = reader.varint(); rest > 0; rest -= 1) media.push(getMedia(reader));
	}
	const expiresAt = bits & hasExpiry ? reader.u48() : null;
	let clientTime: number | null = null;
	if ((bits & clientFloat) === clientFloat) clientTime = reader.f64();
	else if (bits & clientBehind) clientTime = at - reader.varint();
	else if (bits & clientAhead) clientTime = at + reader.varint();
	const reacted = bits & hasReactions ? reader.varint() : 0;
	const content = reader.rest();
	const message = { id, contentType, content, replyTo, mentions, media, expiresAt, clientTime };
	return { message, reacted };
}

function getHeader(
	key: Uint8Array,
	reader: RowReader,
	bits: number,
	conversation: string,
): MessageHeader {
	const position = reader.varint();
	const changed = position + reader.varint();
	const at = reader.u48();
	const sender = getSender(reader, conversation);
	const state = states[bits & 3];
	if (state === undefined) throw new RangeError("no such state");
	const withheldFrom = bits & withheld ? reader.string() : null;
	return { seq: numberOf(key), position, changed, at, sender, state, withheldFrom };
}

/** Errors: JOURNAL_DAMAGED, JOURNAL_FORMAT. */
export function decodeMessageHeader(
	key: Uint8Array,
	value: Uint8Array,
	conversation: string,
): MessageHeader {
	return decoding(key, () => {
		const reader = openRow(key, value, version);
		return getHeader(key, reader, reader.u8(), conversation);
	});
}

/** The content is a view of `value`. Errors: JOURNAL_DAMAGED, JOURNAL_FORMAT. */
export function decodeMessage(
	key: Uint8Array,
	value: Uint8Array,
	conversation: string,
): MessageRow {
	return decoding(key, () => {
		const reader = openRow(key, value, version);
		const bits = reader.u8();
		const header = getHeader(key, reader, bits, conversation);
		const write = getWrite(reader);
		const editedAt = bits & edited ? reader.u48() : null;
		const seenUpTo = bits & carriesSeen ? reader.varint() : null;
		const frozen = frozenStates[(bits >> 4) & 3] as FrozenStatus | null;
		const { message, reacted } = bits & hasMessage ? getContent(reader, header.at) : tombstone;
		const id = message === null && reader.at < reader.end ? reader.rest() : null;
		if (reader.at !== reader.end) throw new RangeError("bytes are left over");
		const { seq, position, changed, at, sender, state, withheldFrom } = header;
		// Written out: spreading the header here cost 10 µs a row, ten times all the rest.
		return {
			seq,
			position,
			changed,
			at,
			sender,
			write,
			state,
			message,
			id,
			editedAt,
			withheldFrom,
			frozen,
			seenUpTo,
			reacted,
		};
	});
}
