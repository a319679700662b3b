// The fingerprint of a command's bytes (53 bits): so that a number of an outbox that comes back
// with another content is noticed [P-5.6]. It is kept in the journal, so it never changes. Not a
// defence: a client that finds a collision deceives nobody but itself.

/**
 * Two lanes in the manner of MurmurHash3 over 32-bit words, one pass. Not `zlib.crc32`: the call
 * costs as much as the whole of this for a short send, gives 32 bits, and is not there in a
 * browser.
 */
export function fingerprint(bytes: Uint8Array, from: number, to: number): number {
	let one = 0x2f0b4471 ^ (to - from);
	let two = 0x51ed270b ^ (to - from);
	let at = from;
	for (; at + 4 <= to; at += 4) {
		const word =
			(bytes[at] as number) |
			((bytes[at + 1] as number) << 8) |
			((bytes[at + 2] as number) << 16) |
			((bytes[at + 3] as number) << 24);
		one = step(one, Math.imul(word, 0xcc9e2d51), 0x1b873593);
		two = step(two, Math.imul(word, 0xab0e9789), 0x38b34ae5);
	}
	let rest = 0;
	for (let shift = 0; at < to; at++, shift += 8) rest |= (bytes[at] as number) << shift;
	one = finish(step(one, Math.imul(rest, 0xcc9e2d51), 0x1b873593));
	two = finish(step(two, Math.imul(rest, 0xab0e9789), 0x38b34ae5));
	return (two & 0x1fffff) * 2 ** 32 + one;
}

function step(lane: number, word: number, factor: number): number {
	const mixed = lane ^ Math.imul((word << 15) | (word >>> 17), factor);
	return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0x6b64e653) | 0;
}

/** Every bit of the lane reaches every bit of the result. */
function finish(lane: number): number {
	let mixed = lane ^ (lane >>> 16);
	mixed = Math.imul(mixed, 0x85ebca6b);
	mixed ^= mixed >>> 13;
	mixed = Math.imul(mixed, 0xc2b2ae35);
	return (mixed ^ (mixed >>> 16)) >>> 0;
}
