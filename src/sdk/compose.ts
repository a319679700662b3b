// What an application sends, as a command of the protocol.

import type { Clock } from "../base/clock.js";
import { clientTimeMax, clientTimeMin } from "../protocol/limits.js";
import { numberOf, type Send } from "./message.js";
import type { SendOptions } from "./types.js";

const encoder = new TextEncoder();
/** One for all: every message keeps its own. */
const none: readonly never[] = [];
const idBytes = 16;

/** Errors: TypeError without text, content and media, and for a time to live that is none. */
export function commandOf(given: string | Uint8Array | SendOptions, clock: Clock): Send {
	const options: SendOptions =
		typeof given === "string"
			? { text: given }
			: given instanceof Uint8Array
				? { content: given }
				: given;
	const { text, content, replyTo = null, mentions = none, media, ttlMs = null } = options;
	if ((text ?? content ?? media) === undefined) throw new TypeError("nothing to send");
	if (!Number.isSafeInteger(ttlMs ?? 0)) throw new TypeError("ttlMs is no whole number");
	const now = Math.floor(clock.now());
	return {
		type: "send",
		// Random: a send made again after a lost answer is known by it.
		id: clock.randomBytes(idBytes),
		contentType:
			options.contentType ?? (content === undefined ? "text/plain" : "application/octet-stream"),
		// A copy: what the caller does with the bytes later must not change what is said again.
		content: content === undefined ? encoder.encode(text) : new Uint8Array(content),
		replyTo: replyTo === null ? null : numberOf(replyTo),
		mentions: mentions.length === 0 ? none : [...mentions],
		media: media ?? none,
		ttlMs,
		clientTime: now >= clientTimeMin && now <= clientTimeMax ? now : null,
		seenUpTo: null,
	};
}
