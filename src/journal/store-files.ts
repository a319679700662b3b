// Looks at LevelDB's files before LevelDB does: opening a store that lost its CURRENT would begin
// an empty one and delete the old tables, and a cut table is only noticed when it is read. Reads
// the manifest's records (LevelDB's documented log format) for which tables must be there, how
// large.

import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { BrokerError } from "../base/errors.js";

export interface StoreFiles {
	/** Bytes in LevelDB's logs: what opening reads, and needs free to write tables from. */
	readonly logBytes: number;
}

const blockBytes = 32 * 1024;
const headerBytes = 7;

/** Whether the folder holds anything of LevelDB's. */
export async function hasStore(store: string): Promise<boolean> {
	const names = await readdir(store).catch(() => [] as string[]);
	return names.some((name) => /^(CURRENT|MANIFEST-\d+|\d+\.(ldb|sst|log))$/.test(name));
}

/** Errors: JOURNAL_DAMAGED with the file, what is wrong with it, and what to do. */
export async function checkStoreFiles(store: string): Promise<StoreFiles> {
	const sizes = await fileSizes(store);
	const current = sizes.has("CURRENT") ? await readFile(join(store, "CURRENT"), "utf8") : null;
	if (current === null) throw broken(store, "CURRENT", "is missing");
	const manifest = current.trimEnd();
	if (manifest === "") throw broken(store, "CURRENT", "is empty");
	if (!/^MANIFEST-\d+$/.test(manifest)) throw broken(store, "CURRENT", "names no manifest");
	if (!sizes.has(manifest)) throw broken(store, manifest, "is missing");
	if (sizes.get(manifest) === 0) throw broken(store, manifest, "is empty");
	const { tables, log } = readManifest(store, manifest, await readFile(join(store, manifest)));
	for (const [number, bytes] of tables) checkTable(store, sizes, number, bytes);
	const logName = `${pad(log)}.log`;
	if (log > 0 && !sizes.has(logName)) throw broken(store, logName, "is missing");
	let logBytes = 0;
	for (const [name, bytes] of sizes) if (name.endsWith(".log")) logBytes += bytes;
	return { logBytes };
}

async function fileSizes(store: string): Promise<Map<string, number>> {
	const sizes = new Map<string, number>();
	let names: string[];
	try {
		names = await readdir(store);
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
		throw broken(store, "", "is missing");
	}
	for (const name of names) sizes.set(name, (await stat(join(store, name))).size);
	return sizes;
}

function checkTable(
	store: string,
	sizes: ReadonlyMap<string, number>,
	number: number,
	bytes: number,
): void {
	const name = [`${pad(number)}.ldb`, `${pad(number)}.sst`].find((one) => sizes.has(one));
	if (name === undefined) throw broken(store, `${pad(number)}.ldb`, "is missing");
	const found = sizes.get(name);
	if (found !== bytes) throw broken(store, name, `has ${found} bytes instead of ${bytes}`);
}

function pad(number: number): string {
	return String(number).padStart(6, "0");
}

function broken(store: string, name: string, why: string): BrokerError {
	const detail = `${join(store, name)} ${why}; nothing was changed, restore a backup of the folder`;
	return new BrokerError("JOURNAL_DAMAGED", detail);
}

interface Manifest {
	/** Size by file number of every table in use. */
	readonly tables: Map<number, number>;
	/** Number of the oldest log that is still needed. */
	log: number;
}

function readManifest(store: string, name: string, bytes: Uint8Array): Manifest {
	const manifest: Manifest = { tables: new Map(), log: 0 };
	try {
		for (const record of logRecords(bytes)) applyEdit(manifest, new Edit(record));
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		throw broken(store, name, `cannot be read (${error.message})`);
	}
	return manifest;
}

/**
 * Records may be split over blocks. One that is cut at the end was never finished: LevelDB's
 * rule.
 */
function* logRecords(bytes: Uint8Array): Generator<Uint8Array> {
	let parts: Uint8Array[] = [];
	for (let at = 0; at + headerBytes <= bytes.length; ) {
		const left = blockBytes - (at % blockBytes);
		if (left < headerBytes) {
			at += left;
			continue;
		}
		const length = (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8);
		const type = bytes[at + 6] as number;
		at += headerBytes;
		if (at + length > bytes.length) return;
		if (type === 1 || type === 2) parts = [];
		parts.push(bytes.subarray(at, at + length));
		at += length;
		if (type === 1 || type === 4) yield Buffer.concat(parts);
	}
}

class Edit {
	readonly #bytes: Uint8Array;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	get done(): boolean {
		return this.#at >= this.#bytes.length;
	}

	number(): number {
		let value = 0;
		for (let factor = 1; ; factor *= 128) {
			const byte = this.#bytes[this.#at++];
			if (byte === undefined) throw new RangeError("a record ends too early");
			value += (byte & 127) * factor;
			if (byte < 128) return value;
		}
	}

	skipText(): void {
		const length = this.number();
		this.#at += length;
	}
}

/** Tags as in LevelDB's version_edit.cc. */
function applyEdit(manifest: Manifest, edit: Edit): void {
	while (!edit.done) {
		const tag = edit.number();
		if (tag === 1) edit.skipText();
		else if (tag === 2) manifest.log = edit.number();
		else if (tag === 3 || tag === 4 || tag === 9) edit.number();
		else if (tag === 5) {
			edit.number();
			edit.skipText();
		} else if (tag === 6) {
			edit.number();
			manifest.tables.delete(edit.number());
		} else if (tag === 7) {
			edit.number();
			const number = edit.number();
			manifest.tables.set(number, edit.number());
			edit.skipText();
			edit.skipText();
		} else throw new RangeError(`unknown tag ${tag}`);
	}
}
