// What `colloquy/client/media` does with files, the same in browsers and in Node, over the few
// things that differ (`Platform`). One for each client: it holds a token and addresses that still
// hold.

import { hex } from "../client/names.js";
import type { Core } from "./core.js";
import { type Bytes, Download } from "./media-download.js";
import { MediaHttp } from "./media-http.js";
import type { Media, Uploadable, UploadOptions } from "./media-types.js";
import { Upload } from "./media-upload.js";
import type { Client, MediaReference, TransferOptions } from "./types.js";

/** Files of messages: `MediaFile` with the message's conversation. */
export interface FileMedia {
	url(file: MediaReference, conversation: string): Promise<string>;
	download(file: MediaReference, conversation: string, options?: TransferOptions): Promise<Blob>;
	save(
		file: MediaReference,
		conversation: string,
		path: string,
		options?: TransferOptions,
	): Promise<void>;
	forward(file: MediaReference, conversation: string): Promise<MediaReference>;
}

export interface Hasher {
	update(bytes: Uint8Array): unknown;
	digest(): Uint8Array;
}

/** A file that is uploaded. */
export interface Source {
	readonly name: string;
	readonly type: string;
	readonly size: number;
	/** Tells it from other files when the process has ended in between; null: nothing does. */
	readonly mark: string | null;
	read(start: number, end: number): Promise<Bytes>;
	close(): Promise<void>;
}

/** Where a download goes. */
export interface Sink<T> {
	/** Bytes that an earlier try has left, from the first one on. */
	readonly kept: AsyncIterable<Uint8Array> | null;
	write(bytes: Bytes): Promise<void>;
	/** All are there and right. */
	finish(): Promise<T>;
	/** Forget what was written: it begins again. */
	reset(): Promise<void>;
	/** Not finished: what is there stays for another call. */
	close(): Promise<void>;
}

export interface Platform {
	/** SHA-256. */
	hasher(): Hasher;
	/** Errors: TypeError for a path in a browser; those of the file system. */
	open(file: Uploadable): Promise<Source>;
	/** Errors: TypeError in a browser; those of the file system. */
	file(path: string, hash: string): Promise<Sink<void>>;
}

interface Address {
	readonly url: string;
	/** ms since 1970 by the server's clock. */
	readonly expiresAt: number;
}

/** An address is asked for anew so long before its end: a video is read for a while. */
const spareMs = 60_000;
const addressesMax = 1_000;

export class CoreMedia implements Media, FileMedia {
	private readonly core: Core;
	private readonly platform: Platform;
	private readonly http: MediaHttp;
	private readonly addresses = new Map<string, Promise<Address>>();
	/** Marks of the uploads under way: of two of one file at once the second is one of its own. */
	private readonly marks = new Set<string>();

	constructor(core: Core, platform: Platform) {
		this.core = core;
		this.platform = platform;
		this.http = new MediaHttp(core);
	}

	async upload(file: Uploadable, options: UploadOptions = {}): Promise<MediaReference> {
		const source = await this.platform.open(file);
		const mark = source.mark !== null && this.marks.has(source.mark) ? null : source.mark;
		if (mark !== null) this.marks.add(mark);
		const { core, http, platform } = this;
		try {
			const upload = new Upload({ core, http, hasher: () => platform.hasher() }, source, mark);
			return await http.run(options.signal, (end) => upload.run(options, end));
		} finally {
			if (mark !== null) this.marks.delete(mark);
			await source.close();
		}
	}

	async url(file: MediaReference, conversation: string): Promise<string> {
		const path = pathOf(file, conversation, "/url");
		const now = this.core.clock.now() + this.core.connection.skewMs;
		const known = await this.addresses.get(path)?.catch(() => null);
		if (known != null && known.expiresAt - now > spareMs) return known.url;
		const asked = this.http.run(undefined, (end) =>
			this.http.persist(end, () => this.ask(path, end)),
		);
		const [oldest] = this.addresses.keys();
		if (this.addresses.size >= addressesMax && oldest !== undefined) this.addresses.delete(oldest);
		this.addresses.set(path, asked);
		return (await asked).url;
	}

	private async ask(path: string, end: AbortSignal): Promise<Address> {
		const answer = await this.http.request("GET", path, end);
		const { url, expiresAt } = (await answer.json()) as Address;
		// Behind no name of its own it is relative to the server.
		return { url: url.startsWith("/") ? this.http.base + url : url, expiresAt };
	}

	download(file: MediaReference, conversation: string, options?: TransferOptions): Promise<Blob> {
		return this.fetch(file, conversation, inMemory(file.contentType), options);
	}

	async save(
		file: MediaReference,
		conversation: string,
		path: string,
		options?: TransferOptions,
	): Promise<void> {
		const sink = await this.platform.file(path, hex(file.hash));
		await this.fetch(file, conversation, sink, options);
	}

	private fetch<T>(
		file: MediaReference,
		conversation: string,
		sink: Sink<T>,
		options: TransferOptions = {},
	): Promise<T> {
		const { core, http, platform } = this;
		const parts = { core, http, hasher: () => platform.hasher() };
		const download = new Download(parts, file, pathOf(file, conversation), sink);
		return http.run(options.signal, (end) => download.run(options, end));
	}

	async forward(file: MediaReference, conversation: string): Promise<MediaReference> {
		const { hash, size, contentType, name } = file;
		const ticket = await this.http.run(undefined, (end) =>
			this.http.persist(end, async () => {
				// Past the cache: a ticket ends, the file does not.
				const more = { cache: "no-store" } as const;
				const { headers } = await this.http.request("HEAD", pathOf(file, conversation), end, more);
				return headers.get("media-ticket") ?? "";
			}),
		);
		return { hash, size, contentType, name, ticket: bytesIn(ticket) };
	}
}

const known = new WeakMap<Core, CoreMedia>();

export function mediaOver(core: Core, platform: Platform): CoreMedia {
	const media = known.get(core) ?? new CoreMedia(core, platform);
	known.set(core, media);
	return media;
}

/** What stands behind a client. */
export function coreOf(client: Client): Core {
	return (client as Client & { readonly core: Core }).core;
}

function pathOf({ hash }: MediaReference, conversation: string, more = ""): string {
	return `/media/${hex(hash)}${more}?conversation=${encodeURIComponent(conversation)}`;
}

/** From base64url. */
export function bytesIn(text: string): Uint8Array {
	const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
	return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

function inMemory(type: string): Sink<Blob> {
	let parts: Bytes[] = [];
	return {
		kept: null,
		write: async (bytes) => void parts.push(bytes),
		finish: async () => new Blob(parts, { type }),
		reset: async () => {
			parts = [];
		},
		close: async () => {},
	};
}
