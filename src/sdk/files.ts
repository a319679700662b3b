// The files of a message as applications see them: the reference, and methods that load what does
// the work when they are first called. Not here: the requests, which are `media-*.ts`.

import type { Core } from "./core.js";
import type { Files } from "./hub.js";
import type { FileMedia } from "./media-of.js";
import type { MediaFile, MediaReference, TransferOptions } from "./types.js";

/** The piece that `colloquy/client/media` is as well. */
export type LoadMedia = () => Promise<{ mediaOf(core: Core): FileMedia }>;

export function filesOver(load: LoadMedia): (core: Core) => Files {
	return (core) => {
		const media = async () => (await load()).mediaOf(core);
		return (references = [], conversation) =>
			references.map((reference) => new MessageFile(reference, media, conversation));
	};
}

/**
 * What stands in private fields is left out where it is stored or said to other tabs, so that a
 * file of one message may be sent as one of another.
 */
class MessageFile implements MediaFile {
	readonly hash: Uint8Array;
	readonly size: number;
	readonly contentType: string;
	readonly name: string;
	readonly ticket: Uint8Array;
	readonly #media: () => Promise<FileMedia>;
	readonly #conversation: string;

	constructor(reference: MediaReference, media: () => Promise<FileMedia>, conversation: string) {
		this.hash = reference.hash;
		this.size = reference.size;
		this.contentType = reference.contentType;
		this.name = reference.name;
		this.ticket = reference.ticket;
		this.#media = media;
		this.#conversation = conversation;
	}

	async url(): Promise<string> {
		return (await this.#media()).url(this, this.#conversation);
	}

	async download(options?: TransferOptions): Promise<Blob> {
		return (await this.#media()).download(this, this.#conversation, options);
	}

	async save(path: string, options?: TransferOptions): Promise<void> {
		return (await this.#media()).save(this, this.#conversation, path, options);
	}

	async forward(): Promise<MediaReference> {
		return (await this.#media()).forward(this, this.#conversation);
	}
}
