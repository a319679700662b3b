// What clients say, into bytes, in the canonical form [P-2.7].

import * as tables from "./client-said.js";
import { type Field, type Plain, recordsOf, type Table, tableOf } from "./client-schema.js";
import type { SaidOp } from "./encode.js";
import type { ClientOp } from "./frames.js";

const clientOps = tableOf(tables.clientOps);
const commands = tableOf(tables.commands);
const records = recordsOf(tables.saidRecords);
const words = new Map<string, readonly string[]>(Object.entries(tables.saidWords));

const encoder = new TextEncoder();

// Writing: into one buffer that grows; what is handed out is a copy.

let out = new Uint8Array(4_096);
let length = 0;

function room(size: number): void {
	if (length + size <= out.length) return;
	const larger = new Uint8Array((length + size) * 2);
	larger.set(out.subarray(0, length));
	out = larger;
}

function put(byte: number): void {
	if (length === out.length) room(1);
	out[length++] = byte;
}

/** A header and a number of `size` bytes, highest first. */
function head(first: number, size: number, number: number): void {
	put(first);
	if (size === 8) head((number / 2 ** 32) >>> 24, 3, (number / 2 ** 32) & 0xffffff);
	for (let shift = Math.min(size, 4) - 1; shift >= 0; shift -= 1)
		put((number >>> (8 * shift)) & 255);
}

function writeUint(number: unknown): void {
	if (!Number.isSafeInteger(number) || (number as number) < 0) {
		throw new TypeError(`not a whole number from 0 to 2^53 - 1: ${number}`);
	}
	const whole = number as number;
	if (whole < 0x80) put(whole);
	else if (whole < 0x100) head(0xcc, 1, whole);
	else if (whole < 0x10000) head(0xcd, 2, whole);
	else if (whole < 2 ** 32) head(0xce, 4, whole);
	else head(0xcf, 8, whole);
}

/** `fix`: the header of short ones; `first`: that of the next longer, one for each size. */
function writeHead(
	count: number,
	fix: number,
	fixMax: number,
	first: number,
	small: boolean,
): void {
	if (count < fixMax) put(fix | count);
	else if (small && count < 0x100) head(first, 1, count);
	else if (count < 0x10000) head(first + (small ? 1 : 0), 2, count);
	else head(first + (small ? 2 : 1), 4, count);
}

function append(raw: Uint8Array): void {
	room(raw.length);
	out.set(raw, length);
	length += raw.length;
}

function writeText(said: unknown): void {
	if (typeof said !== "string") throw new TypeError("not a text");
	if (said.length < 32 && shortAscii(said)) return;
	// Two ids must not become one by the way: what ends inside a character is refused here.
	if (/\p{Surrogate}/u.test(said)) throw new TypeError("a text ends inside a character");
	const raw = encoder.encode(said);
	writeHead(raw.length, 0xa0, 32, 0xd9, true);
	append(raw);
}

/** Ids and media types, nearly always: a call of the platform's encoder costs more. */
function shortAscii(said: string): boolean {
	const from = length;
	room(said.length + 1);
	out[length++] = 0xa0 | said.length;
	for (let i = 0; i < said.length; i += 1) {
		const unit = said.charCodeAt(i);
		if (unit > 0x7f) {
			length = from;
			return false;
		}
		out[length++] = unit;
	}
	return true;
}

function writeBinary(said: unknown): void {
	if (!(said instanceof Uint8Array)) throw new TypeError("not bytes");
	writeHead(said.length, 0, 0, 0xc4, true);
	append(said);
}

function bytesOfHex(hex: unknown): Uint8Array {
	if (!/^[0-9a-f]{32}$/.test(String(hex))) throw new TypeError("not 32 hex digits");
	return Uint8Array.from({ length: 16 }, (_, i) =>
		Number.parseInt(String(hex).slice(i * 2, i * 2 + 2), 16),
	);
}

function write(kind: string, said: unknown): void {
	if (kind === "n") writeUint(said);
	else if (kind === "s") writeText(said);
	else if (kind === "x") writeBinary(said);
	else if (kind === "b") put(said === true ? 0xc3 : 0xc2);
	else if (kind === "h") writeBinary(bytesOfHex(said));
	else {
		const set = words.get(kind);
		const record = records.get(kind);
		if (set !== undefined) writeUint(set.indexOf(said as string));
		else if (record !== undefined) writeFields(null, record, said as Plain);
		else writeVariant(commands, said as Plain);
	}
}

function writeVariant({ byType }: Table, said: Plain): void {
	const row = byType.get(said.type as string);
	if (row === undefined) throw new TypeError(`cannot write ${said.type}`);
	writeFields(row.code, row.fields, said);
}

function isAbsent({ name, mark }: Field, said: Plain): boolean {
	const given = said[name] as { length?: number } | null;
	if (mark === "*") return given?.length === 0;
	return mark === "~" ? !given || given === null : mark === "?" && given === null;
}

/** [P-2.7] Trailing fields that are nil are left out. */
function writeFields(code: number | null, all: readonly Field[], said: Plain): void {
	let count = all.length;
	while (count > 0 && isAbsent(all[count - 1] as Field, said)) count -= 1;
	writeHead(count + (code === null ? 0 : 1), 0x90, 16, 0xdc, false);
	if (code !== null) writeUint(code);
	for (let i = 0; i < count; i += 1) {
		const field = all[i] as Field;
		const { name, kind, mark } = field;
		const given = said[name];
		if (isAbsent(field, said)) put(0xc0);
		else if (mark === "*" || mark === "+") {
			const some = given as readonly unknown[];
			writeHead(some.length, 0x90, 16, 0xdc, false);
			for (const one of some) write(kind, one);
		} else write(kind, given);
	}
}

/** Several operations as one WebSocket message. Errors: TypeError, also for a broken text. */
export function encodeClientFrame(ops: readonly SaidOp[]): Uint8Array {
	length = 0;
	for (const op of ops) writeVariant(clientOps, op as ClientOp as unknown as Plain);
	return out.slice(0, length);
}

export function encodeClientOp(op: SaidOp): Uint8Array {
	return encodeClientFrame([op]);
}
