// The records of a message and its body [P-10.2], written out by hand: they are in nearly every
// frame, and this takes a third of the time of the generic record. Their fields stand in the same
// order in docs/protocol.md, whose vectors hold both to the same bytes.

import type { Body, Media, WireMessage } from "./frames.js";
import type { Reader } from "./reader.js";
import { record } from "./record.js";
import { bytes, hex16, lax, none, type Type, text, uint, word } from "./schema.js";
import { states, statuses } from "./words.js";

const unbounded = Number.MAX_SAFE_INTEGER;
const id = text();

const media = lax(
	record<Media>({ hash: bytes(), size: uint(), contentType: id, name: id, ticket: bytes() }),
);
const mentions = lax(id);
const reactions = lax(record<{ user: string; emoji: string }>({ user: id, emoji: id }));
const state = word(states);
const status = word(statuses);

function uintOrNil(reader: Reader): number | null {
	return reader.nil() ? null : reader.uint();
}

export const body: Type<Body> = {
	read(reader) {
		const left = reader.array();
		if (left < 3) reader.refuse("is too short");
		const value: Body = {
			id: reader.binary(0, unbounded),
			contentType: reader.text(unbounded),
			content: reader.binary(0, unbounded),
			replyTo: left > 3 ? uintOrNil(reader) : null,
			mentions: left > 4 ? mentions.read(reader) : none,
			media: left > 5 ? media.read(reader) : none,
		};
		reader.skip(left - 6);
		return value;
	},
	write(writer, value) {
		let count = 3;
		if (value.media.length > 0) count = 6;
		else if (value.mentions.length > 0) count = 5;
		else if (value.replyTo !== null) count = 4;
		writer.array(count);
		writer.binary(value.id);
		writer.text(value.contentType);
		writer.binary(value.content);
		if (count > 3) writer.uintOrNil(value.replyTo);
		if (count > 4) mentions.write(writer, value.mentions);
		if (count > 5) media.write(writer, value.media);
	},
	missing: undefined,
	absent: () => false,
};

export const message: Type<WireMessage> = {
	read(reader) {
		const left = reader.array();
		if (left < 6) reader.refuse("is too short");
		const value: WireMessage = {
			seq: reader.uint(),
			position: reader.uint(),
			changed: reader.uint(),
			at: reader.uint(),
			sender: reader.text(unbounded),
			state: state.read(reader),
			body: left <= 6 || reader.nil() ? null : body.read(reader),
			editedAt: left > 7 ? uintOrNil(reader) : null,
			expiresAt: left > 8 ? uintOrNil(reader) : null,
			clientTime: left > 9 ? uintOrNil(reader) : null,
			frozen: left <= 10 || reader.nil() ? null : status.read(reader),
			outbox: left <= 11 || reader.nil() ? null : hex16.read(reader),
			n: left > 12 ? uintOrNil(reader) : null,
			reactions: left > 13 ? reactions.read(reader) : none,
			id: left <= 14 || reader.nil() ? null : reader.binary(0, unbounded),
		};
		reader.skip(left - 15);
		return value;
	},
	write(writer, value) {
		const count = countOf(value);
		writer.array(count);
		writer.uint(value.seq);
		writer.uint(value.position);
		writer.uint(value.changed);
		writer.uint(value.at);
		writer.text(value.sender);
		state.write(writer, value.state);
		if (count > 6) {
			if (value.body === null) writer.nil();
			else body.write(writer, value.body);
		}
		if (count > 7) writer.uintOrNil(value.editedAt);
		if (count > 8) writer.uintOrNil(value.expiresAt);
		if (count > 9) writer.uintOrNil(value.clientTime);
		if (count > 10) {
			if (value.frozen === null) writer.nil();
			else status.write(writer, value.frozen);
		}
		if (count > 11) {
			if (value.outbox === null) writer.nil();
			else hex16.write(writer, value.outbox);
		}
		if (count > 12) writer.uintOrNil(value.n);
		if (count > 13) reactions.write(writer, value.reactions);
		if (value.id !== null) writer.binary(value.id);
	},
	missing: undefined,
	absent: () => false,
};

/** Fields up to the last one that is not nil. */
function countOf(value: WireMessage): number {
	if (value.id !== null) return 15;
	if (value.reactions.length > 0) return 14;
	if (value.n !== null) return 13;
	if (value.outbox !== null) return 12;
	if (value.frozen !== null) return 11;
	if (value.clientTime !== null) return 10;
	if (value.expiresAt !== null) return 9;
	if (value.editedAt !== null) return 8;
	return value.body === null ? 6 : 7;
}
