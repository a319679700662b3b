// The default store: a folder. A file gets its name by a rename of a synced draft, so that under a
// hash there is the whole file or nothing, whatever happens in between.

import { type FileHandle, mkdir, open, opendir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import type { Slots } from "./slots.js";
import { type Blob, type BlobStore, hashPattern, placeOf, type Stored } from "./store.js";

/** Fewer calls for large files, little memory for many readers. */
const chunkBytes = 256 * 1_024;

interface Opened {
	readonly file: FileHandle;
	readonly size: number;
}

interface Shared {
	readers: number;
	readonly file: Promise<Opened | null>;
}

export class DirectoryStore implements BlobStore {
	/** Folders whose names have been synced by this process: those of others may not have been. */
	private readonly durable = new Set<string>();
	/** What is being read, by hash: readers at the same time share one open file. */
	private readonly shared = new Map<string, Shared>();

	constructor(
		private readonly root: string,
		private readonly slots: Slots,
	) {}

	async put(hash: string, path: string, size: number): Promise<void> {
		const place = join(this.root, placeOf(hash));
		const known = this.durable.has(dirname(place));
		await this.slots.run(() => move(path, place, size, known));
		// What is opened from now on is this file; the same bytes, were the former not damaged.
		this.shared.delete(hash);
		await this.sync(dirname(place));
	}

	async open(hash: string): Promise<Blob | null> {
		const place = join(this.root, placeOf(hash));
		let shared = this.shared.get(hash);
		if (shared === undefined) {
			shared = { readers: 0, file: this.slots.run(() => opened(place)) };
			this.shared.set(hash, shared);
		}
		shared.readers += 1;
		try {
			const found = await shared.file;
			if (found !== null) return this.blobOf(found, () => this.leave(hash, shared));
		} catch (error) {
			await this.leave(hash, shared);
			throw error;
		}
		await this.leave(hash, shared);
		return null;
	}

	async remove(hash: string): Promise<void> {
		this.shared.delete(hash);
		await this.slots.run(() => rm(join(this.root, placeOf(hash)), { force: true }));
	}

	async *list(): AsyncIterable<Stored> {
		for await (const one of namesIn(this.root)) {
			for await (const two of namesIn(join(this.root, one))) {
				for await (const hash of namesIn(join(this.root, one, two))) {
					if (!hashPattern.test(hash)) continue;
					const found = await ifThere(() => stat(join(this.root, one, two, hash)));
					if (found !== null) yield { hash, size: found.size, at: found.mtimeMs };
				}
			}
		}
	}

	async close(): Promise<void> {}

	private blobOf({ file, size }: Opened, close: () => Promise<void>): Blob {
		return {
			size,
			close,
			read: (from, to) => readFrom(file, this.slots, from, to),
			readInto: async (buffer, from) => {
				const { length } = buffer;
				return (await this.slots.run(() => file.read(buffer, 0, length, from))).bytesRead;
			},
		};
	}

	/** The last reader closes the file. */
	private async leave(hash: string, shared: Shared): Promise<void> {
		shared.readers -= 1;
		if (shared.readers > 0) return;
		if (this.shared.get(hash) === shared) this.shared.delete(hash);
		const found = await shared.file.catch(() => null);
		await found?.file.close();
	}

	/** The names in a leaf folder, and those that lead there if they may be new: 65,536 at most. */
	private async sync(leaf: string): Promise<void> {
		const names = [leaf];
		for (let at = leaf; at !== this.root && !this.durable.has(at); at = dirname(at)) {
			names.push(dirname(at));
		}
		// At once: to a disk it is one thing to sync.
		await Promise.all(names.map((folder) => this.slots.run(() => syncFolder(folder))));
		for (const folder of names.slice(0, -1)) this.durable.add(folder);
	}
}

/** The file at `path` gets its place; or is there already, put by a process that was killed. */
async function move(path: string, place: string, size: number, known: boolean): Promise<void> {
	if (!known) await mkdir(dirname(place), { recursive: true });
	try {
		await rename(path, place);
	} catch (error) {
		if ((await ifThere(() => stat(place)))?.size !== size) throw error;
	}
}

/** Null: there is none. */
async function opened(place: string): Promise<Opened | null> {
	const file = await ifThere(() => open(place, "r"));
	if (file === null) return null;
	try {
		return { file, size: (await file.stat()).size };
	} catch (error) {
		await file.close();
		throw error;
	}
}

/** Bytes of an open file, both ends included; each chunk is read within the bound. */
export function readFrom(file: FileHandle, slots: Slots, from: number, to: number): Readable {
	let at = from;
	return new Readable({
		highWaterMark: chunkBytes,
		read() {
			const length = Math.min(chunkBytes, to + 1 - at);
			if (length <= 0) {
				this.push(null);
				return;
			}
			const chunk = Buffer.allocUnsafe(length);
			slots
				.run(() => file.read(chunk, 0, length, at))
				.then(
					({ bytesRead }) => {
						at += bytesRead;
						if (bytesRead > 0) this.push(chunk.subarray(0, bytesRead));
						else this.destroy(new Error("the file is shorter than it was"));
					},
					(error) => this.destroy(error),
				);
		},
	});
}

async function* namesIn(folder: string): AsyncIterable<string> {
	const opened = await ifThere(() => opendir(folder));
	if (opened === null) return;
	for await (const { name } of opened) yield name;
}

/** Null when there is no such file or folder. */
export async function ifThere<T>(run: () => Promise<T>): Promise<T | null> {
	try {
		return await run();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
		throw error;
	}
}

async function syncFolder(path: string): Promise<void> {
	const folder = await open(path, "r");
	try {
		await folder.sync();
	} finally {
		await folder.close();
	}
}
