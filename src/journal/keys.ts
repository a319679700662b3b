// Every key of the store. A key is a kind byte, then its parts: an id as one byte of length and its
// UTF-8, a number as six bytes, most significant first. Lengths stand before the ids, so no two
// lists of parts make one key, and rows of one conversation lie together in order of their number.

import { RowReader, readU48, writer } from "./bytes.js";

/** Who has a journal of events. */
export type EntityKind = "conversation" | "user";

export const kinds = {
	meta: 0x01,
	commit: 0x02,
	registry: 0x03,
	snapshot: 0x10,
	floor: 0x11,
	event: 0x12,
	message: 0x20,
	watermark: 0x21,
	info: 0x22,
	reaction: 0x23,
	member: 0x30,
	pending: 0x31,
	hidden: 0x32,
	blocked: 0x33,
	user: 0x34,
	lastSeen: 0x35,
	expiry: 0x40,
	reference: 0x50,
	loose: 0x51,
	upload: 0x52,
	uploader: 0x53,
} as const;

export type Kind = keyof typeof kinds;

/** Two ids of at most 255 bytes, their lengths, two numbers, the kind. */
const keyBytesMax = 1 + 2 * 256 + 2 * 6;
const numberBytes = 6;
const hashBytes = 32;
const entityCodes = { conversation: 1, user: 2 } as const;

function start(kind: Kind, room: number): void {
	writer.begin(keyBytesMax + room);
	writer.u8(kinds[kind]);
}

function idKey(kind: Kind, id: string, room: number): Uint8Array {
	start(kind, room);
	writer.id(id);
	return writer.key();
}

function pairKey(kind: Kind, one: string, two: string, room: number): Uint8Array {
	start(kind, room);
	writer.id(one);
	writer.id(two);
	return writer.key();
}

function entityKey(kind: Kind, entity: EntityKind, id: string, room: number): Uint8Array {
	start(kind, room);
	writer.u8(entityCodes[entity]);
	writer.id(id);
	return writer.key();
}

// Each function takes the room that the value needs after the key; readers leave it out.

export function metaKey(name: string, room = 0): Uint8Array {
	return idKey("meta", name, room);
}

export function commitKey(number: number, room = 0): Uint8Array {
	start("commit", room);
	writer.u48(number);
	return writer.key();
}

export function registryKey(entity: EntityKind, id: string, room = 0): Uint8Array {
	return entityKey("registry", entity, id, room);
}

export function snapshotKey(entity: EntityKind, id: string, room = 0): Uint8Array {
	return entityKey("snapshot", entity, id, room);
}

export function floorKey(entity: EntityKind, id: string, room = 0): Uint8Array {
	return entityKey("floor", entity, id, room);
}

export function eventKey(entity: EntityKind, id: string, position: number, room = 0): Uint8Array {
	start("event", room);
	writer.u8(entityCodes[entity]);
	writer.id(id);
	writer.u48(position);
	return writer.key();
}

export function messageKey(conversation: string, seq: number, room = 0): Uint8Array {
	start("message", room);
	writer.id(conversation);
	writer.u48(seq);
	return writer.key();
}

export function watermarkKey(conversation: string, user: string, room = 0): Uint8Array {
	return pairKey("watermark", conversation, user, room);
}

export function infoKey(conversation: string, room = 0): Uint8Array {
	return idKey("info", conversation, room);
}

export function reactionKey(conversation: string, seq: number, user: string, room = 0): Uint8Array {
	start("reaction", room);
	writer.id(conversation);
	writer.u48(seq);
	writer.id(user);
	return writer.key();
}

export function memberKey(user: string, conversation: string, room = 0): Uint8Array {
	return pairKey("member", user, conversation, room);
}

export function pendingKey(user: string, conversation: string, room = 0): Uint8Array {
	return pairKey("pending", user, conversation, room);
}

export function hiddenKey(user: string, conversation: string, seq: number, room = 0): Uint8Array {
	start("hidden", room);
	writer.id(user);
	writer.id(conversation);
	writer.u48(seq);
	return writer.key();
}

export function blockedKey(user: string, other: string, room = 0): Uint8Array {
	return pairKey("blocked", user, other, room);
}

export function userKey(user: string, room = 0): Uint8Array {
	return idKey("user", user, room);
}

/** When the user was last seen. */
export function lastSeenKey(user: string, room = 0): Uint8Array {
	return idKey("lastSeen", user, room);
}

export function expiryKey(at: number, conversation: string, seq: number, room = 0): Uint8Array {
	start("expiry", room);
	writer.u48(at);
	writer.id(conversation);
	writer.u48(seq);
	return writer.key();
}

/** A living message that references a file. */
export function referenceKey(
	hash: Uint8Array,
	conversation: string,
	seq: number,
	room = 0,
): Uint8Array {
	start("reference", room);
	writer.bytes(hash);
	writer.id(conversation);
	writer.u48(seq);
	return writer.key();
}

/** The file was or became without a reference at that time, perhaps. */
export function looseKey(hash: Uint8Array, at: number, room = 0): Uint8Array {
	start("loose", room);
	writer.bytes(hash);
	writer.u48(at);
	return writer.key();
}

export function uploadKey(user: string, hash: Uint8Array, room = 0): Uint8Array {
	start("upload", room);
	writer.id(user);
	writer.bytes(hash);
	return writer.key();
}

export function uploaderKey(hash: Uint8Array, user: string, room = 0): Uint8Array {
	start("uploader", room);
	writer.bytes(hash);
	writer.id(user);
	return writer.key();
}

/** Keys of one kind that begin with a hash, and perhaps with an id after it. */
export function ofHash(
	kind: "reference" | "loose" | "uploader",
	hash: Uint8Array,
	id: string | null = null,
): { gte: Uint8Array; lt: Uint8Array } {
	start(kind, 0);
	writer.bytes(hash);
	if (id !== null) writer.id(id);
	return within(writer.key());
}

/** The keys that begin with `prefix`, as a half-open interval. */
export function within(prefix: Uint8Array): { gte: Uint8Array; lt: Uint8Array } {
	return { gte: prefix, lt: after(prefix) };
}

/** All keys of one kind. */
export function ofKind(kind: Kind): { gte: Uint8Array; lt: Uint8Array } {
	return within(Uint8Array.of(kinds[kind]));
}

/** Keys of one kind whose first id is `id`: a user's member rows, a conversation's watermarks. */
export function ofId(kind: Kind, id: string): { gte: Uint8Array; lt: Uint8Array } {
	return within(idKey(kind, id, 0));
}

/** Event rows of one entity at positions above `position`. */
export function eventsAbove(
	entity: EntityKind,
	id: string,
	position: number,
): { gte: Uint8Array; lt: Uint8Array } {
	const gte = eventKey(entity, id, position + 1);
	return { gte, lt: after(gte.subarray(0, gte.length - numberBytes)) };
}

/** Message rows of one conversation with numbers above `seq`. */
export function messagesAbove(
	conversation: string,
	seq: number,
): { gte: Uint8Array; lt: Uint8Array } {
	const gte = messageKey(conversation, seq + 1);
	return { gte, lt: after(gte.subarray(0, gte.length - numberBytes)) };
}

/** The first key that does not begin with `prefix`. */
export function after(prefix: Uint8Array): Uint8Array {
	const next = Uint8Array.from(prefix);
	// Kinds stop far below 0xff, so a byte that can be raised is always found.
	let at = next.length - 1;
	while (next[at] === 255) at -= 1;
	next[at] = (next[at] as number) + 1;
	return next.subarray(0, at + 1);
}

/** The number that a key ends with. */
export function numberOf(key: Uint8Array): number {
	return readU48(key, key.length - numberBytes);
}

export interface KeyParts {
	readonly kind: Kind;
	readonly entity: EntityKind | null;
	readonly ids: readonly string[];
	readonly numbers: readonly number[];
}

/** What follows the kind byte: e entity kind, i id, n number, h hash (an id in hex when read). */
const shapes: Record<Kind, string> = {
	meta: "i",
	commit: "n",
	registry: "ei",
	snapshot: "ei",
	floor: "ei",
	event: "ein",
	message: "in",
	watermark: "ii",
	info: "i",
	reaction: "ini",
	member: "ii",
	pending: "ii",
	hidden: "iin",
	blocked: "ii",
	user: "i",
	lastSeen: "i",
	expiry: "nin",
	reference: "hin",
	loose: "hn",
	upload: "ih",
	uploader: "hi",
};

const kindNames = new Map<number, Kind>(
	Object.entries(kinds).map(([name, code]) => [code, name as Kind]),
);

/** Takes a key apart; null when it is none of ours. */
export function parseKey(key: Uint8Array): KeyParts | null {
	const kind = kindNames.get(key[0] ?? -1);
	if (kind === undefined) return null;
	const reader = new RowReader(key, 1, key.length);
	const ids: string[] = [];
	const numbers: number[] = [];
	let entity: EntityKind | null = null;
	try {
		for (const part of shapes[kind]) {
			if (part === "i") ids.push(reader.id());
			else if (part === "n") numbers.push(reader.u48());
			else if (part === "h") ids.push(reader.hex(hashBytes));
			else entity = reader.u8() === entityCodes.user ? "user" : "conversation";
		}
	} catch {
		return null;
	}
	return reader.at === key.length ? { kind, entity, ids, numbers } : null;
}

/** How errors and `verify` name a row: `message general/17`, `event user ann/3`. */
export function describeKey(key: Uint8Array): string {
	const parts = parseKey(key);
	if (parts === null) return `unknown row ${Buffer.from(key).toString("hex")}`;
	const words = [...parts.ids, ...parts.numbers].join("/");
	return parts.entity === null
		? `${parts.kind} ${words}`
		: `${parts.kind} ${parts.entity} ${words}`;
}
