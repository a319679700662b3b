// The journal interface: an ordered map of binary rows that is written in atomic, durable batches.
// Adapters stand beside it (`memory`, `leveldb`); what the rows mean is in `rows.ts`; who gathers
// writes into groups is `group-commit.ts`. `test/conformance/journal.ts` is this page as tests.

/** What one commit writes. Parallel arrays: `values[i]` belongs to `keys[i]`, null deletes. */
export interface WriteSet {
	readonly keys: Uint8Array[];
	readonly values: (Uint8Array | null)[];
}

export interface Row {
	readonly key: Uint8Array;
	readonly value: Uint8Array;
}

/** A half-open interval of keys, read in ascending order unless `reverse`. */
export interface Range {
	readonly gte: Uint8Array;
	readonly lt: Uint8Array;
	/** Most rows to return. */
	readonly limit: number;
	/**
	 * The row with which the values reach so many bytes is the last to come. Fewer rows than `limit`
	 * with fewer bytes: the interval has no more. Default: no bound.
	 */
	readonly bytesMax?: number;
	readonly reverse?: boolean;
}

/** Reads of one moment: later commits do not show. Must be closed. */
export interface View {
	get(key: Uint8Array): Uint8Array | undefined;
	range(range: Range): Promise<Row[]>;
	close(): void;
}

/** What an acknowledged commit survives: the process (`memory`: nothing), the machine, a quorum. */
export type Durability = "memory" | "os" | "fsync" | "replicated+fsync";

/**
 * The state of the store. `failed`: a commit's outcome is unknown, reads still answer what was
 * there before it, and nothing may be committed until `reopen` has succeeded.
 */
export type JournalState = "open" | "failed" | "closed";

export interface Journal {
	readonly durability: Durability;
	/** A random name of this history; changes when positions could be used again. */
	readonly epoch: string;
	/** Counts the openings of this store; part of every pid. */
	readonly boot: number;
	readonly state: JournalState;

	/**
	 * Write one batch, all or nothing; resolves when it is durable.
	 *
	 * Order:  one at a time; a second call before the first has settled is a fault of the caller.
	 * Errors: JOURNAL_IO: the outcome is unknown and the state is `failed`; JOURNAL_CLOSED.
	 */
	commit(writes: WriteSet): Promise<void>;

	/**
	 * A point read of committed rows, without waiting (measured at a few microseconds when cached):
	 * so that a decision about an old message needs no second turn.
	 *
	 * Errors: JOURNAL_IO, JOURNAL_CLOSED; JOURNAL_DAMAGED when the row fails its check.
	 */
	get(key: Uint8Array): Uint8Array | undefined;
	range(range: Range): Promise<Row[]>;
	view(): View;

	/**
	 * Note, apart from the store, that commits up to this number are durable: a later opening that
	 * finds fewer knows that something is lost. A failure is the caller's to log, not to act upon.
	 */
	mark(commit: number): Promise<void>;

	/** Close and open again after a failed commit. Errors: JOURNAL_IO while the cause persists. */
	reopen(): Promise<void>;
	close(): Promise<void>;
}
