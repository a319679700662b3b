// What happens around LevelDB's opening: the folder is locked, its marker read and its files looked
// at before LevelDB may touch them; afterwards the commits are checked, the epoch decided and the
// boot counted. Everything that refuses does so before anything is changed.

import { mkdir, open, readdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import { type FolderLock, lockFolder, machineBoot } from "../base/folder-lock.js";
import type { Log } from "../base/log.js";
import { checkCommits, commitFloorName, newestGap } from "./commit-check.js";
import { lastCommitNumber } from "./commit-row.js";
import { appendMeta, decodeMeta } from "./index-rows.js";
import type { View, WriteSet } from "./journal.js";
import { metaKey } from "./keys.js";
import { levelLimits } from "./limits.js";
import { type Marker, readMarker, storeFormat, writeMarker } from "./marker.js";
import { checkStoreFiles, hasStore, type StoreFiles } from "./store-files.js";

export interface OpeningOptions {
	readonly folder: string;
	readonly durability: "fsync" | "os";
	readonly clock: Clock;
	readonly log: Log;
	readonly newEpoch?: boolean;
}

export interface Admission {
	readonly lock: FolderLock;
	readonly marker: Marker;
	readonly creating: boolean;
	readonly files: StoreFiles;
}

export function storePath(folder: string): string {
	return join(folder, "store");
}

/** Errors: DATA_LOCKED, JOURNAL_DAMAGED, JOURNAL_FORMAT, JOURNAL_IO. */
export async function prepare(options: OpeningOptions): Promise<Admission> {
	const { folder } = options;
	try {
		await mkdir(folder, { recursive: true });
		// Before the lock: a folder of another format is left alone to the last byte.
		await readMarker(folder);
		const lock = await lockFolder(folder);
		try {
			return { lock, ...(await inspect(options)) };
		} catch (error) {
			await lock.release();
			throw error;
		}
	} catch (cause) {
		if (cause instanceof BrokerError) throw cause;
		throw new BrokerError("JOURNAL_IO", (cause as Error).message, { cause });
	}
}

async function inspect(options: OpeningOptions): Promise<Omit<Admission, "lock">> {
	const { folder } = options;
	const store = storePath(folder);
	const marker = await readMarker(folder);
	if (marker !== null && marker.phase !== "creating") {
		return { marker, creating: false, files: await checkStoreFiles(store) };
	}
	if (marker === null && (await hasStore(store))) {
		const detail = `${folder} holds a store but no journal.json; restore it from a backup`;
		throw new BrokerError("JOURNAL_DAMAGED", detail);
	}
	// Noted before the store exists: a crash from here on is recognised as a beginning, in which
	// nothing was acknowledged yet, and not as a loss.
	const fresh = await freshMarker(options);
	await writeMarker(folder, fresh);
	return { marker: fresh, creating: true, files: { logBytes: 0 } };
}

async function freshMarker({ clock, durability }: OpeningOptions): Promise<Marker> {
	return {
		format: storeFormat,
		store: randomName(clock),
		epoch: randomName(clock),
		boot: 0,
		commit: 0,
		durability,
		machineBoot: await machineBoot(),
		phase: "creating",
	};
}

export interface Admitted extends Pick<View, "get" | "range"> {
	write(writes: WriteSet): Promise<void>;
}

/** Checks the opened store and gives the marker of this opening, already written. */
export async function admit(
	options: OpeningOptions,
	{ marker, creating, files }: Admission,
	store: Admitted,
): Promise<Marker> {
	const { folder, clock, log, durability } = options;
	const boot = await machineBoot();
	let { epoch, commit } = marker;
	if (creating) {
		const writes = { keys: [], values: [] };
		appendMeta(writes, "store", [marker.store]);
		await store.write(writes);
	} else {
		checkStoreName(folder, marker, store);
		const why = epochReason(options, marker, boot);
		if (why === null) {
			await checkCommits(store, { marked: commit, logBytes: files.logBytes });
		} else {
			epoch = randomName(clock);
			const found = await lastCommitNumber(store);
			log("warn", "journal-new-epoch", { folder, why, marked: commit, found });
			commit = found;
			if (options.newEpoch === true) await acceptGap(store, commit, log);
			else await checkCommits(store, { marked: 0, logBytes: files.logBytes });
		}
	}
	const next: Marker = {
		...marker,
		epoch,
		commit,
		boot: marker.boot + 1,
		durability,
		machineBoot: boot,
		phase: "serving",
	};
	await writeMarker(folder, next);
	return next;
}

/** Why positions may be given a second time from here on; null: they will not. */
function epochReason(options: OpeningOptions, marker: Marker, boot: string | null): string | null {
	if (options.newEpoch === true) return "asked for";
	const unsynced = marker.durability === "os" && marker.phase === "serving";
	if (!unsynced || (boot !== null && boot === marker.machineBoot)) return null;
	return "the machine went down with commits that were not synced";
}

/** What was lost is given up: commits count from behind the newest gap. */
async function acceptGap(store: Admitted, last: number, log: Log): Promise<void> {
	const all = { marked: 0, logBytes: Number.POSITIVE_INFINITY };
	const gap = await newestGap(store, last, all);
	if (gap === null) return;
	log("warn", "journal-loss-accepted", { commit: gap });
	const writes = { keys: [], values: [] };
	appendMeta(writes, commitFloorName, [gap + 1]);
	await store.write(writes);
}

function checkStoreName(folder: string, marker: Marker, store: Pick<View, "get">): void {
	const key = metaKey("store");
	const value = store.get(key);
	const found = value === undefined ? null : decodeMeta(key, value)[0];
	if (found === marker.store) return;
	const what = found === null ? "an empty store" : "another store";
	const detail = `${folder}: journal.json stands beside ${what}; restore both from one backup`;
	throw new BrokerError("JOURNAL_DAMAGED", detail);
}

function randomName(clock: Clock): string {
	return Buffer.from(clock.randomBytes(8)).toString("hex");
}

/**
 * Whether the disk takes writes again, with room for what opening the store will write.
 *
 * Errors: JOURNAL_IO.
 */
export async function probe(folder: string): Promise<void> {
	const path = join(folder, "journal.probe");
	try {
		const { logBytes } = await checkStoreFiles(storePath(folder));
		const { bavail, bsize } = await statfs(folder);
		const need = logBytes + levelLimits.reserveBytes;
		if (bavail * bsize < need) {
			throw new Error(`${bavail * bsize} bytes are free, opening the store needs ${need}`);
		}
		const file = await open(path, "w");
		try {
			await file.writeFile(new Uint8Array(levelLimits.probeBytes).fill(1));
			await file.sync();
		} finally {
			await file.close();
		}
	} catch (cause) {
		if (cause instanceof BrokerError) throw cause;
		throw new BrokerError("JOURNAL_IO", (cause as Error).message, { cause });
	} finally {
		await rm(path, { force: true }).catch(() => {});
	}
}

/** After closing without syncs: makes what LevelDB left to the system durable. */
export async function syncLogs(folder: string): Promise<void> {
	const store = storePath(folder);
	for (const name of await readdir(store)) {
		if (!name.endsWith(".log")) continue;
		const file = await open(join(store, name), "r+");
		try {
			await file.sync();
		} finally {
			await file.close();
		}
	}
}
