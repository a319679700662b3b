// What servers say, off the wire: one pass that checks and reads. Whatever is not of the protocol
// breaks the frame as a whole, and the client reconnects.

import { BrokerError, type ErrorCode, errorTable } from "../base/errors.js";
import * as tables from "./client-heard.js";
import { type Field, type Plain, recordsOf, type Table, tableOf } from "./client-schema.js";
import type { ServerFrame } from "./decode-server.js";
import type { ServerOp } from "./frames.js";

/** What a code of a newer server reads as: final for an operation; a close code tells the rest. */
const otherCodes: Readonly<Record<string, ErrorCode>> = { code: "BAD_REQUEST", end: "INTERNAL" };

const serverOps = tableOf(tables.serverOps);
const variants: Readonly<Record<string, Table>> = {
	result: tableOf(tables.results),
	change: tableOf(tables.changes),
	item: tableOf(tables.items),
};
const records = recordsOf(tables.heardRecords);
const words = new Map<string, readonly string[]>(Object.entries(tables.heardWords));

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const none: readonly never[] = Object.freeze([]);

// Reading: one frame at a time, from `at`.

let bytes = new Uint8Array(0);
let view = new DataView(bytes.buffer);
let at = 0;

function broken(why: string): never {
	throw new BrokerError("PROTOCOL", why);
}

function take(size: number): number {
	const from = at;
	at += size;
	if (at > bytes.length) broken("the frame ends inside a value");
	return from;
}

/** A whole number of `size` bytes, a power of two. */
function big(size: number): number {
	const from = take(size);
	if (size === 1) return view.getUint8(from);
	if (size === 2) return view.getUint16(from);
	if (size === 4) return view.getUint32(from);
	return view.getUint32(from) * 2 ** 32 + view.getUint32(from + 4);
}

/** [P-2.4] In whatever coding: signed ones with their highest bit set are far too large. */
function uint(): number {
	const head = big(1);
	if (head < 0x80) return head;
	let value = Number.NaN;
	if (head === 0xca) value = view.getFloat32(take(4));
	else if (head === 0xcb) value = view.getFloat64(take(8));
	else if (head >= 0xcc && head <= 0xcf) value = big(1 << (head - 0xcc));
	else if (head >= 0xd0 && head <= 0xd3) {
		const size = 1 << (head - 0xd0);
		value = big(size);
		if (value >= 2 ** (8 * size - 1)) value = Number.NaN;
	}
	if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) return value;
	return broken("not a whole number from 0 to 2^53 - 1");
}

/** The length after a header of this family; -1: another kind of value. */
function lengthOf(head: number, fix: number, fixBits: number, first: number, smallest: number) {
	if (fix > 0 && head >= fix && head < fix + (1 << fixBits)) return head - fix;
	const size = (head - first) | 0;
	return size < 0 || size > 2 - Math.log2(smallest) ? -1 : big(smallest << size);
}

function array(): number {
	const count = lengthOf(big(1), 0x90, 4, 0xdc, 2);
	// Each element takes a byte at least, so no count can claim more than what is there.
	return count < 0 || count > bytes.length - at ? broken("not an array") : count;
}

function text(): string {
	const length = lengthOf(big(1), 0xa0, 5, 0xd9, 1);
	if (length < 0) broken("not a text");
	const from = take(length);
	return textAt(from, length);
}

function textAt(from: number, length: number): string {
	// Ids and media types: a call of the platform's decoder costs more than this.
	if (length < 24) {
		let ascii = "";
		for (let i = from; i < from + length; i += 1) {
			const byte = bytes[i] as number;
			if (byte > 0x7f) return decoder.decode(bytes.subarray(from, from + length));
			ascii += String.fromCharCode(byte);
		}
		return ascii;
	}
	return decoder.decode(bytes.subarray(from, from + length));
}

/** A view of the frame, not a copy. */
function binary(): Uint8Array {
	const length = lengthOf(big(1), 0, 0, 0xc4, 1);
	if (length < 0) broken("not bytes");
	const from = take(length);
	return new Uint8Array(bytes.buffer, bytes.byteOffset + from, length);
}

/** Passes over values of any type that occurs. */
function skip(count: number, depth = 1): void {
	if (depth > 8) broken("too deep");
	for (let left = count; left > 0; left -= 1) {
		const head = bytes[at] as number;
		if (head === 0xc0 || head === 0xc2 || head === 0xc3 || head >= 0xe0) take(1);
		else if (head < 0x80 || (head >= 0xca && head <= 0xd3)) number();
		else if (head >= 0xc4 && head <= 0xc6) binary();
		else if ((head >= 0xa0 && head < 0xc0) || (head >= 0xd9 && head <= 0xdb)) text();
		else skip(array(), depth + 1);
	}
}

function number(): void {
	const head = big(1);
	if (head >= 0xca) take(head < 0xcc ? 4 << (head - 0xca) : 1 << ((head - 0xcc) & 3));
}

function value(kind: string): unknown {
	switch (kind) {
		case "n":
			return uint();
		case "s":
			return text();
		case "x":
			return binary();
		case "b": {
			const head = big(1);
			return head === 0xc2 || head === 0xc3 ? head === 0xc3 : broken("neither true nor false");
		}
		case "h":
			return hexOf(binary());
		case "code":
		case "end": {
			const name = text();
			return Object.hasOwn(errorTable, name) ? name : otherCodes[kind];
		}
		default:
			return composed(kind);
	}
}

function composed(kind: string): unknown {
	const set = words.get(kind);
	if (set !== undefined) return set[uint()] ?? broken(`none of ${set.join(", ")}`);
	const record = records.get(kind);
	if (record !== undefined) return fields(record, array(), {});
	const left = array();
	const code = left > 0 ? uint() : broken("empty");
	const row = variants[kind]?.byCode.get(code);
	if (row !== undefined) return fields(row.fields, left - 1, { type: row.type });
	// [P-10.3] A change of a newer server moves the position all the same.
	if (kind !== "change") broken(`no ${kind} has code ${code}`);
	skip(left - 1);
	return { type: "unknown", code };
}

function hexOf(id: Uint8Array): string {
	if (id.length !== 16) broken("not 16 bytes");
	let hex = "";
	for (const byte of id) hex += byte.toString(16).padStart(2, "0");
	return hex;
}

/** [P-2.6] What is left out at the end is nil; what a newer server appended is passed over. */
function fields(all: readonly Field[], count: number, target: Plain): Plain {
	let left = count;
	for (const { name, kind, mark } of all) {
		const nil = left <= 0 || (mark !== "" && mark !== "+" && bytes[at] === 0xc0);
		if (!nil) target[name] = mark === "*" || mark === "+" ? list(kind) : value(kind);
		else if (mark === "" || mark === "+") broken(`${name} is missing`);
		else {
			if (left > 0) take(1);
			target[name] = mark === "*" ? none : null;
		}
		left -= 1;
	}
	if (left > 0) skip(left);
	return target;
}

function list(kind: string): unknown[] {
	const count = array();
	const all: unknown[] = [];
	for (let i = 0; i < count; i += 1) all.push(value(kind));
	return all;
}

/** Shape: bytes in an operation are views of `frame`, which must not change. */
export function decodeServerFrame(frame: Uint8Array): ServerFrame {
	bytes = frame as Uint8Array<ArrayBuffer>;
	view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	at = 0;
	try {
		if (frame.length === 0) broken("the frame is empty");
		const ops: ServerOp[] = [];
		while (at < frame.length) {
			const left = array() - 1;
			const code = left < 0 ? broken("an operation has a code") : uint();
			const row = serverOps.byCode.get(code);
			if (row === undefined) skip(left);
			else if (row.type === "result") ops.push(result(left));
			else ops.push(fields(row.fields, left, { type: row.type }) as unknown as ServerOp);
		}
		return { ok: true, ops };
	} catch (cause) {
		// Beside our own, what the platform says of a text that is not UTF-8.
		return { ok: false, code: "PROTOCOL", detail: String((cause as Error).message) };
	}
}

/** [P-11.2] Its fields follow the kind in the same array. */
function result(left: number): ServerOp {
	if (left < 2) broken("a result has a request and a kind");
	const request = uint();
	const row = variants.result?.byCode.get(uint()) ?? broken("no kind of result");
	return {
		type: "result",
		request,
		result: fields(row.fields, left - 2, { type: row.type }),
	} as unknown as ServerOp;
}
