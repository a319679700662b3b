// What applications see of `colloquy/client/media`: the shapes only.

import type { MediaReference, TransferOptions } from "./types.js";

/** A path (Node), what a page got from a person, or bytes. */
export type Uploadable = string | Blob | Uint8Array;

export interface UploadOptions extends TransferOptions {
	/** Default: the name of the file. What is longer than 255 bytes is cut before its ending. */
	readonly name?: string;
	/** Used when the first bytes do not tell. Default: what the file says of itself. */
	readonly contentType?: string;
}

export interface Media {
	/**
	 * Uploads, and gives what `send` takes. Whatever the connection and the server do, it goes on
	 * where it was; with a `store` also the next call for the same path or `File` after the process
	 * has ended. What was aborted stays on the server for a day and is gone on with alike.
	 *
	 * Errors: MEDIA_TOO_LARGE, MEDIA_QUOTA, RATE_LIMITED, MEDIA_IO; MEDIA_MISMATCH: the file has
	 *         changed meanwhile; CLOSED; the signal's reason; those of the file system.
	 */
	upload(file: Uploadable, options?: UploadOptions): Promise<MediaReference>;
}
