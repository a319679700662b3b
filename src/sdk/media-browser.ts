// `colloquy/client/media` in browsers. The piece that `message.media` loads as well.

import { sha256 } from "@noble/hashes/sha2.js";
import type { Core } from "./core.js";
import { inMemory } from "./media-blob.js";
import { type CoreMedia, coreOf, mediaOver, type Platform } from "./media-of.js";
import type { Media } from "./media-types.js";
import type { Client } from "./types.js";

const browser: Platform = {
	// The platform's own wants all bytes at once.
	hasher: () => sha256.create(),
	async open(file) {
		if (typeof file === "string") throw new TypeError("a page has no paths: give a File or a Blob");
		return inMemory(file);
	},
	async file() {
		throw new TypeError("a page has no paths: download() gives a Blob");
	},
};

export function mediaOf(core: Core): CoreMedia {
	return mediaOver(core, browser);
}

/** Uploads of this client. */
export function openMedia(client: Client): Media {
	return mediaOf(coreOf(client));
}

export type * from "./media-types.js";
