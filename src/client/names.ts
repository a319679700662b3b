// Random names and how bytes are written as text. Apart from the store, which pages load later.

import type { Clock } from "../base/clock.js";

export function hex(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
	return text;
}

/** Names for a new installation: nobody else may have the same. */
export function freshNames(clock: Clock): { device: string; outbox: string } {
	return { device: hex(clock.randomBytes(16)), outbox: hex(clock.randomBytes(16)) };
}
