// The few operations of a cycle, written and read by hand, so that the generator does not become
// the bound. What it does not know it leaves to the codec. Bytes are those of docs/protocol.md.

import { decodeServerFrame } from "../src/protocol/codec.js";
import { opCode, type ServerOp } from "../src/protocol/frames.js";

/** A growing frame of one connection, reused after each sending. */
export class Out {
	bytes = Buffer.allocUnsafe(4_096);
	at = 0;

	/** Room for one more operation. */
	ensure(size: number): void {
		if (this.at + size <= this.bytes.length) return;
		const wider = Buffer.allocUnsafe((this.at + size) * 2);
		this.bytes.copy(wider, 0, 0, this.at);
		this.bytes = wider;
	}

	raw(bytes: Uint8Array): void {
		this.bytes.set(bytes, this.at);
		this.at += bytes.length;
	}

	byte(value: number): void {
		this.bytes[this.at++] = value;
	}

	uint(value: number): void {
		if (value < 0x80) this.byte(value);
		else if (value < 0x100) {
			this.byte(0xcc);
			this.byte(value);
		} else if (value < 0x10000) {
			this.byte(0xcd);
			this.at = this.bytes.writeUInt16BE(value, this.at);
		} else {
			this.byte(0xce);
			this.at = this.bytes.writeUInt32BE(value, this.at);
		}
	}
}

export function textBytes(value: string): Buffer {
	const bytes = Buffer.from(value);
	if (bytes.length < 32) return Buffer.concat([Buffer.of(0xa0 | bytes.length), bytes]);
	return Buffer.concat([Buffer.of(0xd9, bytes.length), bytes]);
}

/** What comes before the number in a send to this conversation. */
export function sendHead(conversation: string): Buffer {
	return Buffer.concat([Buffer.of(0x95, opCode.write), textBytes(conversation)]);
}

/** What comes before the number in a receipt for this conversation. */
export function receiptHead(said: "delivered" | "seen", conversation: string): Buffer {
	return Buffer.concat([Buffer.of(0x93, opCode[said]), textBytes(conversation)]);
}

const contentType = textBytes("text/plain");

/** One send. The id is 8 bytes that differ for every (pair, number). */
export function writeSend(
	out: Out,
	head: Buffer,
	pair: number,
	n: number,
	answered: number,
	content: Uint8Array,
): void {
	out.ensure(head.length + content.length + 64);
	out.raw(head);
	out.uint(n);
	out.uint(answered);
	out.byte(0x94);
	out.byte(1);
	out.byte(0xc4);
	out.byte(8);
	out.at = out.bytes.writeUInt32BE(pair, out.at);
	out.at = out.bytes.writeUInt32BE(n, out.at);
	out.raw(contentType);
	if (content.length < 0x100) {
		out.byte(0xc4);
		out.byte(content.length);
	} else {
		out.byte(0xc5);
		out.at = out.bytes.writeUInt16BE(content.length, out.at);
	}
	out.raw(content);
}

export function writeReceipt(out: Out, head: Buffer, seq: number): void {
	out.ensure(head.length + 16);
	out.raw(head);
	out.uint(seq);
}

/** Who hears what a frame says. */
export interface Listener {
	answer(n: number, from: number, position: number, seq: number): void;
	/** `mark` is the number that the sender wrote at the beginning of the content. */
	message(from: number, position: number, seq: number, mark: number): void;
	status(from: number, position: number, watermarks: number): void;
	other(op: ServerOp): void;
}

// One frame is read at a time, so the place of reading needs no object of its own.
let bytes: Uint8Array = new Uint8Array(0);
let at = 0;

function uint(): number {
	const head = bytes[at++] as number;
	if (head < 0x80) return head;
	if (head === 0xcc) return bytes[at++] as number;
	if (head === 0xcd) {
		at += 2;
		return ((bytes[at - 2] as number) << 8) | (bytes[at - 1] as number);
	}
	const size = head === 0xce ? 4 : head === 0xcf ? 8 : 0;
	if (size === 0) throw new Error(`not a number: ${head}`);
	let value = 0;
	for (const end = at + size; at < end; at += 1) value = value * 256 + (bytes[at] as number);
	return value;
}

/** The size of the text or bytes that is next; the place is then at its first byte. */
function length(): number {
	const head = bytes[at++] as number;
	if (head >= 0xa0 && head < 0xc0) return head & 31;
	if (head === 0xc4 || head === 0xd9) return bytes[at++] as number;
	if (head === 0xc5 || head === 0xda) {
		at += 2;
		return ((bytes[at - 2] as number) << 8) | (bytes[at - 1] as number);
	}
	if (head === 0xc6 || head === 0xdb) {
		at += 4;
		return Buffer.from(bytes.buffer, bytes.byteOffset).readUInt32BE(at - 4);
	}
	throw new Error(`neither text nor bytes: ${head}`);
}

function array(): number {
	const head = bytes[at++] as number;
	if (head >= 0x90 && head < 0xa0) return head & 15;
	if (head !== 0xdc && head !== 0xdd) throw new Error(`not an array: ${head}`);
	let value = 0;
	for (const end = at + (head === 0xdc ? 2 : 4); at < end; at += 1) {
		value = value * 256 + (bytes[at] as number);
	}
	return value;
}

function skipText(): void {
	const size = length();
	at += size;
}

function skip(): void {
	const head = bytes[at] as number;
	if (head < 0x80 || head === 0xc0 || head === 0xc2 || head === 0xc3) at += 1;
	else if (head >= 0xcc && head <= 0xcf) uint();
	else if ((head >= 0x90 && head < 0xa0) || head === 0xdc || head === 0xdd) {
		for (let left = array(); left > 0; left -= 1) skip();
	} else skipText();
}

/** Reads every operation of one frame. */
export function readFrame(frame: Uint8Array, to: Listener): void {
	bytes = frame;
	at = 0;
	while (at < frame.length) {
		const start = at;
		const fields = array();
		const code = bytes[at++] as number;
		if (code === opCode.answer) readAnswer(fields, to);
		else if (code === opCode.message) readMessage(fields, to);
		else if (code === opCode.status) readStatus(fields, to);
		else readOther(start, fields, to);
	}
}

function readAnswer(fields: number, to: Listener): void {
	skip();
	const n = uint();
	const from = uint();
	const position = uint();
	const seq = uint();
	for (let left = fields - 6; left > 0; left -= 1) skip();
	to.answer(n, from, position, seq);
}

function readMessage(fields: number, to: Listener): void {
	skipText();
	const from = uint();
	const parts = array();
	const seq = uint();
	const position = uint();
	uint();
	uint();
	skipText();
	skip();
	const bodyParts = array();
	skipText();
	skipText();
	const size = length();
	const mark = markOf(bytes, at);
	at += size;
	for (let left = bodyParts - 3 + parts - 7 + fields - 4; left > 0; left -= 1) skip();
	to.message(from, position, seq, mark);
}

function readStatus(fields: number, to: Listener): void {
	skipText();
	const from = uint();
	const position = uint();
	const watermarks = at;
	skip();
	for (let left = fields - 5; left > 0; left -= 1) skip();
	const end = at;
	to.status(from, position, watermarks);
	at = end;
}

/** What the status being read says of anyone but the named user; -1: nothing. */
export const others = { delivered: -1, seen: -1 };

export function readOthers(watermarks: number, own: Uint8Array): void {
	at = watermarks;
	others.delivered = -1;
	others.seen = -1;
	for (let left = array(); left > 0; left -= 1) {
		const parts = array();
		const size = length();
		const mine = size === own.length && own.every((byte, i) => byte === bytes[at + i]);
		at += size;
		const delivered = uint();
		skip();
		const seen = uint();
		for (let rest = parts - 4; rest > 0; rest -= 1) skip();
		if (mine) continue;
		if (delivered > others.delivered) others.delivered = delivered;
		if (seen > others.seen) others.seen = seen;
	}
}

function readOther(start: number, fields: number, to: Listener): void {
	for (let left = fields - 1; left > 0; left -= 1) skip();
	const end = at;
	const decoded = decodeServerFrame(bytes.subarray(start, end));
	if (!decoded.ok) throw new Error(decoded.detail);
	// The listener may lead to another frame being read.
	const whole = bytes;
	for (const op of decoded.ops) to.other(op);
	bytes = whole;
	at = end;
}

const digits = 8;

/** The number at the beginning of a content, in eight hexadecimal digits. */
export function writeMark(content: Uint8Array, mark: number): void {
	for (let i = 0; i < digits; i += 1) {
		const digit = (mark >>> (4 * (digits - 1 - i))) & 15;
		content[i] = digit < 10 ? 48 + digit : 87 + digit;
	}
}

export function markOf(from: Uint8Array, start: number): number {
	let mark = 0;
	for (let i = start; i < start + digits; i += 1) {
		const code = from[i] as number;
		mark = mark * 16 + (code < 58 ? code - 48 : code - 87);
	}
	return mark;
}
