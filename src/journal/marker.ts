// The marker: a small file beside the store that says what the folder is and how far it was durable
// (`journal.json`). Written whole (temporary file, sync, rename, sync of the folder), so a crash
// leaves the old one or the new one. LevelDB alone would take a lost file for a new store.

import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { BrokerError } from "../base/errors.js";

/** The on-disk format that this program writes. */
export const storeFormat = 1;

export interface Marker {
	readonly format: number;
	/** Random; also a row of the store, so that neither passes with another's counterpart. */
	readonly store: string;
	readonly epoch: string;
	readonly boot: number;
	/** The last commit that was noted as durable. */
	readonly commit: number;
	/** `fsync` or `os`: what an acknowledgement meant when this was written. */
	readonly durability: "fsync" | "os";
	/** The kernel's random name of the machine's uptime; null where there is none. */
	readonly machineBoot: string | null;
	/** `creating`: no row was ever acknowledged. `serving`: open, or not closed in order. */
	readonly phase: "creating" | "serving" | "closed";
}

const fileName = "journal.json";

export function markerPath(folder: string): string {
	return join(folder, fileName);
}

/** Null: there is none. Errors: JOURNAL_DAMAGED, JOURNAL_FORMAT. */
export async function readMarker(folder: string): Promise<Marker | null> {
	let text: string;
	try {
		text = await readFile(markerPath(folder), "utf8");
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
		throw new BrokerError("JOURNAL_IO", `${markerPath(folder)} cannot be read`, { cause });
	}
	return parseMarker(folder, text);
}

function parseMarker(folder: string, text: string): Marker {
	let marker: Partial<Marker>;
	try {
		marker = JSON.parse(text) as Partial<Marker>;
	} catch (cause) {
		throw unreadable(folder, "it is not JSON", cause);
	}
	if (typeof marker !== "object" || marker === null || !Number.isSafeInteger(marker.format)) {
		throw unreadable(folder, "it names no format");
	}
	const format = marker.format as number;
	if (format > storeFormat) {
		const detail = `${folder} has format ${format}; this program reads up to ${storeFormat}`;
		throw new BrokerError("JOURNAL_FORMAT", `${detail}; use a newer version`);
	}
	const { store, epoch, boot, commit, durability, phase } = marker;
	const whole =
		format === storeFormat &&
		typeof store === "string" &&
		typeof epoch === "string" &&
		Number.isSafeInteger(boot) &&
		Number.isSafeInteger(commit) &&
		(durability === "fsync" || durability === "os") &&
		(phase === "creating" || phase === "serving" || phase === "closed");
	if (!whole) throw unreadable(folder, "a field is missing or wrong");
	return { ...(marker as Marker), machineBoot: marker.machineBoot ?? null };
}

function unreadable(folder: string, why: string, cause?: unknown): BrokerError {
	const detail = `${markerPath(folder)}: ${why}; restore it from a backup of the folder`;
	return new BrokerError("JOURNAL_DAMAGED", detail, { cause });
}

export async function writeMarker(folder: string, marker: Marker): Promise<void> {
	const path = markerPath(folder);
	const temporary = `${path}.tmp`;
	const file = await open(temporary, "w");
	try {
		await file.writeFile(`${JSON.stringify(marker, null, 2)}\n`);
		await file.sync();
	} finally {
		await file.close();
	}
	await rename(temporary, path);
	await syncFolder(folder);
}

/** Makes names in a folder durable, where the system lets folders be synced. */
export async function syncFolder(folder: string): Promise<void> {
	if (process.platform === "win32") return;
	const handle = await open(folder, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
