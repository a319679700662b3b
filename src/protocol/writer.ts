// Writes MessagePack in its shortest form into a slab that is never written twice: so what is
// handed out needs no copy and may be kept, at the price of pinning its slab while it lives.

/** Small: one frame kept for long keeps at most this much beside it. */
const slabBytes = 32 * 1024;

const encoder = new TextEncoder();
const bits = new DataView(new ArrayBuffer(8));

export class Writer {
	bytes = new Uint8Array(slabBytes);
	at = 0;
	/** Whether half a surrogate pair is a fault of the caller. If not, U+FFFD stands in its place. */
	strict = false;
	private from = 0;

	begin(): void {
		this.from = this.at;
	}

	/** All since `begin`. */
	finish(): Uint8Array {
		return this.bytes.subarray(this.from, this.at);
	}

	/** Makes room for `size` more bytes. */
	ensure(size: number): void {
		if (this.at + size <= this.bytes.length) return;
		const written = this.bytes.subarray(this.from, this.at);
		const bytes = new Uint8Array(Math.max(slabBytes, (written.length + size) * 2));
		bytes.set(written);
		this.bytes = bytes;
		this.from = 0;
		this.at = written.length;
	}

	nil(): void {
		this.ensure(1);
		this.bytes[this.at++] = 0xc0;
	}

	bool(value: boolean): void {
		this.ensure(1);
		this.bytes[this.at++] = value ? 0xc3 : 0xc2;
	}

	array(count: number): void {
		this.ensure(5);
		if (count < 16) this.bytes[this.at++] = 0x90 | count;
		else if (count < 0x10000) this.big(0xdc, count, 2);
		else this.big(0xdd, count, 4);
	}

	uint(value: number): void {
		this.ensure(9);
		if (value < 0x80 && value >= 0 && Number.isInteger(value)) this.bytes[this.at++] = value;
		else if (!Number.isSafeInteger(value) || value < 0) {
			throw new TypeError(`not a whole number from 0 to 2^53 - 1: ${value}`);
		} else if (value < 0x100) this.big(0xcc, value, 1);
		else if (value < 0x10000) this.big(0xcd, value, 2);
		else if (value < 0x100000000) this.big(0xce, value, 4);
		else {
			this.big(0xcf, Math.floor(value / 0x100000000), 4);
			bits.setUint32(0, value % 0x100000000);
			for (let i = 0; i < 4; i++) this.bytes[this.at++] = bits.getUint8(i);
		}
	}

	uintOrNil(value: number | null): void {
		if (value === null) this.nil();
		else this.uint(value);
	}

	binary(value: Uint8Array): void {
		this.ensure(5 + value.length);
		const { length } = value;
		if (length < 0x100) this.big(0xc4, length, 1);
		else if (length < 0x10000) this.big(0xc5, length, 2);
		else this.big(0xc6, length, 4);
		this.bytes.set(value, this.at);
		this.at += length;
	}

	text(value: string): void {
		const { length } = value;
		// UTF-8 takes at most three bytes for each UTF-16 unit.
		this.ensure(5 + length * 3);
		if (length < 32 && this.shortAscii(value)) return;
		const guess = length < 11 ? 1 : length < 86 ? 2 : length < 21_846 ? 3 : 5;
		const target = this.bytes.subarray(this.at + guess);
		const { written } = encoder.encodeInto(value, target);
		if (this.strict && written !== length && /\p{Surrogate}/u.test(value)) {
			throw new TypeError("a text ends inside a character");
		}
		const needed = written < 32 ? 1 : written < 0x100 ? 2 : written < 0x10000 ? 3 : 5;
		if (needed !== guess) {
			this.bytes.copyWithin(this.at + needed, this.at + guess, this.at + guess + written);
		}
		if (needed === 1) this.bytes[this.at++] = 0xa0 | written;
		else if (needed === 2) this.big(0xd9, written, 1);
		else if (needed === 3) this.big(0xda, written, 2);
		else this.big(0xdb, written, 4);
		this.at += written;
	}

	/** Writes a text of under 32 characters if all are ASCII; ids and media types nearly always. */
	private shortAscii(value: string): boolean {
		const { bytes } = this;
		let at = this.at + 1;
		for (let i = 0; i < value.length; i++) {
			const unit = value.charCodeAt(i);
			if (unit >= 0x80) return false;
			bytes[at++] = unit;
		}
		bytes[this.at] = 0xa0 | value.length;
		this.at = at;
		return true;
	}

	private big(head: number, value: number, size: number): void {
		const { bytes } = this;
		bytes[this.at++] = head;
		if (size === 4) {
			bytes[this.at++] = value >>> 24;
			bytes[this.at++] = (value >>> 16) & 0xff;
		}
		if (size >= 2) bytes[this.at++] = (value >>> 8) & 0xff;
		bytes[this.at++] = value & 0xff;
	}
}
