// Rules about references to media. Tickets are judged outside, because they need a key. Pure.

import type { MediaReference } from "./event.js";

/** Whether one of the references is to the file with this hash. */
export function shows(media: readonly MediaReference[], hash: Uint8Array): boolean {
	return media.some((one) => sameHash(one.hash, hash));
}

export function sameHash(one: Uint8Array, other: Uint8Array): boolean {
	return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
