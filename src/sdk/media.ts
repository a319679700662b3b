// `colloquy/client/media` in Node: uploads from paths, downloads into files. The piece that
// `message.media` loads as well.

import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Core } from "./core.js";
import { inMemory } from "./media-blob.js";
import {
	type CoreMedia,
	coreOf,
	mediaOver,
	type Platform,
	type Sink,
	type Source,
} from "./media-of.js";
import type { Media } from "./media-types.js";
import type { Client } from "./types.js";

const node: Platform = {
	hasher: () => createHash("sha256"),
	open: (file) => (typeof file === "string" ? onDisk(file) : Promise.resolve(inMemory(file))),
	file: async (path, hash) => new FileSink(resolve(path), hash),
};

/** Errors: those of the file system; TypeError for what is no file. */
async function onDisk(path: string): Promise<Source> {
	const file = await open(path, "r");
	try {
		const { size, mtimeMs, ino } = await file.stat();
		if (!(await file.stat()).isFile()) throw new TypeError(`${path} is no file`);
		return {
			name: basename(path),
			type: "",
			size,
			mark: `${resolve(path)} ${ino} ${size} ${mtimeMs}`,
			async read(start, end) {
				const bytes = new Uint8Array(end - start);
				const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
				if (bytesRead < bytes.length) throw new TypeError(`${path} has become shorter`);
				return bytes;
			},
			close: () => file.close(),
		};
	} catch (cause) {
		await file.close();
		throw cause;
	}
}

/** Beside the file that it becomes, under a name that only the same bytes share. */
class FileSink implements Sink<void> {
	private readonly path: string;
	private readonly part: string;
	private file: FileHandle | null = null;

	constructor(path: string, hash: string) {
		this.path = path;
		this.part = join(dirname(path), `.${hash.slice(0, 32)}.part`);
	}

	private async opened(): Promise<FileHandle> {
		this.file ??= await open(this.part, "a+", 0o666);
		return this.file;
	}

	get kept(): AsyncIterable<Uint8Array> {
		return this.read();
	}

	private async *read(): AsyncGenerator<Uint8Array> {
		const file = await this.opened();
		const chunk = new Uint8Array(1_048_576);
		for (let at = 0; ; ) {
			const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
			if (bytesRead === 0) return;
			yield chunk.subarray(0, bytesRead);
			at += bytesRead;
		}
	}

	async write(bytes: Uint8Array): Promise<void> {
		await (await this.opened()).appendFile(bytes);
	}

	async reset(): Promise<void> {
		await (await this.opened()).truncate(0);
	}

	async finish(): Promise<void> {
		await (await this.opened()).sync();
		await this.close();
		await rename(this.part, this.path);
	}

	async close(): Promise<void> {
		const { file } = this;
		this.file = null;
		const empty = file !== null && (await file.stat()).size === 0;
		await file?.close();
		if (empty) await rm(this.part, { force: true });
	}
}

export function mediaOf(core: Core): CoreMedia {
	return mediaOver(core, node);
}

/** Uploads of this client. */
export function openMedia(client: Client): Media {
	return mediaOf(coreOf(client));
}

export type * from "./media-types.js";
