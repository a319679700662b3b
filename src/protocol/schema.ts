// What a field is made of, in both directions: each `Type` reads its value off the wire, checking
// it, and writes it. Records and variants put fields together by position. `records.ts`,
// `commands.ts` and the files of operations say in these words what docs/protocol.md says in
// tables.

import { readConversation, readDevice, readUser } from "./names.js";
import type { Reader } from "./reader.js";
import type { Writer } from "./writer.js";

export interface Type<T> {
	/** On a value that is not allowed: `reader.refuse`, and any `T`. */
	readonly read: (reader: Reader) => T;
	readonly write: (writer: Writer, value: T) => void;
	/** What a field reads as that was left out; undefined: it must be there. */
	readonly missing: T | undefined;
	/** Whether a value is written as nil, and at the end of a record not at all. */
	readonly absent: (value: T) => boolean;
}

export type Fields<T> = { readonly [K in keyof T]-?: Type<T[K]> };

function required<T>(
	read: (reader: Reader) => T,
	write: (writer: Writer, value: T) => void,
): Type<T> {
	return { read, write, missing: undefined, absent: () => false };
}

export const bool: Type<boolean> = required(
	(reader) => reader.bool(),
	(writer, value) => writer.bool(value),
);

/** A whole number in a range, both ends included. */
export function uint(min = 0, max = Number.MAX_SAFE_INTEGER): Type<number> {
	return required(
		(reader) => {
			const value = reader.uint();
			if (value < min || value > max) reader.refuse(`is not from ${min} to ${max}`);
			return value;
		},
		(writer, value) => writer.uint(value),
	);
}

export function text(bytesMax = Number.MAX_SAFE_INTEGER): Type<string> {
	return required(
		(reader) => reader.text(bytesMax),
		(writer, value) => writer.text(value),
	);
}

export function bytes(min = 0, max = Number.MAX_SAFE_INTEGER): Type<Uint8Array> {
	return required(
		(reader) => reader.binary(min, max),
		(writer, value) => writer.binary(value),
	);
}

/** 16 bytes on the wire, 32 hex digits in an operation. */
export const hex16: Type<string> = required(readHex16, writeHex16);

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function readHex16(reader: Reader): string {
	let hex = "";
	for (const byte of reader.binary(16, 16)) hex += digits[byte];
	return hex;
}

export function writeHex16(writer: Writer, hex: string): void {
	if (!/^[0-9a-f]{32}$/.test(hex)) throw new TypeError("not 32 hex digits");
	const bytes = new Uint8Array(16);
	for (let i = 0; i < 16; i++) bytes[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16);
	writer.binary(bytes);
}

function id(read: (reader: Reader) => string): Type<string> {
	return required(read, (writer, value) => writer.text(value));
}

/** Ids as clients say them, in normal form once read. Servers' ids are normal: plain `text`. */
export const user = id(readUser);
export const device = id(readDevice);
export const conversation = id(readConversation);

/** One word of a closed set, as its index [P-2.9]. */
export function word<const W extends readonly string[]>(words: W): Type<W[number]> {
	return required(
		(reader) => {
			const found = words[reader.uint()];
			if (found === undefined) reader.refuse(`is none of ${words.join(", ")}`);
			return found ?? (words[0] as string);
		},
		(writer, value) => writer.uint(words.indexOf(value)),
	);
}

export function nullable<T>(type: Type<T>): Type<T | null> {
	return optional<T | null>(type as Type<T | null>, null);
}

/** Nil, and leaving the field out, stand for `other`. */
export function optional<T>(type: Type<T>, other: T): Type<T> {
	return {
		read: (reader) => (reader.nil() ? other : type.read(reader)),
		write: (writer, value) => (value === other ? writer.nil() : type.write(writer, value)),
		missing: other,
		absent: (value) => value === other,
	};
}

/** A list of at most `max`. */
export function list<T>(item: Type<T>, max = Number.MAX_SAFE_INTEGER): Type<readonly T[]> {
	return required<readonly T[]>(
		(reader) => readList(reader, item, max),
		(writer, values) => {
			writer.array(values.length);
			for (const value of values) item.write(writer, value);
		},
	);
}

/** The empty list, of which one is enough. */
export const none: readonly never[] = Object.freeze([]);

/** A list that is nil when it is empty. */
export function lax<T>(item: Type<T>, max = Number.MAX_SAFE_INTEGER): Type<readonly T[]> {
	const full = list(item, max);
	return {
		read: (reader) => (reader.nil() ? none : full.read(reader)),
		write: (writer, values) => (values.length === 0 ? writer.nil() : full.write(writer, values)),
		missing: none,
		absent: (values) => values.length === 0,
	};
}

function readList<T>(reader: Reader, item: Type<T>, max: number): T[] {
	const count = reader.array();
	if (count > max) reader.refuse(`has more than ${max} elements`);
	const values: T[] = [];
	for (let i = 0; i < count && reader.code === null; i++) values.push(item.read(reader));
	return values;
}
