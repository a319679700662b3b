// The journal on LevelDB, the default: the only importer of `level`. One folder holds the marker
// (`journal.json`), the lock (`journal.lock`) and LevelDB's own folder (`store`). What is checked
// before and after LevelDB opens is in `opening.ts`.

import { Level } from "level";
import type { Clock } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import { dataLocked, type FolderLock, holderPid } from "../base/folder-lock.js";
import type { Log } from "../base/log.js";
import type { Durability, Journal, JournalState, Range, Row, View, WriteSet } from "./journal.js";
import { levelLimits } from "./limits.js";
import { type Marker, writeMarker } from "./marker.js";
import { admit, prepare, probe, storePath, syncLogs } from "./opening.js";
import { checkStoreFiles } from "./store-files.js";

export interface LevelOptions {
	readonly folder: string;
	/** What an acknowledgement survives: the machine's crash, or only the process's. */
	readonly durability: "fsync" | "os";
	readonly clock: Clock;
	readonly log: Log;
	readonly writeBufferBytes?: number;
	readonly cacheBytes?: number;
	/**
	 * This folder was restored from a copy, or its loss is accepted: what is found is taken as the
	 * whole, under a new epoch. Rows that fail their check are still refused.
	 */
	readonly newEpoch?: boolean;
}

/** What `openLevel` gives. */
export interface LevelStore extends Journal {
	/**
	 * The end that a kill is, within this process: nothing more is written, the marker is left as
	 * it stands, and the folder is free. A commit under way may be there afterwards, or not.
	 */
	abandon(): Promise<void>;
}

type Db = Level<Uint8Array, Uint8Array>;
type Snapshot = ReturnType<Db["snapshot"]>;

/**
 * Opens the folder, or begins one where nothing is.
 *
 * Errors: DATA_LOCKED, JOURNAL_DAMAGED, JOURNAL_FORMAT, JOURNAL_IO; the folder is as it was.
 */
export async function openLevel(options: LevelOptions): Promise<LevelStore> {
	const admission = await prepare(options);
	let db: Db | null = null;
	try {
		db = await openDb(options, admission.creating);
		const opened = db;
		const marker = await admit(options, admission, {
			...reads(opened, options.folder),
			write: (writes) => writeBatch(opened, writes, true),
		});
		return new LevelJournal(options, admission.lock, marker, db);
	} catch (error) {
		await db?.close();
		await admission.lock.release();
		throw error;
	}
}

async function openDb(options: LevelOptions, createIfMissing: boolean): Promise<Db> {
	const db: Db = new Level(storePath(options.folder), {
		keyEncoding: "view",
		valueEncoding: "view",
		createIfMissing,
		writeBufferSize: options.writeBufferBytes ?? levelLimits.writeBufferBytes,
		cacheSize: options.cacheBytes ?? levelLimits.cacheBytes,
	});
	try {
		await db.open();
		return db;
	} catch (error) {
		const cause = (error as Error).cause ?? error;
		if ((cause as { code?: string }).code === "LEVEL_LOCKED") {
			throw dataLocked(options.folder, await holderPid(options.folder));
		}
		throw storeError(cause, options.folder);
	}
}

class LevelJournal implements LevelStore {
	readonly durability: Durability;
	readonly epoch: string;
	readonly boot: number;
	readonly #options: LevelOptions;
	readonly #lock: FolderLock;
	#marker: Marker;
	#state: JournalState = "open";
	/** Null while the store is being opened again. */
	#db: Db | null;
	#writing: Promise<void> | null = null;
	#reopening: Promise<void> | null = null;
	#marking: Promise<void> = Promise.resolve();
	#closing: Promise<void> | null = null;

	constructor(options: LevelOptions, lock: FolderLock, marker: Marker, db: Db) {
		this.#options = options;
		this.#lock = lock;
		this.#marker = marker;
		this.#db = db;
		this.durability = options.durability;
		this.epoch = marker.epoch;
		this.boot = marker.boot;
	}

	get state(): JournalState {
		return this.#state;
	}

	async commit(writes: WriteSet): Promise<void> {
		if (this.#state === "closed") throw new BrokerError("JOURNAL_CLOSED");
		if (this.#state === "failed" || this.#db === null) throw failedBefore();
		if (this.#writing !== null) throw new BrokerError("JOURNAL_CONFLICT", "a commit is under way");
		this.#writing = writeBatch(this.#db, writes, this.durability === "fsync");
		try {
			await this.#writing;
		} catch (cause) {
			if (this.#state === "open") this.#state = "failed";
			throw new BrokerError("JOURNAL_IO", (cause as Error).message, { cause });
		} finally {
			this.#writing = null;
		}
	}

	get(key: Uint8Array): Uint8Array | undefined {
		return reads(this.#open(), this.#options.folder).get(key);
	}

	range(range: Range): Promise<Row[]> {
		return readRange(this.#open(), this.#options.folder, range, undefined);
	}

	view(): View {
		const db = this.#open();
		const snapshot = db.snapshot();
		return {
			...reads(db, this.#options.folder, snapshot),
			close: () => void snapshot.close().catch(() => {}),
		};
	}

	mark(commit: number): Promise<void> {
		const marked = this.#marking.then(async () => {
			if (this.#state === "closed") throw new BrokerError("JOURNAL_CLOSED");
			await this.#write({ ...this.#marker, commit });
		});
		this.#marking = marked.catch(() => {});
		return marked;
	}

	reopen(): Promise<void> {
		if (this.#state === "closed") return Promise.reject(new BrokerError("JOURNAL_CLOSED"));
		if (this.#state === "open") return Promise.resolve();
		this.#reopening ??= this.#reopen().finally(() => {
			this.#reopening = null;
		});
		return this.#reopening;
	}

	close(): Promise<void> {
		this.#closing ??= this.#end(this.#state === "open");
		return this.#closing;
	}

	abandon(): Promise<void> {
		this.#closing ??= this.#end(false);
		return this.#closing;
	}

	/** The probe comes first: while the disk is full, the store stays open for reads. */
	async #reopen(): Promise<void> {
		const { folder } = this.#options;
		await probe(folder);
		const old = this.#db;
		this.#db = null;
		await old?.close();
		await checkStoreFiles(storePath(folder));
		this.#db = await openDb(this.#options, false);
		if (this.#state === "failed") this.#state = "open";
	}

	/** `sound`: what is there is the whole, and the marker may say so. */
	async #end(sound: boolean): Promise<void> {
		this.#state = "closed";
		try {
			await this.#writing?.catch(() => {});
			await this.#reopening?.catch(() => {});
			await this.#marking;
			await this.#db?.close();
			if (sound) {
				if (this.durability === "os") await syncLogs(this.#options.folder);
				await this.#write({ ...this.#marker, phase: "closed" });
			}
		} finally {
			await this.#lock.release();
		}
	}

	async #write(marker: Marker): Promise<void> {
		await writeMarker(this.#options.folder, marker);
		this.#marker = marker;
	}

	#open(): Db {
		if (this.#state === "closed") throw new BrokerError("JOURNAL_CLOSED");
		if (this.#db === null) throw failedBefore();
		return this.#db;
	}
}

/** A chained batch hands each row over at once: three times as fast as a list of operations. */
function writeBatch(db: Db, { keys, values }: WriteSet, sync: boolean): Promise<void> {
	const batch = db.batch();
	for (let i = 0; i < keys.length; i += 1) {
		const value = values[i] as Uint8Array | null;
		if (value === null) batch.del(keys[i] as Uint8Array);
		else batch.put(keys[i] as Uint8Array, value);
	}
	return batch.write({ sync });
}

function reads(db: Db, folder: string, snapshot?: Snapshot): Pick<View, "get" | "range"> {
	return {
		get(key) {
			try {
				return db.getSync(key, snapshot === undefined ? {} : { snapshot });
			} catch (error) {
				throw storeError(error, folder);
			}
		},
		range: (range) => readRange(db, folder, range, snapshot),
	};
}

async function readRange(
	db: Db,
	folder: string,
	{ gte, lt, limit, bytesMax = Number.POSITIVE_INFINITY, reverse = false }: Range,
	snapshot: Snapshot | undefined,
): Promise<Row[]> {
	const out: Row[] = [];
	let bytes = 0;
	try {
		const iterator = db.iterator({
			gte,
			lt,
			limit,
			reverse,
			fillCache: true,
			highWaterMarkBytes: Math.min(levelLimits.readAheadBytes, bytesMax),
			...(snapshot === undefined ? {} : { snapshot }),
		});
		try {
			// LevelDB's binding makes room for as many rows as it is asked for, and keeps it until the
			// iterator is collected: most ranges are short, so the first request is small.
			for (let rows = levelLimits.firstRows; out.length < limit; rows *= levelLimits.rowsGrowth) {
				const entries = await iterator.nextv(Math.min(rows, limit - out.length));
				if (entries.length === 0) return out;
				for (const [key, value] of entries) {
					bytes += value.length;
					out.push({ key, value });
					if (bytes >= bytesMax) return out;
				}
			}
		} finally {
			await iterator.close();
		}
	} catch (error) {
		throw storeError(error, folder);
	}
	return out;
}

function failedBefore(): BrokerError {
	return new BrokerError("JOURNAL_IO", "the store failed and is not open again yet");
}

/** The code under which LevelDB's complaint is known here. */
function storeError(cause: unknown, folder: string): BrokerError {
	if (cause instanceof BrokerError) return cause;
	const { code = "", message = String(cause) } = cause as { code?: string; message?: string };
	if (code === "LEVEL_CORRUPTION") {
		const detail = `${folder}: ${message}; restore a backup of the folder`;
		return new BrokerError("JOURNAL_DAMAGED", detail, { cause });
	}
	if (code.endsWith("_NOT_OPEN")) return new BrokerError("JOURNAL_CLOSED", message, { cause });
	return new BrokerError("JOURNAL_IO", message, { cause });
}
