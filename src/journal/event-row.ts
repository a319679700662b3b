// Event rows: one MessagePack array per event, [type code, at, by, write, fields…], behind a
// version byte. `sent` and `receipts` have no row of their own: the message's row and the members'
// watermark rows carry their position, and recovery makes the events from them again.

import { pack, unpack } from "../base/pack.js";
import type { ConversationEvent, UserEvent, Write } from "../domain/event.js";
import { writer } from "./bytes.js";
import { crcBytes, damaged, decoding, sound } from "./check.js";
import { type EntityKind, eventKey } from "./keys.js";
import type { RowsOut } from "./message-row.js";
import { eventVersion, type Fields, upcast } from "./upcast.js";

export type EntityEvent = ConversationEvent | UserEvent;
export type RowlessEvent = Extract<ConversationEvent, { type: "sent" | "receipts" }>;
type RowEvent = Exclude<EntityEvent, RowlessEvent>;
type Type = RowEvent["type"];

/** Codes are stored: append only. The names are the fields in their stored order. */
const layouts: { readonly [T in Type]: readonly [code: number, ...fields: FieldOf<T>[]] } = {
	created: [1, "kind", "title", "members"],
	edited: [2, "seq"],
	deleted: [3, "seq"],
	expired: [4, "seq", "frozen"],
	hidden: [5, "seq"],
	reacted: [6, "seq", "emoji"],
	added: [7, "users", "via"],
	removed: [8, "users"],
	role: [9, "user", "role"],
	described: [10, "title", "picture", "description"],
	link: [11, "link"],
	muted: [12, "until"],
	blocked: [13, "on"],
	levelled: [14, "user", "position"],
	registered: [32],
	"device-current": [33, "device", "generation", "outbox"],
	"device-listed": [34, "device"],
	"device-dropped": [35, "device", "reason"],
	"device-held": [36, "device", "held"],
	profiled: [38, "name", "picture"],
	privacy: [39, "presence"],
	revoked: [40, "before", "device"],
	"device-seen": [41, "device"],
};

type FieldOf<T extends Type> = Exclude<
	keyof Extract<RowEvent, { type: T }>,
	"type" | "at" | "by" | "write" | (T extends "edited" ? "message" : never)
>;

const byCode = new Map<number, readonly [Type, readonly string[]]>(
	(Object.keys(layouts) as Type[]).map((type) => {
		const [code, ...fields] = layouts[type];
		return [code, [type, fields]];
	}),
);

/** Lists inside an event are stored as arrays of values, not of maps with their field names. */
const inner: Readonly<Record<string, readonly string[]>> = {
	members: ["user", "role"],
	held: ["conversation", "position"],
};

export function hasEventRow(event: EntityEvent): event is RowEvent {
	return event.type !== "sent" && event.type !== "receipts";
}

/** Appends the event's row; nothing for `sent` and `receipts`. */
export function appendEvent(
	out: RowsOut,
	entity: EntityKind,
	id: string,
	position: number,
	event: EntityEvent,
): void {
	if (!hasEventRow(event)) return;
	const [code, ...names] = layouts[event.type];
	const fields: unknown[] = [code, event.at, event.by, packWrite(event.write)];
	const values = event as unknown as Record<string, unknown>;
	for (const name of names) fields.push(packField(name, values[name]));
	const packed = pack(fields);
	out.keys.push(eventKey(entity, id, position, packed.length + 1 + crcBytes));
	writer.u8(eventVersion);
	writer.bytes(packed);
	out.values.push(writer.value());
}

function packWrite(write: Write | undefined): unknown {
	if (write === undefined) return null;
	return [Buffer.from(write.outbox, "hex"), write.n, write.answered, write.hash];
}

function packField(name: string, value: unknown): unknown {
	const columns = inner[name];
	if (columns === undefined) return value;
	return (value as Record<string, unknown>[]).map((item) => columns.map((column) => item[column]));
}

function unpackField(name: string, value: unknown): unknown {
	const columns = inner[name];
	if (columns === undefined) return value;
	return (value as unknown[][]).map((item) =>
		Object.fromEntries(columns.map((column, i) => [column, item[i]])),
	);
}

/** Errors: JOURNAL_DAMAGED naming the row; JOURNAL_FORMAT. */
export function decodeEvent(key: Uint8Array, value: Uint8Array): EntityEvent {
	if (!sound(key, value)) throw damaged(key, "its checksum does not match");
	return decoding(key, () => {
		const packed = unpack(value.subarray(1, value.length - crcBytes));
		const fields = upcast(value[0] as number, packed as Fields);
		const layout = byCode.get(fields[0] as number);
		if (layout === undefined) throw new RangeError(`no event has code ${String(fields[0])}`);
		const [type, names] = layout;
		if (fields.length !== names.length + 4) throw new RangeError("wrong number of fields");
		const event: Record<string, unknown> = { type, at: fields[1], by: fields[2] };
		const write = fields[3] as [Uint8Array, number, number, number] | null;
		if (write !== null) {
			const [outbox, n, answered, hash] = write;
			event.write = { outbox: Buffer.from(outbox).toString("hex"), n, answered, hash };
		}
		names.forEach((name, i) => {
			event[name] = unpackField(name, fields[i + 4]);
		});
		if (type === "edited") event.message = null;
		return event as unknown as EntityEvent;
	});
}
