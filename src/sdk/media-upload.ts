// One upload by tus 1.0: asks the server what has arrived, sends the rest in pieces, and compares
// the hash of what was stored with that of what was read.

import { BrokerError } from "../base/errors.js";
import { hex } from "../client/names.js";
import type { Core } from "./core.js";
import type { MediaHttp } from "./media-http.js";
import { bytesIn, type Hasher, type Source } from "./media-of.js";
import type { UploadOptions } from "./media-types.js";
import type { MediaReference } from "./types.js";

export interface TransferParts {
	readonly core: Core;
	readonly http: MediaHttp;
	hasher(): Hasher;
}

/** What the server made of an upload. */
interface Done {
	readonly hash: string;
	readonly size: number;
	readonly contentType: string;
	readonly ticket: Uint8Array;
}

const folder = "/media/uploads";
const tus = { "tus-resumable": "1.0.0" };
/** A piece begins small, and doubles or halves until it takes about a second. */
const pieceMin = 64 * 1_024;
const pieceFirst = 256 * 1_024;
const pieceMax = 8 * 1_024 * 1_024;
const pieceMs = 1_000;
/** The slowest line fills the smallest piece in this time; of one that is cut the part counts. */
const pieceWithinMs = 60_000;
const nameBytesMax = 255;

export class Upload {
	private readonly parts: TransferParts;
	private readonly source: Source;
	/** Under which name the address is kept; null: it is not. */
	private readonly note: string | null;
	private path: string | null = null;
	private hasher: Hasher;
	/** Bytes that are in the hash. */
	private hashed = 0;
	private piece = pieceFirst;

	constructor(parts: TransferParts, source: Source, mark: string | null) {
		this.parts = parts;
		this.source = source;
		this.note = mark === null ? null : `upload ${mark}`;
		this.hasher = parts.hasher();
	}

	async run(options: UploadOptions, end: AbortSignal): Promise<MediaReference> {
		const { core } = this.parts;
		// What is kept is known once the storage is open.
		await core.hub.untilClosed<void>((resolve) => core.opened(() => resolve()));
		this.path = this.note === null ? null : ((core.note(this.note) as string | undefined) ?? null);
		const { path } = this;
		try {
			const done = await this.sent(options, end);
			// Begun by another process on what is another file by now: once more from its first byte.
			if (done === null && path !== null && path === this.path) {
				this.begin(null);
				this.hashed = 0;
				this.hasher = this.parts.hasher();
				return this.reference(await this.sent(options, end), options);
			}
			return this.reference(done, options);
		} catch (cause) {
			if (end.aborted && this.note === null) this.forget();
			throw cause;
		}
	}

	/** Null: what is stored has another hash than what was read. */
	private async sent(options: UploadOptions, end: AbortSignal): Promise<Done | null> {
		const { http } = this.parts;
		const done = await http.persist(end, (moved) => this.attempt(options, end, moved));
		await this.hashTo(this.source.size);
		return done.hash === hex(this.hasher.digest()) ? done : null;
	}

	private reference(done: Done | null, { name }: UploadOptions): MediaReference {
		this.begin(null);
		if (done === null) throw new BrokerError("MEDIA_MISMATCH", "the file has changed meanwhile");
		const { hash, size, contentType, ticket } = done;
		const bytes = Uint8Array.from(hash.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
		return { hash: bytes, size, contentType, name: fitting(name ?? this.source.name), ticket };
	}

	/** From where the server is to the end. */
	private async attempt(
		options: UploadOptions,
		end: AbortSignal,
		moved: () => void,
	): Promise<Done> {
		const { size } = this.source;
		const tell = (done: number) => {
			this.parts.core.hub.contain(() => options.onProgress?.({ done, size }));
		};
		const found = await this.find(options, end);
		if (typeof found !== "number") {
			tell(size);
			return found;
		}
		for (let offset = found; ; ) {
			tell(offset);
			const answer = await this.patch(offset, end);
			moved();
			offset = Number(answer.get("upload-offset") ?? size);
			if (offset < size) continue;
			const done = stored(answer);
			tell(size);
			return done;
		}
	}

	/** Where the server is; begins where it knows nothing. */
	private async find(options: UploadOptions, end: AbortSignal): Promise<number | Done> {
		const { size } = this.source;
		if (this.path !== null) {
			const answer = await this.head(this.path, end);
			const found = answer === null ? null : foundIn(answer, size);
			if (found !== null) return found;
		}
		const type = options.contentType ?? this.source.type;
		const headers = {
			...tus,
			"upload-length": String(size),
			...(/^[ -~]+$/.test(type) ? { "upload-metadata": `filetype ${btoa(type)}` } : {}),
		};
		const created = await this.parts.http.request("POST", folder, end, { headers });
		const id = created.headers.get("location")?.split("/").at(-1);
		// Nothing at all is stored at once, and has no address of its own.
		if (id === undefined) return stored(created.headers);
		this.begin(`${folder}/${id}`);
		return 0;
	}

	/** Null: there is no such upload (any more). */
	private async head(path: string, end: AbortSignal): Promise<Headers | null> {
		try {
			return (await this.parts.http.request("HEAD", path, end, { headers: tus })).headers;
		} catch (cause) {
			if (cause instanceof BrokerError && cause.code === "MEDIA_UNKNOWN") return null;
			throw cause;
		}
	}

	private async patch(offset: number, end: AbortSignal): Promise<Headers> {
		const { http, core } = this.parts;
		const body = await this.source.read(offset, Math.min(this.source.size, offset + this.piece));
		await this.hashTo(offset);
		if (offset === this.hashed) {
			this.hasher.update(body);
			this.hashed += body.length;
		}
		const headers = {
			...tus,
			"content-type": "application/offset+octet-stream",
			"upload-offset": String(offset),
		};
		const from = core.clock.monotonic();
		try {
			const asked = { headers, body, withinMs: pieceWithinMs };
			const answer = await http.request("PATCH", this.path as string, end, asked);
			const tookMs = core.clock.monotonic() - from;
			if (tookMs < pieceMs / 2) this.piece = Math.min(pieceMax, this.piece * 2);
			if (tookMs > pieceMs * 2) this.piece = Math.max(pieceMin, this.piece / 2);
			return answer.headers;
		} catch (cause) {
			this.piece = pieceFirst;
			throw cause;
		}
	}

	/** What another process has sent is read here only for the hash. */
	private async hashTo(end: number): Promise<void> {
		while (this.hashed < end) {
			const bytes = await this.source.read(this.hashed, Math.min(end, this.hashed + pieceMax));
			this.hasher.update(bytes);
			this.hashed += bytes.length;
		}
	}

	private begin(path: string | null): void {
		this.path = path;
		if (this.note !== null) this.parts.core.keep(this.note, path ?? undefined);
	}

	/** Nobody can come back for it: its room is given back, if that can be said. */
	private forget(): void {
		const { path } = this;
		const { http } = this.parts;
		if (path === null) return;
		const asked = http.run(undefined, (end) => http.request("DELETE", path, end, { headers: tus }));
		asked.catch(() => {});
	}
}

function doneIn(headers: Headers): Done | null {
	const hash = headers.get("media-hash");
	if (hash === null) return null;
	return {
		hash,
		size: Number(headers.get("media-size")),
		contentType: headers.get("media-type") ?? "",
		ticket: bytesIn(headers.get("media-ticket") ?? ""),
	};
}

/** Null: it is the upload of something else. */
function foundIn(headers: Headers, size: number): number | Done | null {
	if (Number(headers.get("upload-length")) !== size) return null;
	const offset = Number(headers.get("upload-offset"));
	return offset < size ? offset : stored(headers);
}

/** Errors: MEDIA_IO; asked again the server tries again. */
function stored(headers: Headers): Done {
	const done = doneIn(headers);
	if (done === null) throw new BrokerError("MEDIA_IO", "all has arrived and is not stored");
	return done;
}

/** No longer than a reference takes: the ending says what it is, and stays. */
function fitting(name: string): string {
	const bytes = (text: string) => new TextEncoder().encode(text).length;
	if (bytes(name) <= nameBytesMax) return name;
	const ending = /\.[^.]{1,16}$/.exec(name)?.[0] ?? "";
	const letters = [...name.slice(0, name.length - ending.length)].slice(0, nameBytesMax);
	while (bytes(letters.join("") + ending) > nameBytesMax) letters.pop();
	return letters.join("") + ending;
}
