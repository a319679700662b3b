// UTF-8 without the platform where that pays: a check of a range of bytes, and text out of a range
// that passed it. Node and browsers have both, but a call of theirs costs more than a short id
// here.

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Ids, media types, cursors; what is longer is seldom said twice. */
const internBytesMax = 48;

/**
 * Texts seen lately, each at the place its hash names; a newcomer takes the place. The same few ids
 * come again and again, and one flat string for all of them is what maps further in look up fastest
 * (a text put together from characters is flattened and hashed anew at each look-up: 3x the time).
 */
const lately: (string | undefined)[] = new Array(4_096).fill(undefined);

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
	const length = to - from;
	if (length > internBytesMax) return decoder.decode(bytes.subarray(from, to));
	let hash = length;
	for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
	const slot = (hash ^ (hash >>> 15)) & (lately.length - 1);
	const known = lately[slot];
	if (known !== undefined && sameAscii(known, bytes, from, to)) return known;
	const text = decoder.decode(bytes.subarray(from, to));
	lately[slot] = text;
	return text;
}

/** Whether `bytes[from, to)` is this very text, and that plain ASCII. */
function sameAscii(text: string, bytes: Uint8Array, from: number, to: number): boolean {
	if (text.length !== to - from) return false;
	for (let i = 0; i < text.length; i++) {
		const byte = bytes[from + i] as number;
		if (byte >= 0x80 || text.charCodeAt(i) !== byte) return false;
	}
	return true;
}
