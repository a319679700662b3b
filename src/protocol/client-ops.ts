// The operations of clients but for `write`, field by field [P-9.1]. Which of them are requests is
// told by their first field.

import { type ClientOp, opCode, type WriteOp } from "./frames.js";
import * as limits from "./limits.js";
import { record, type VariantFields, variants } from "./record.js";
import {
	bool,
	conversation,
	device,
	hex16,
	list,
	nullable,
	optional,
	type Type,
	text,
	uint,
	user,
} from "./schema.js";

type PlainOp = Exclude<ClientOp, WriteOp>;

const request = uint();
const cursor = nullable(text(limits.cursorBytesMax));
const seq = uint();
const users = list(user, limits.usersMax);
const token = text(limits.tokenBytesMax);

/** Left out: as many as a page holds. Too many is no error, since a page may always hold less. */
const limit: Type<number> = {
	read(reader) {
		if (reader.nil()) return limits.pageItemsMax;
		const value = reader.uint();
		if (value === 0) reader.refuse("asks for nothing");
		return Math.min(value, limits.pageItemsMax);
	},
	write: (writer, value) => writer.uint(value),
	missing: limits.pageItemsMax,
	absent: () => false,
};

const fields: VariantFields<PlainOp> = {
	hello: {
		version: uint(),
		token,
		device,
		accepted: uint(),
		offered: uint(),
		outbox: hex16,
		client: optional(text(limits.clientBytesMax), ""),
	},
	ready: { generation: uint() },
	delivered: { conversation, seq },
	seen: { conversation, seq },
	history: { request, conversation, before: nullable(uint()), limit },
	list: { request, cursor, limit },
	listed: {},
	pull: {
		request,
		conversation,
		position: uint(),
		until: nullable(uint()),
		limit,
		fresh: optional(bool, false),
	},
	held: {
		held: list(
			record<{ conversation: string; position: number }>({ conversation, position: uint() }),
			limits.heldMax,
		),
	},
	open: { request, user },
	watch: { users },
	unwatch: { users },
	typing: { conversation, on: bool },
	pulse: { active: bool },
	refresh: { request, token },
	ping: { request },
	profiles: { request, users },
	info: { request, conversation, cursor, limit },
	logout: { request, device: nullable(device) },
	receipts: { request, conversation, seq: uint(1) },
};

export const clientOps = variants<PlainOp>(opCode, fields);
