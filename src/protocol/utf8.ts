// UTF-8 without the platform: a check of a range of bytes, and text out of a range that passed it.
// Node and browsers have their own, but each call of theirs costs more than a short id takes here.

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Up to here a loop over ASCII beats a call into the platform (measured: `bench/codec.ts`). */
const loopBytesMax = 48;

/** Whether `bytes[from, to)` is well-formed UTF-8: no overlong form, no surrogate, no cut. */
export function isWellFormed(bytes: Uint8Array, from: number, to: number): boolean {
	let at = from;
	while (at < to) {
		const lead = bytes[at++] as number;
		if (lead < 0x80) continue;
		if (lead < 0xc2 || lead > 0xf4) return false;
		const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
		if (at + more > to) return false;
		// The second byte alone tells overlong forms, surrogates and what is beyond U+10FFFF.
		const second = bytes[at] as number;
		const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
		const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
		if (second < low || second > high) return false;
		for (let i = 1; i < more; i++) {
			if (((bytes[at + i] as number) & 0xc0) !== 0x80) return false;
		}
		at += more;
	}
	return true;
}

/** The text of well-formed bytes. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
	if (to - from <= loopBytesMax) {
		let text = "";
		let at = from;
		for (; at < to; at++) {
			const byte = bytes[at] as number;
			if (byte >= 0x80) break;
			text += String.fromCharCode(byte);
		}
		if (at === to) return text;
	}
	return decoder.decode(bytes.subarray(from, to));
}
