// The default store: a folder. A file gets its name by a rename of a synced draft, so that under a
// hash there is the whole file or nothing, whatever happens in between.

import { type FileHandle, mkdir, open, opendir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import type { Slots } from "./slots.js";
import { type Blob, type BlobStore, hashPattern, placeOf, type Stored } from "./store.js";

/** Fewer calls for large files, little memory for many readers. */
const chunkBytes = 256 * 1_024;

export class DirectoryStore implements BlobStore {
	/** Folders whose names have been synced by this process: those of others may not have been. */
	private readonly durable = new Set<string>();

	constructor(
		private readonly root: string,
		private readonly slots: Slots,
	) {}

	async put(hash: string, path: string): Promise<void> {
		const place = join(this.root, placeOf(hash));
		await this.slots.run(async () => {
			await mkdir(dirname(place), { recursive: true });
			await rename(path, place);
			await this.sync(dirname(place));
		});
	}

	async open(hash: string): Promise<Blob | null> {
		const place = join(this.root, placeOf(hash));
		return this.slots.run(async () => {
			const file = await ifThere(() => open(place, "r"));
			if (file === null) return null;
			const { size } = await file.stat();
			return {
				size,
				close: () => file.close(),
				read: (from, to) => readFrom(file, this.slots, from, to),
				readInto: async (buffer, from) => {
					const { length } = buffer;
					return (await this.slots.run(() => file.read(buffer, 0, length, from))).bytesRead;
				},
			};
		});
	}

	async remove(hash: string): Promise<void> {
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

	/** The names in a leaf folder, and those that lead there if they may be new: 65,536 at most. */
	private async sync(leaf: string): Promise<void> {
		await syncFolder(leaf);
		for (let folder = leaf; folder !== this.root && !this.durable.has(folder); ) {
			const above = dirname(folder);
			await syncFolder(above);
			this.durable.add(folder);
			folder = above;
		}
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
