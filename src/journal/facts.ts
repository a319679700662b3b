// Single facts read by key: members, users, blocks, floors. Synchronous, from committed rows.

import type { InfoRow, MemberRow, UserRow, WatermarkRow } from "../domain/index-row.js";
import {
	decodeFloor,
	decodeInfo,
	decodeMark,
	decodeMember,
	decodeUser,
	decodeWatermark,
} from "./index-rows.js";
import type { View } from "./journal.js";
import type { EntityKind } from "./keys.js";
import { blockedKey, floorKey, infoKey, memberKey, userKey, watermarkKey } from "./keys.js";

type Source = Pick<View, "get">;

function read<T>(
	source: Source,
	key: Uint8Array,
	decode: (key: Uint8Array, value: Uint8Array) => T,
): T | null {
	const value = source.get(key);
	return value === undefined ? null : decode(key, value);
}

// Null: there is no such row. Errors: JOURNAL_DAMAGED, JOURNAL_FORMAT, JOURNAL_IO, JOURNAL_CLOSED.

export function memberRow(source: Source, user: string, conversation: string): MemberRow | null {
	return read(source, memberKey(user, conversation), decodeMember);
}

export function infoRow(source: Source, conversation: string): InfoRow | null {
	return read(source, infoKey(conversation), decodeInfo);
}

export function watermarkRow(
	source: Source,
	conversation: string,
	user: string,
): WatermarkRow | null {
	return read(source, watermarkKey(conversation, user), decodeWatermark);
}

export function userRow(source: Source, user: string): UserRow | null {
	return read(source, userKey(user), decodeUser);
}

export function userExists(source: Source, user: string): boolean {
	return source.get(userKey(user)) !== undefined;
}

/** Whether `user` has blocked `other`. */
export function blocked(source: Source, user: string, other: string): boolean {
	return read(source, blockedKey(user, other), decodeMark) !== null;
}

/** Events at positions up to here are trimmed; 0: none is. */
export function floorOf(source: Source, entity: EntityKind, id: string): number {
	return read(source, floorKey(entity, id), decodeFloor) ?? 0;
}
