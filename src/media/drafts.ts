// Files that are being uploaded: one for each upload, on this machine whatever the store. Bytes are
// hashed as they arrive; a draft of a former process is read once to go on. A draft becomes a
// stored file or goes: by its upload's failure, by its user's wish, or by age.

import { createHash, type Hash } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { ifThere } from "./directory.js";
import { GatheringWriter } from "./gathering-writer.js";
import type { Slots } from "./slots.js";
import { headBytesMax } from "./type.js";

/** Named by us alone: nothing else becomes a path. */
const idPattern = /^[0-9a-f]{32}$/;
const readBytes = 256 * 1_024;

/** A draft with all its bytes. */
export interface Finished {
	readonly path: string;
	/** SHA-256, 32 bytes. */
	readonly hash: Uint8Array;
	readonly size: number;
	readonly head: Uint8Array;
	/** Makes the bytes durable, or knows that they are. */
	sync(): Promise<void>;
}

/** One that came in one piece and is still open. */
export interface Received extends Finished {
	close(): Promise<void>;
}

export class Drafts {
	/** Hashes of drafts that grow, by id: only a draft of a former process is read again. */
	private readonly hashes = new Map<string, { readonly hash: Hash; size: number }>();

	private constructor(
		private readonly folder: string,
		private readonly slots: Slots,
		/** Hashes kept of drafts that nobody writes to now; others are read again. */
		private readonly hashesMax: number,
	) {}

	static async open(folder: string, slots: Slots, hashesMax: number): Promise<Drafts> {
		await mkdir(folder, { recursive: true });
		return new Drafts(folder, slots, hashesMax);
	}

	path(id: string): string {
		if (!idPattern.test(id)) throw new TypeError("not the name of a draft");
		return join(this.folder, id);
	}

	/**
	 * A new draft with at most so many bytes; how many came is its size. The result is to be closed.
	 *
	 * Errors: those of `append`; then the file is closed.
	 */
	async receive(id: string, source: AsyncIterable<Uint8Array>, sizeMax: number): Promise<Received> {
		const path = this.path(id);
		const hash = createHash("sha256");
		let head: Uint8Array = new Uint8Array();
		const file = await this.slots.run(() => open(path, "wx", 0o600));
		const writer = new GatheringWriter(file, this.slots, 0);
		try {
			const size = await pour(source, writer, sizeMax, (chunk) => {
				hash.update(chunk);
				const more = chunk.subarray(0, headBytesMax - head.length);
				if (more.length > 0) head = Buffer.concat([head, more]);
			});
			const sync = () => this.slots.run(() => file.sync());
			return { path, hash: hash.digest(), size, head, sync, close: () => file.close() };
		} catch (error) {
			await file.close();
			throw error;
		}
	}

	async create(id: string): Promise<void> {
		await this.slots.run(async () => (await open(this.path(id), "wx", 0o600)).close());
		this.keep(id, createHash("sha256"), 0);
	}

	/** Bytes that have arrived; null: there is no such draft. */
	async size(id: string): Promise<number | null> {
		return this.slots.run(async () => (await ifThere(() => stat(this.path(id))))?.size ?? null);
	}

	/**
	 * Appends at `offset`, which must be the size; what arrived stays when the source breaks. Gives
	 * the size after it.
	 *
	 * Errors: those of the source and of the file system; RangeError past `sizeMax`.
	 */
	async append(
		id: string,
		offset: number,
		source: AsyncIterable<Uint8Array>,
		sizeMax: number,
	): Promise<number> {
		const kept = await this.hashUpTo(id, offset);
		let hashed = offset;
		const file = await this.slots.run(() => open(this.path(id), "r+"));
		const writer = new GatheringWriter(file, this.slots, offset);
		try {
			return await pour(source, writer, sizeMax, (chunk) => {
				kept.hash.update(chunk);
				hashed += chunk.length;
			});
		} finally {
			await file.close();
			// Of what did not get there, the hash must know nothing: it is made anew from the file.
			if (writer.at === hashed) kept.size = hashed;
			else this.hashes.delete(id);
		}
	}

	/** Syncs and gives what the bytes are. */
	async finish(id: string, size: number): Promise<Finished> {
		const { hash } = await this.hashUpTo(id, size);
		const path = this.path(id);
		const head = await this.slots.run(async () => {
			const file = await open(path, "r+");
			try {
				await file.sync();
				const bytes = Buffer.alloc(Math.min(size, headBytesMax));
				await file.read(bytes, 0, bytes.length, 0);
				return bytes;
			} finally {
				await file.close();
			}
		});
		return { path, hash: hash.copy().digest(), size, head, sync: async () => {} };
	}

	async remove(id: string): Promise<void> {
		this.hashes.delete(id);
		const path = this.path(id);
		await this.slots.run(async () => {
			await ifThere(() => unlink(path));
			await ifThere(() => unlink(`${path}.json`));
		});
	}

	/** The bytes have a name of their own now; what was noted stays. */
	moved(id: string): void {
		this.hashes.delete(id);
	}

	/** Keeps facts beside a draft, whole or not at all. */
	async note(id: string, facts: unknown): Promise<void> {
		const path = `${this.path(id)}.json`;
		await this.slots.run(async () => {
			const file = await open(`${path}.new`, "w", 0o600);
			try {
				await file.writeFile(JSON.stringify(facts));
				await file.sync();
			} finally {
				await file.close();
			}
			await rename(`${path}.new`, path);
		});
	}

	async noted(id: string): Promise<unknown> {
		if (!idPattern.test(id)) return null;
		return this.slots.run(async () => {
			const file = await ifThere(() => open(`${this.path(id)}.json`, "r"));
			if (file === null) return null;
			try {
				return JSON.parse(await file.readFile("utf8"));
			} finally {
				await file.close();
			}
		});
	}

	/** Drafts with facts beside them: uploads that can be resumed. */
	async ids(): Promise<string[]> {
		const names = await readdir(this.folder);
		return names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -5));
	}

	/**
	 * Removes drafts that nobody has touched since `before`, and with `alone` (no upload runs)
	 * those that nobody can resume. Gives their ids.
	 */
	async sweep(before: number, alone: boolean): Promise<string[]> {
		const files = new Map<string, string[]>();
		for (const name of await readdir(this.folder)) {
			const id = name.slice(0, 32);
			files.set(id, [...(files.get(id) ?? []), name]);
		}
		const gone: string[] = [];
		for (const [id, names] of files) {
			let touched = 0;
			for (const name of names) {
				const found = await ifThere(() => stat(join(this.folder, name)));
				touched = Math.max(touched, found?.mtimeMs ?? 0);
			}
			if (touched >= before && !(alone && !names.includes(`${id}.json`))) continue;
			for (const name of names) await rm(join(this.folder, name), { force: true });
			this.hashes.delete(id);
			gone.push(id);
		}
		return gone;
	}

	private async hashUpTo(id: string, size: number): Promise<{ readonly hash: Hash; size: number }> {
		const known = this.hashes.get(id);
		if (known?.size === size) return known;
		const hash = createHash("sha256");
		const file = await this.slots.run(() => open(this.path(id), "r"));
		try {
			const chunk = Buffer.allocUnsafe(readBytes);
			for (let at = 0; at < size; ) {
				const want = Math.min(readBytes, size - at);
				const { bytesRead } = await this.slots.run(() => file.read(chunk, 0, want, at));
				if (bytesRead === 0) throw new RangeError("the draft is shorter than was said");
				hash.update(chunk.subarray(0, bytesRead));
				at += bytesRead;
			}
		} finally {
			await file.close();
		}
		return this.keep(id, hash, size);
	}

	private keep(id: string, hash: Hash, size: number): { readonly hash: Hash; size: number } {
		const kept = { hash, size };
		this.hashes.delete(id);
		this.hashes.set(id, kept);
		const [oldest] = this.hashes.keys();
		if (this.hashes.size > this.hashesMax && oldest !== undefined) this.hashes.delete(oldest);
		return kept;
	}
}

/** Every chunk to `look`, then to the file; gives where the last one ends, once all are there. */
async function pour(
	source: AsyncIterable<Uint8Array>,
	writer: GatheringWriter,
	sizeMax: number,
	look: (chunk: Uint8Array) => void,
): Promise<number> {
	let at = writer.at;
	try {
		for await (const chunk of source) {
			if (at + chunk.length > sizeMax) throw new RangeError("longer than was said");
			look(chunk);
			at += chunk.length;
			await writer.write(chunk);
		}
	} finally {
		await writer.end();
	}
	return at;
}
