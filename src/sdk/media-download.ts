// One download: goes on by a range where it was cut, and gives the bytes out only when their hash
// is the one that was asked for.

import { BrokerError } from "../base/errors.js";
import { hex } from "../client/names.js";
import type { Hasher, Sink } from "./media-of.js";
import type { TransferParts } from "./media-upload.js";
import type { MediaReference, TransferOptions } from "./types.js";

export type Bytes = Uint8Array<ArrayBuffer>;

/** A connection on which no byte comes for so long is dead. */
const idleMs = 30_000;

export class Download<T> {
	private readonly parts: TransferParts;
	private readonly file: MediaReference;
	private readonly path: string;
	private readonly sink: Sink<T>;
	private hasher: Hasher;
	private at = 0;

	constructor(parts: TransferParts, file: MediaReference, path: string, sink: Sink<T>) {
		this.parts = parts;
		this.file = file;
		this.path = path;
		this.sink = sink;
		this.hasher = parts.hasher();
	}

	async run(options: TransferOptions, end: AbortSignal): Promise<T> {
		const { sink, file } = this;
		try {
			for await (const bytes of sink.kept ?? []) this.take(bytes);
			const kept = this.at > 0;
			if (this.at > file.size) await this.restart();
			for (let again = !kept; ; again = true) {
				await this.parts.http.persist(end, (moved) => this.attempt(options, end, moved));
				if (hex(this.hasher.digest()) === hex(file.hash)) return await sink.finish();
				// What an earlier try had left may be what is wrong: once more from the first byte.
				await this.restart();
				if (again) throw new BrokerError("MEDIA_MISMATCH", "the bytes have another hash");
			}
		} finally {
			await sink.close();
		}
	}

	private async attempt(
		options: TransferOptions,
		end: AbortSignal,
		moved: () => void,
	): Promise<void> {
		const { http, core } = this.parts;
		const { size, hash } = this.file;
		const tell = () => core.hub.contain(() => options.onProgress?.({ done: this.at, size }));
		tell();
		if (this.at === size) return;
		const rest = { range: `bytes=${this.at}-`, "if-range": `"${hex(hash)}"` };
		const headers = this.at === 0 ? {} : rest;
		const { status, body } = await http.request("GET", this.path, end, { headers });
		// The whole instead of the rest.
		if (status === 200 && this.at > 0) await this.restart();
		const reader = (body as ReadableStream<Bytes>).getReader();
		try {
			while (this.at < size) {
				const { done, value } = await this.next(reader, end);
				if (done) throw new BrokerError("OFFLINE", "the answer is short");
				await this.sink.write(value.subarray(0, size - this.at) as Bytes);
				this.take(value.subarray(0, size - this.at));
				moved();
				tell();
			}
		} finally {
			// More than there should be, or nobody who wants it any more.
			reader.cancel().catch(() => {});
		}
	}

	/** Errors: OFFLINE when the connection ends or nothing comes; the reason of `end`. */
	private async next(reader: ReadableStreamDefaultReader<Bytes>, end: AbortSignal) {
		const timer = this.parts.core.clock.after(idleMs, () => void reader.cancel().catch(() => {}));
		try {
			return await reader.read();
		} catch (cause) {
			end.throwIfAborted();
			throw new BrokerError("OFFLINE", String(cause), { cause });
		} finally {
			timer.cancel();
		}
	}

	private take(bytes: Uint8Array): void {
		this.hasher.update(bytes);
		this.at += bytes.length;
	}

	private async restart(): Promise<void> {
		this.at = 0;
		this.hasher = this.parts.hasher();
		await this.sink.reset();
	}
}
