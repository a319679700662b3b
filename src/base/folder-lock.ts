// One process per folder, a broker's or a client's. LevelDB has a lock of its own; this one says
// who the holder is, and knows a pid that was given to another process since: a lock left by
// `kill -9` is just taken over.

import { link, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BrokerError } from "./errors.js";

export interface FolderLock {
	release(): Promise<void>;
}

interface Holder {
	readonly pid: number;
	/** Clock ticks between the machine's start and the process's; null where unknown. */
	readonly started: string | null;
	readonly machineBoot: string | null;
}

const journalLock = "journal.lock";
/** Between two processes that both find a dead holder, LevelDB's lock decides in the end. */
const takeOverTries = 3;

/** Errors: DATA_LOCKED naming the folder and the holder. */
export async function lockFolder(folder: string, fileName = journalLock): Promise<FolderLock> {
	const path = join(folder, fileName);
	const mine: Holder = {
		pid: process.pid,
		started: await startOf(process.pid),
		machineBoot: await machineBoot(),
	};
	const text = JSON.stringify(mine);
	// Linked into place whole: nobody ever reads half a lock.
	const temporary = `${path}.${process.pid}.${Math.floor(performance.now() * 1000)}`;
	await writeFile(temporary, text);
	try {
		for (let tries = 0; ; tries += 1) {
			if (await linked(temporary, path)) return { release: () => release(path, text) };
			const holder = await readHolder(path);
			if (holder !== null && (await isAlive(holder))) throw dataLocked(folder, holder.pid);
			if (tries >= takeOverTries) throw dataLocked(folder, null);
			await rm(path, { force: true });
		}
	} finally {
		await rm(temporary, { force: true });
	}
}

export function dataLocked(folder: string, pid: number | null): BrokerError {
	const who = pid === null ? "by another process" : `by process ${pid}`;
	return new BrokerError("DATA_LOCKED", `${folder} is held ${who}`);
}

/** Who holds the folder now; null: nobody that lives. */
export async function holderPid(folder: string): Promise<number | null> {
	const holder = await readHolder(join(folder, journalLock));
	return holder !== null && (await isAlive(holder)) ? holder.pid : null;
}

async function linked(temporary: string, path: string): Promise<boolean> {
	try {
		await link(temporary, path);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
		throw error;
	}
}

async function release(path: string, text: string): Promise<void> {
	const now = await readFile(path, "utf8").catch(() => null);
	if (now === text) await rm(path, { force: true });
}

async function readHolder(path: string): Promise<Holder | null> {
	try {
		const holder = JSON.parse(await readFile(path, "utf8")) as Partial<Holder>;
		if (!Number.isSafeInteger(holder.pid)) return null;
		return {
			pid: holder.pid as number,
			started: holder.started ?? null,
			machineBoot: holder.machineBoot ?? null,
		};
	} catch {
		return null;
	}
}

async function isAlive(holder: Holder): Promise<boolean> {
	if (holder.machineBoot !== null && holder.machineBoot !== (await machineBoot())) return false;
	try {
		process.kill(holder.pid, 0);
	} catch (error) {
		// EPERM: it lives, under another user.
		if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
	}
	return holder.started === null || holder.started === (await startOf(holder.pid));
}

/** The 22nd field of /proc/<pid>/stat; the second one may hold spaces, so count from its end. */
async function startOf(pid: number): Promise<string | null> {
	try {
		const stat = await readFile(`/proc/${pid}/stat`, "utf8");
		return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
	} catch {
		return null;
	}
}

/** A name that changes when the machine starts anew; null where the kernel gives none. */
export async function machineBoot(): Promise<string | null> {
	try {
		return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
	} catch {
		return null;
	}
}
