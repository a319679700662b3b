// What media asks of the journal: who has uploaded what, what is referenced, since when a file may
// be without a reference. The journal's rows answer it (`src/journal/media-rows.ts`). Hashes are 32
// bytes.

/** A reference as a reader may see it. */
export interface SeenReference {
	readonly size: number;
	readonly contentType: string;
	readonly name: string;
}

export interface UploadFacts {
	readonly size: number;
	readonly contentType: string;
	/** ms since 1970 */
	readonly at: number;
}

export interface MediaIndex {
	/** Bytes that the user has uploaded and that are still kept. */
	used(user: string): Promise<number>;
	/** Null: this user has not uploaded these bytes, or they are gone. */
	upload(user: string, hash: Uint8Array): UploadFacts | null;
	/**
	 * Notes an upload and that the file is loose as of now; durable when it resolves.
	 *
	 * Errors: JOURNAL_IO.
	 */
	uploaded(user: string, hash: Uint8Array, facts: UploadFacts): Promise<void>;
	/** Takes back an upload that came to nothing. Its loose row stays until the sweep looks. */
	withdraw(user: string, hash: Uint8Array): Promise<void>;
	/** The reference by which this user may see the file in this conversation; null: by none. */
	seen(user: string, hash: Uint8Array, conversation: string): Promise<SeenReference | null>;
	referenced(hash: Uint8Array): Promise<boolean>;
	/** The last time at which the file was or became loose; null: it has no loose row. */
	looseSince(hash: Uint8Array): Promise<number | null>;
	/** Hashes with loose rows, each once, in order. */
	loose(): AsyncIterable<Uint8Array>;
	/** Drops loose rows of up to that time: the file has a reference. */
	held(hash: Uint8Array, upTo: number): Promise<void>;
	/** Drops all rows of a file that is gone. */
	forget(hash: Uint8Array): Promise<void>;
}
