// Where finished files lie: named by their hash, never changed. Adapters stand beside it
// (`directory`, `s3`); `test/conformance/blob-store.ts` is this page as tests. Not here: who may
// read, what refers to a file, files still being uploaded (`drafts.ts`).

import type { Readable } from "node:stream";

/** A file that was there when it was opened, and stays readable where the system can. */
export interface Blob {
	readonly size: number;
	/**
	 * The bytes from `from` to `to`, both included; `to` below `from`: none.
	 *
	 * Errors: on the stream, as the store meets them.
	 */
	read(from: number, to: number): Readable;
	/**
	 * Fills `buffer` with the bytes from `from` on: a reader of much uses its buffers again, where a
	 * stream makes new ones. Gives how many came. Left out: this store is read by streams only.
	 */
	readInto?(buffer: Uint8Array, from: number): Promise<number>;
	close(): Promise<void>;
}

export interface Stored {
	/** SHA-256 in lower-case hex. */
	readonly hash: string;
	readonly size: number;
	/** When it was stored, ms since 1970. */
	readonly at: number;
}

export interface BlobStore {
	/**
	 * Takes the finished, synced file at `path` under its hash; durable when resolved, and the path
	 * is gone. The same file may be there already: then it is durable too, and nothing need be at
	 * the path. One of another size is damaged, and is replaced.
	 *
	 * Shape:  the caller has checked that the bytes have this hash and size.
	 * Errors: rejects as the system does; then nothing new is under the hash.
	 */
	put(hash: string, path: string, size: number): Promise<void>;
	/** Null: there is none. */
	open(hash: string): Promise<Blob | null>;
	/** One that is not there is no error. */
	remove(hash: string): Promise<void>;
	/** Everything stored, in no order, a bounded number in memory at a time. */
	list(): AsyncIterable<Stored>;
	close(): Promise<void>;
}

export const hashPattern = /^[0-9a-f]{64}$/;

/** `ab/cd/<hash>`: folders stay small with millions of files. */
export function placeOf(hash: string): string {
	// The last line of defence of every path and key: nothing but a hash becomes one.
	if (!hashPattern.test(hash)) throw new TypeError("not a hash");
	return `${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`;
}
