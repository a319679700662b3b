// The journal's own limits that are no option of the configuration: unit, value, reason.

export interface GroupLimits {
	/** Bytes of one group's rows; an entry that passes it is the group's last. */
	readonly groupBytesMax: number;
	/** Entries of one group: bounds how long building a batch holds the thread (1 ms a thousand). */
	readonly groupEntriesMax: number;
	/** How often the number of the last commit is noted in the side file. */
	readonly markEveryMs: number;
	/** First and longest wait before the store is opened again; doubled in between, with jitter. */
	readonly reopenFirstMs: number;
	readonly reopenMaxMs: number;
}

export const groupLimits: GroupLimits = {
	groupBytesMax: 4 * 1024 * 1024,
	groupEntriesMax: 4096,
	markEveryMs: 3_000,
	reopenFirstMs: 50,
	reopenMaxMs: 5_000,
};

/** Bounds of what readers take from the store at once. */
export const readLimits = {
	/** Rows and bytes that a scan reads at once. */
	scanRowsMax: 1_000,
	scanBytesMax: 1024 * 1024,
	/** Unread messages are counted up to here: more is shown as "many". */
	unreadMax: 1_000,
	/** Rows that the list looks at for a message worth showing. */
	previewRowsMax: 8,
} as const;

/** Commits that opening looks back over at most, beyond those since the last mark (0.1 s). */
export const commitCheckRows = 100_000;

/** Defaults of the LevelDB adapter, measured in bench/journal.ts. */
export const levelLimits = {
	/** 4 MiB stalls up to 1.5 s under sustained load; 64 MiB takes 2 s to open after a kill. */
	writeBufferBytes: 32 * 1024 * 1024,
	cacheBytes: 32 * 1024 * 1024,
	/** What an iterator reads ahead in its thread before it hands rows over. */
	readAheadBytes: 256 * 1024,
	/** Rows that an iterator is asked for at first, and how that grows: 64 bytes of room each. */
	firstRows: 16,
	rowsGrowth: 8,
	/** A file of this size is written and synced before a full or broken disk is trusted again. */
	probeBytes: 64 * 1024,
	/** Must be free beside the size of the log, which opening writes into tables. */
	reserveBytes: 1024 * 1024,
} as const;
