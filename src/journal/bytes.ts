// Writes keys and values into shared chunks and reads them back: varints, strings, checksums. Knows
// nothing of rows. A key and its value lie side by side, so that one checksum call covers both and
// a row costs two views instead of two allocations (64 ns against 930 for a fresh Uint8Array).

import { crc32 } from "node:zlib";

/** Chunks are shared by some hundred rows; one that is bigger gets a chunk of its own. */
const chunkBytes = 64 * 1024;
/** Below this the call into zlib costs more than the table loop. */
const nativeFromBytes = 64;
const u32 = 0x1_0000_0000;

const crcTable = new Int32Array(256).map((_, byte) => {
	let crc = byte;
	for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
	return crc;
});

/** CRC-32 as in zlib of `bytes[from, to)`, continuing `seed`. */
export function checksum(bytes: Uint8Array, from: number, to: number, seed = 0): number {
	if (to - from >= nativeFromBytes) return crc32(bytes.subarray(from, to), seed);
	let crc = ~seed;
	for (let at = from; at < to; at += 1) {
		crc = (crcTable[(crc ^ (bytes[at] as number)) & 255] as number) ^ (crc >>> 8);
	}
	return ~crc >>> 0;
}

/** One at a time and never across a turn: `begin`, the key, `key`, the value, `value`. */
export class RowWriter {
	#chunk = Buffer.allocUnsafeSlow(chunkBytes);
	#at = 0;
	#keyFrom = 0;
	#valueFrom = 0;

	/** Makes room for a key and its value; whoever calls knows the most that they can take. */
	begin(bytesMax: number): void {
		if (this.#at + bytesMax > this.#chunk.length) {
			this.#chunk = Buffer.allocUnsafeSlow(Math.max(chunkBytes, bytesMax));
			this.#at = 0;
		}
		this.#keyFrom = this.#at;
	}

	/** Ends the key. */
	key(): Uint8Array {
		this.#valueFrom = this.#at;
		return this.#chunk.subarray(this.#keyFrom, this.#at);
	}

	/** Ends the value with the checksum over key and value: a misplaced row is noticed too. */
	value(): Uint8Array {
		const crc = checksum(this.#chunk, this.#keyFrom, this.#at);
		this.u8(crc >>> 24);
		this.u8(crc >>> 16);
		this.u8(crc >>> 8);
		this.u8(crc);
		return this.#chunk.subarray(this.#valueFrom, this.#at);
	}

	u8(byte: number): void {
		this.#chunk[this.#at++] = byte;
	}

	/** Six bytes, most significant first: keys sort by it. */
	u48(value: number): void {
		if (!(value >= 0 && value < 0x1_0000_0000_0000)) throw new RangeError(`not a u48: ${value}`);
		const high = Math.floor(value / u32);
		const low = value >>> 0;
		const chunk = this.#chunk;
		const at = this.#at;
		chunk[at] = high >>> 8;
		chunk[at + 1] = high;
		chunk[at + 2] = low >>> 24;
		chunk[at + 3] = low >>> 16;
		chunk[at + 4] = low >>> 8;
		chunk[at + 5] = low;
		this.#at = at + 6;
	}

	/** Seven bits a byte, least significant first; any safe integer from 0, at most 8 bytes. */
	varint(value: number): void {
		if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a count: ${value}`);
		let rest = value;
		while (rest >= 0x8000_0000) {
			this.#chunk[this.#at++] = (rest % 128) | 128;
			rest = Math.floor(rest / 128);
		}
		while (rest >= 128) {
			this.#chunk[this.#at++] = (rest & 127) | 128;
			rest >>>= 7;
		}
		this.#chunk[this.#at++] = rest;
	}

	f64(value: number): void {
		this.#at = this.#chunk.writeDoubleBE(value, this.#at);
	}

	/** The text's bytes without their length; ids are short and mostly ASCII: a loop is cheapest. */
	text(text: string): void {
		const chunk = this.#chunk;
		const at = this.#at;
		for (let i = 0; i < text.length; i += 1) {
			const code = text.charCodeAt(i);
			if (code >= 128) {
				this.#at = at + chunk.write(text, at);
				return;
			}
			chunk[at + i] = code;
		}
		this.#at = at + text.length;
	}

	/** An id in a key: one byte of length, then UTF-8. */
	id(text: string): void {
		const lengthAt = this.#at++;
		this.text(text);
		const length = this.#at - lengthAt - 1;
		if (length > 255) throw new RangeError("an id of more than 255 bytes");
		this.#chunk[lengthAt] = length;
	}

	/** A string in a value: varint length, then UTF-8. */
	string(text: string): void {
		if (text.length < 43) {
			// At most 126 bytes whatever the characters are: the length takes one byte.
			this.id(text);
			return;
		}
		const bytes = Buffer.byteLength(text);
		this.varint(bytes);
		this.text(text);
	}

	bytes(bytes: Uint8Array): void {
		this.#chunk.set(bytes, this.#at);
		this.#at += bytes.length;
	}

	/** Lower-case hex digits as bytes, two a byte. */
	hex(text: string): void {
		for (let i = 0; i < text.length; i += 2) {
			this.#chunk[this.#at++] = (digit(text.charCodeAt(i)) << 4) | digit(text.charCodeAt(i + 1));
		}
	}
}

function digit(code: number): number {
	if (code >= 48 && code <= 57) return code - 48;
	if (code >= 97 && code <= 102) return code - 87;
	throw new RangeError("not a lower-case hex digit");
}

/** The one writer: encoding is synchronous, so nobody can be in the middle of another row. */
export const writer = new RowWriter();

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads what `RowWriter` wrote. Errors: RangeError past the end; callers name the row. */
export class RowReader {
	readonly bytes: Uint8Array;
	readonly end: number;
	at: number;

	constructor(bytes: Uint8Array, from: number, end: number) {
		this.bytes = bytes;
		this.at = from;
		this.end = end;
	}

	#take(count: number): number {
		const at = this.at;
		if (!(at + count <= this.end)) throw new RangeError("the row ends too early");
		this.at = at + count;
		return at;
	}

	u8(): number {
		return this.bytes[this.#take(1)] as number;
	}

	u48(): number {
		return readU48(this.bytes, this.#take(6));
	}

	varint(): number {
		let value = 0;
		let factor = 1;
		for (let count = 0; count < 8; count += 1) {
			const byte = this.u8();
			value += (byte & 127) * factor;
			if (byte < 128) return value;
			factor *= 128;
		}
		throw new RangeError("a number of more than 8 bytes");
	}

	f64(): number {
		const at = this.#take(8);
		return new DataView(this.bytes.buffer, this.bytes.byteOffset + at, 8).getFloat64(0);
	}

	/** A view of the row's own bytes, not a copy. */
	slice(count: number): Uint8Array {
		const at = this.#take(count);
		return this.bytes.subarray(at, at + count);
	}

	text(count: number): string {
		return decoder.decode(this.slice(count));
	}

	string(): string {
		return this.text(this.varint());
	}

	id(): string {
		return this.text(this.u8());
	}

	hex(count: number): string {
		const { buffer, byteOffset } = this.bytes;
		return Buffer.from(buffer, byteOffset + this.#take(count), count).toString("hex");
	}

	rest(): Uint8Array {
		return this.slice(this.end - this.at);
	}
}

export function readU48(bytes: Uint8Array, at: number): number {
	const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
	let low = 0;
	for (let i = at + 2; i < at + 6; i += 1) low = (low << 8) | (bytes[i] as number);
	return high * u32 + (low >>> 0);
}
