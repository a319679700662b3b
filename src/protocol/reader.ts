// A cursor over one operation in a frame that `scan` has passed: so lengths are inside and no
// bounds are checked here, only whether a value is what its field asks for. The first value that is
// not is remembered, whatever comes after is of no use, and the caller looks once at the end.

import type { ErrorCode } from "../base/errors.js";
import { arrayCount, headerSize, valueEnd } from "./scan.js";
import { textOf } from "./utf8.js";

const noBytes = new Uint8Array(0);
const bits = new DataView(new ArrayBuffer(8));

export class Reader {
	bytes: Uint8Array = noBytes;
	at = 0;
	/**
	 * What was wrong first; null: nothing so far. From then on the cursor may stand anywhere, so
	 * whatever uses a length or a count looks here before.
	 */
	code: ErrorCode | null = null;
	why = "";
	/** Dotted names from the operation to the field that was wrong. */
	path = "";
	contentBytesMax = 0;

	start(bytes: Uint8Array, at: number): void {
		this.bytes = bytes;
		this.at = at;
		this.code = null;
		this.why = "";
		this.path = "";
	}

	refuse(why: string, code: ErrorCode = "BAD_REQUEST"): void {
		if (this.code !== null) return;
		this.code = code;
		this.why = why;
	}

	/** Called on the way out, innermost first. */
	within(name: string): void {
		this.path = this.path === "" ? name : `${name}.${this.path}`;
	}

	/** Takes a nil if one is next. */
	nil(): boolean {
		if (this.bytes[this.at] !== 0xc0) return false;
		this.at++;
		return true;
	}

	bool(): boolean {
		const byte = this.bytes[this.at++];
		if (byte !== 0xc2 && byte !== 0xc3) this.refuse("is neither true nor false");
		return byte === 0xc3;
	}

	/** Enters an array: its number of elements; 0 and a refusal when none is next. */
	array(): number {
		const byte = this.bytes[this.at] as number;
		const count = arrayCount(this.bytes, this.at, byte, this.bytes.length);
		if (count < 0 || this.code !== null) {
			this.refuse("is not an array");
			return 0;
		}
		this.at += headerSize(byte);
		return count;
	}

	/** A whole number from 0 to 2^53 - 1, in whatever coding [P-2.4]. */
	uint(): number {
		const byte = this.bytes[this.at++] as number;
		if (byte < 0x80) return byte;
		switch (byte) {
			case 0xcc:
				return this.big(1);
			case 0xcd:
				return this.big(2);
			case 0xce:
				return this.uint32();
			case 0xd0:
				return this.below(0x80, this.big(1));
			case 0xd1:
				return this.below(0x8000, this.big(2));
			case 0xd2:
				return this.below(0x80000000, this.big(4));
			// A negative one has its highest bit set and so is far above the safe ones.
			case 0xcf:
			case 0xd3:
				return this.below(2 ** 53, this.uint32() * 2 ** 32 + this.uint32());
			case 0xca:
				bits.setUint32(0, this.big(4));
				return this.whole(bits.getFloat32(0));
			case 0xcb:
				bits.setUint32(0, this.big(4));
				bits.setUint32(4, this.big(4));
				return this.whole(bits.getFloat64(0));
			default:
				return this.whole(Number.NaN);
		}
	}

	/** Enters a text: its length, `at` on its first byte; -1 and a refusal when none is next. */
	textLength(): number {
		if (this.code !== null) return -1;
		const byte = this.bytes[this.at++] as number;
		if (byte >= 0xa0 && byte < 0xc0) return byte & 31;
		if (byte >= 0xd9 && byte <= 0xdb) return this.big(1 << (byte - 0xd9));
		this.refuse("is not a text");
		return -1;
	}

	text(bytesMax: number): string {
		const length = this.textLength();
		if (length < 0) return "";
		if (length > bytesMax) {
			this.refuse(`is longer than ${bytesMax} bytes`);
			return "";
		}
		const from = this.at;
		this.at += length;
		return textOf(this.bytes, from, this.at);
	}

	/** A view of the frame, not a copy. */
	binary(bytesMin: number, bytesMax: number, tooLong: ErrorCode = "BAD_REQUEST"): Uint8Array {
		if (this.code !== null) return noBytes;
		const byte = this.bytes[this.at++] as number;
		if (byte < 0xc4 || byte > 0xc6) this.refuse("is not bytes");
		else {
			const length = this.big(1 << (byte - 0xc4));
			if (length > bytesMax) this.refuse(`is longer than ${bytesMax} bytes`, tooLong);
			if (length < bytesMin) this.refuse(`is shorter than ${bytesMin} bytes`);
			const { buffer, byteOffset } = this.bytes;
			const view = new Uint8Array(buffer, byteOffset + this.at, length);
			this.at += length;
			return view;
		}
		return noBytes;
	}

	/** Passes over `count` values of any type. */
	skip(count: number): void {
		if (this.code !== null) return;
		for (let left = count; left > 0; left--) {
			const byte = this.bytes[this.at] as number;
			const inside = arrayCount(this.bytes, this.at, byte, this.bytes.length);
			if (inside < 0) this.at = valueEnd(this.bytes, this.at, byte, this.bytes.length);
			else {
				left += inside;
				this.at += headerSize(byte);
			}
		}
	}

	private uint32(): number {
		const { bytes, at } = this;
		this.at = at + 4;
		const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
		return high * 0x10000 + (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number));
	}

	/** An unsigned number of `size` bytes, highest first. */
	private big(size: number): number {
		let value = 0;
		for (let i = 0; i < size; i++) value = value * 256 + (this.bytes[this.at++] as number);
		return value;
	}

	private below(bound: number, value: number): number {
		return this.whole(value < bound ? value : Number.NaN);
	}

	private whole(value: number): number {
		// -0 is what a sloppy subtraction leaves; taken as 0 it would differ from its own bytes.
		if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) return value;
		this.refuse("is not a whole number from 0 to 2^53 - 1");
		return 0;
	}
}
