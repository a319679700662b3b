// One pass over a frame's bytes before anything is made of them: only the allowed types, every
// length inside the frame, bounded depth, well-formed text. What passes can be read without a
// check of bounds; what does not ends the connection, since nothing after it can be trusted.

import { depthMax } from "./limits.js";
import { isWellFormed } from "./utf8.js";

/** What `valueEnd` answers instead of an offset. */
const cut = -1;
const forbidden = -2;
const badText = -3;

/** Elements still to come of each open array; one frame is scanned at a time. */
const open = new Int32Array(depthMax + 1);

/** Where the operations of a frame begin: the first `count` of `at`. Used again for each frame. */
export interface Starts {
	readonly at: number[];
	count: number;
}

/**
 * Checks the structure of a frame and finds its operations. Null when sound, else what is wrong.
 *
 * Shape:  `starts` is filled with the offset of each operation's array header.
 * Errors: every text returned means PROTOCOL.
 * Source: [P-2.1] to [P-2.7]
 */
export function scan(bytes: Uint8Array, opsMax: number, starts: Starts): string | null {
	starts.count = 0;
	const end = bytes.length;
	let at = 0;
	let depth = 0;
	while (at < end) {
		const byte = bytes[at] as number;
		const count = arrayCount(bytes, at, byte, end);
		if (count < 0) {
			if (depth === 0) return "an operation is an array";
			at = valueEnd(bytes, at, byte, end);
			if (at < 0) return explain(at);
		} else {
			if (depth === 0) {
				if (count === 0) return "an operation has a code";
				if (starts.count === opsMax) return `more than ${opsMax} operations`;
				starts.at[starts.count++] = at;
			}
			at += headerSize(byte);
			// Each element takes a byte at least, so no count can claim more than what is there.
			if (count > end - at) return "the frame ends inside an array";
			if (depth === depthMax) return `more than ${depthMax} arrays inside each other`;
			if (count > 0) {
				open[++depth] = count;
				continue;
			}
		}
		while (depth > 0) {
			const left = (open[depth] as number) - 1;
			open[depth] = left;
			if (left > 0) break;
			depth--;
		}
	}
	if (starts.count === 0) return "the frame is empty";
	return depth === 0 ? null : "the frame ends inside an array";
}

/** How many elements the array at `at` announces; -1 when no (whole) array header stands there. */
export function arrayCount(bytes: Uint8Array, at: number, byte: number, end: number): number {
	if (byte >= 0x90 && byte < 0xa0) return byte & 15;
	if (byte === 0xdc && at + 3 <= end) return uint16(bytes, at + 1);
	if (byte === 0xdd && at + 5 <= end) return uint32(bytes, at + 1);
	return -1;
}

/** Bytes of an array's header. */
export function headerSize(byte: number): number {
	return byte === 0xdc ? 3 : byte === 0xdd ? 5 : 1;
}

/** Where the value at `at`, which is no array, ends. */
export function valueEnd(bytes: Uint8Array, at: number, byte: number, end: number): number {
	if (byte < 0x80 || byte >= 0xe0) return at + 1;
	if (byte >= 0xa0 && byte < 0xc0) return textEnd(bytes, at + 1, byte & 31, end);
	switch (byte) {
		case 0xc0:
		case 0xc2:
		case 0xc3:
			return at + 1;
		case 0xcc:
		case 0xd0:
			return within(at + 2, end);
		case 0xcd:
		case 0xd1:
			return within(at + 3, end);
		case 0xca:
		case 0xce:
		case 0xd2:
			return within(at + 5, end);
		case 0xcb:
		case 0xcf:
		case 0xd3:
			return within(at + 9, end);
		case 0xc4:
			return at + 2 > end ? cut : within(at + 2 + (bytes[at + 1] as number), end);
		case 0xc5:
			return at + 3 > end ? cut : within(at + 3 + uint16(bytes, at + 1), end);
		case 0xc6:
			return at + 5 > end ? cut : within(at + 5 + uint32(bytes, at + 1), end);
		case 0xd9:
			return at + 2 > end ? cut : textEnd(bytes, at + 2, bytes[at + 1] as number, end);
		case 0xda:
			return at + 3 > end ? cut : textEnd(bytes, at + 3, uint16(bytes, at + 1), end);
		case 0xdb:
			return at + 5 > end ? cut : textEnd(bytes, at + 5, uint32(bytes, at + 1), end);
		case 0xdc:
		case 0xdd:
			return cut;
		default:
			return forbidden;
	}
}

function within(to: number, end: number): number {
	return to > end ? cut : to;
}

function textEnd(bytes: Uint8Array, from: number, length: number, end: number): number {
	const to = from + length;
	if (to > end) return cut;
	return isWellFormed(bytes, from, to) ? to : badText;
}

function uint16(bytes: Uint8Array, at: number): number {
	return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function uint32(bytes: Uint8Array, at: number): number {
	return uint16(bytes, at) * 0x10000 + uint16(bytes, at + 2);
}

function explain(fault: number): string {
	if (fault === cut) return "the frame ends inside a value";
	if (fault === badText) return "a text is not UTF-8";
	return "a map, an extension or a reserved type";
}
