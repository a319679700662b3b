// The other rows' values: the index rows that the domain asks for, snapshots and floors. Watermarks
// are written by hand because every receipt writes one; the rest are MessagePack arrays behind a
// version byte. All end with the checksum over key and value.

import { pack, unpack } from "../base/pack.js";
import type { Interval } from "../domain/event.js";
import type { IndexRow, InfoRow, MemberRow, UserRow, WatermarkRow } from "../domain/index-row.js";
import { writer } from "./bytes.js";
import { crcBytes, decoding, openRow } from "./check.js";
import * as keys from "./keys.js";
import { appendMessage, type RowsOut } from "./message-row.js";

const version = 1;
const watermarkBytesMax = 64;

/** Appends one index row, or the deletion that it asks for. */
export function appendIndexRow(out: RowsOut, row: IndexRow): void {
	switch (row.type) {
		case "message":
			appendMessage(out, row.conversation, row.row);
			break;
		case "watermark":
			appendWatermark(out, row.conversation, row.user, row.row);
			break;
		default:
			appendPacked(out, fieldsOfRow(row), (room) => keyOfRow(row, room));
	}
}

type PackedRow = Exclude<IndexRow, { type: "message" | "watermark" }>;

/** Null: the row is deleted. Rows that say all by being there have no field. */
function fieldsOfRow(row: PackedRow): readonly unknown[] | null {
	switch (row.type) {
		case "member":
			return memberFields(row.row);
		case "info":
			return infoFields(row.row);
		case "user":
			return userFields(row.row);
		case "reaction":
			return row.emoji === null ? null : [row.emoji];
		case "hidden":
			return [];
		case "pending":
		case "blocked":
		case "expiry":
		case "reference":
			return row.on ? [] : null;
		case "loose":
			return [];
		default:
			return row satisfies never;
	}
}

function keyOfRow(row: PackedRow, room: number): Uint8Array {
	switch (row.type) {
		case "member":
			return keys.memberKey(row.user, row.conversation, room);
		case "info":
			return keys.infoKey(row.conversation, room);
		case "user":
			return keys.userKey(row.user, room);
		case "reaction":
			return keys.reactionKey(row.conversation, row.seq, row.user, room);
		case "hidden":
			return keys.hiddenKey(row.user, row.conversation, row.seq, room);
		case "pending":
			return keys.pendingKey(row.user, row.conversation, room);
		case "blocked":
			return keys.blockedKey(row.user, row.other, room);
		case "expiry":
			return keys.expiryKey(row.at, row.conversation, row.seq, room);
		case "reference":
			return keys.referenceKey(row.hash, row.conversation, row.seq, room);
		case "loose":
			return keys.looseKey(row.hash, row.at, room);
		default:
			return row satisfies never;
	}
}

/** Null deletes. Rows through here are rare, so a closure each is no matter. */
function appendPacked(
	out: RowsOut,
	fields: readonly unknown[] | null,
	key: (room: number) => Uint8Array,
): void {
	if (fields === null) {
		out.keys.push(key(0));
		out.values.push(null);
		return;
	}
	const packed = pack(fields);
	out.keys.push(key(packed.length + 1 + crcBytes));
	writer.u8(version);
	writer.bytes(packed);
	out.values.push(writer.value());
}

/** The fields of a MessagePack row. Errors: JOURNAL_DAMAGED, JOURNAL_FORMAT. */
function fieldsOf(key: Uint8Array, value: Uint8Array): readonly unknown[] {
	return decoding(key, () => {
		const fields = unpack(openRow(key, value, version).rest());
		if (!Array.isArray(fields)) throw new RangeError("not a list of fields");
		return fields;
	});
}

export function appendWatermark(
	out: RowsOut,
	conversation: string,
	user: string,
	row: WatermarkRow,
): void {
	out.keys.push(keys.watermarkKey(conversation, user, watermarkBytesMax));
	writer.u8(version);
	writer.varint(row.position);
	writer.varint(row.delivered);
	writer.u48(row.deliveredAt);
	writer.varint(row.seen);
	writer.u48(row.seenAt);
	out.values.push(writer.value());
}

export function decodeWatermark(key: Uint8Array, value: Uint8Array): WatermarkRow {
	return decoding(key, () => {
		const reader = openRow(key, value, version);
		const position = reader.varint();
		const delivered = reader.varint();
		const deliveredAt = reader.u48();
		const seen = reader.varint();
		return { position, delivered, deliveredAt, seen, seenAt: reader.u48() };
	});
}

function memberFields(row: MemberRow): unknown[] {
	const intervals = row.intervals.map((it) => [it.from, it.fromPosition, it.to, it.toPosition]);
	return [row.kind, row.role, intervals, row.mutedUntil, row.position];
}

export function decodeMember(key: Uint8Array, value: Uint8Array): MemberRow {
	const [kind, role, list, mutedUntil, position] = fieldsOf(key, value);
	return decoding(key, () => {
		const intervals = (list as [number, number, number | null, number | null][]).map(
			([from, fromPosition, to, toPosition]): Interval => ({ from, fromPosition, to, toPosition }),
		);
		return { kind, role, intervals, mutedUntil, position } as unknown as MemberRow;
	});
}

const infoColumns = [
	"kind",
	"title",
	"picture",
	"description",
	"link",
	"createdAt",
	"createdBy",
	"members",
	"position",
] as const satisfies (keyof InfoRow)[];

function infoFields(row: InfoRow): unknown[] {
	return infoColumns.map((column) => row[column]);
}

export function decodeInfo(key: Uint8Array, value: Uint8Array): InfoRow {
	const fields = fieldsOf(key, value);
	return Object.fromEntries(
		infoColumns.map((column, i) => [column, fields[i]]),
	) as unknown as InfoRow;
}

function userFields(row: UserRow): unknown[] {
	return [row.name, row.picture, row.presence, row.createdAt];
}

export function decodeUser(key: Uint8Array, value: Uint8Array): UserRow {
	const [name, picture, presence, createdAt] = fieldsOf(key, value);
	return { name, picture, presence, createdAt } as UserRow;
}

/** The emoji. */
export function decodeReaction(key: Uint8Array, value: Uint8Array): string {
	return fieldsOf(key, value)[0] as string;
}

/** Checks a row that says all by being there: pending, hidden, expiry, reference and the like. */
export function decodeMark(key: Uint8Array, value: Uint8Array): true {
	fieldsOf(key, value);
	return true;
}

/** An entity's saved state. `head` is the last `seq` in it, 0 for users. */
export interface SnapshotRow {
	readonly position: number;
	readonly head: number;
	readonly state: Uint8Array;
}

export function appendSnapshot(
	out: RowsOut,
	entity: keys.EntityKind,
	id: string,
	row: SnapshotRow,
): void {
	out.keys.push(keys.snapshotKey(entity, id, row.state.length + 32));
	writer.u8(version);
	writer.varint(row.position);
	writer.varint(row.head);
	writer.bytes(row.state);
	out.values.push(writer.value());
}

export function decodeSnapshot(key: Uint8Array, value: Uint8Array): SnapshotRow {
	return decoding(key, () => {
		const reader = openRow(key, value, version);
		return { position: reader.varint(), head: reader.varint(), state: reader.rest() };
	});
}

/** Events at positions up to `floor` are trimmed; messages and watermarks are not. */
export function appendFloor(
	out: RowsOut,
	entity: keys.EntityKind,
	id: string,
	floor: number,
): void {
	appendPacked(out, [floor], (room) => keys.floorKey(entity, id, room));
}

export function decodeFloor(key: Uint8Array, value: Uint8Array): number {
	return fieldsOf(key, value)[0] as number;
}

/** When a user was last seen, ms since 1970. */
export function appendLastSeen(out: RowsOut, user: string, at: number): void {
	appendPacked(out, [at], (room) => keys.lastSeenKey(user, room));
}

export function decodeLastSeen(key: Uint8Array, value: Uint8Array): number {
	return fieldsOf(key, value)[0] as number;
}

/** An upload of a user's: how large, of which type, when (ms since 1970). */
export interface UploadRow {
	readonly size: number;
	readonly contentType: string;
	readonly at: number;
}

/** The two rows of an upload and its loose row. */
export function appendUpload(out: RowsOut, user: string, hash: Uint8Array, row: UploadRow): void {
	const { size, contentType, at } = row;
	appendPacked(out, [size, contentType, at], (room) => keys.uploadKey(user, hash, room));
	appendPacked(out, [], (room) => keys.uploaderKey(hash, user, room));
	appendPacked(out, [], (room) => keys.looseKey(hash, at, room));
}

export function decodeUpload(key: Uint8Array, value: Uint8Array): UploadRow {
	const [size, contentType, at] = fieldsOf(key, value);
	return { size, contentType, at } as UploadRow;
}

/** Which pid serves an entity; what stands in it is the registry's affair. Null deletes. */
export function appendRegistry(
	out: RowsOut,
	entity: keys.EntityKind,
	id: string,
	fields: readonly unknown[] | null,
): void {
	appendPacked(out, fields, (room) => keys.registryKey(entity, id, room));
}

export function decodeRegistry(key: Uint8Array, value: Uint8Array): readonly unknown[] {
	return fieldsOf(key, value);
}

/** Small facts about the store itself. */
export function appendMeta(out: RowsOut, name: string, fields: readonly unknown[]): void {
	appendPacked(out, fields, (room) => keys.metaKey(name, room));
}

export function decodeMeta(key: Uint8Array, value: Uint8Array): readonly unknown[] {
	return fieldsOf(key, value);
}
