// Chunks of an upload on their way to its draft: they gather until a write is worth its way to
// another thread and back. A slow client sends a packet at a time, and there may be a hundred.

import type { FileHandle } from "node:fs/promises";
import type { Slots } from "./slots.js";

/** What may wait for the write under way: as much again as that one holds. */
const gatheredBytesMax = 256 * 1_024;

/** So much is written at once; less when nothing more comes. A kill forgets what has not been. */
const worthBytes = 64 * 1_024;

export class GatheringWriter {
	private gathered: Uint8Array[] = [];
	private bytes = 0;
	private running: Promise<void> | null = null;
	private failed = false;

	constructor(
		private readonly file: FileHandle,
		private readonly slots: Slots,
		/** Where the next byte goes: up to here all is written. */
		public at: number,
	) {}

	/**
	 * Takes a chunk, which must not change any more; resolves when another may come.
	 *
	 * Errors: those of the file system, of this chunk or one before.
	 */
	async write(chunk: Uint8Array): Promise<void> {
		this.gathered.push(chunk);
		this.bytes += chunk.length;
		if (this.running === null && this.bytes >= worthBytes) {
			this.running = this.drain();
			// Whoever waits for it next is told.
			this.running.catch(() => {});
		}
		if (this.failed || this.bytes >= gatheredBytesMax) await this.running;
	}

	/** All is written. Errors: as `write`. */
	async end(): Promise<void> {
		await this.running;
		if (this.gathered.length > 0) await this.flush();
	}

	private async drain(): Promise<void> {
		try {
			while (this.bytes >= worthBytes) await this.flush();
			this.running = null;
		} catch (error) {
			this.failed = true;
			throw error;
		}
	}

	private async flush(): Promise<void> {
		const chunks = this.gathered;
		this.gathered = [];
		this.bytes = 0;
		await this.slots.run(() => this.writeAll(chunks));
	}

	private async writeAll(chunks: readonly Uint8Array[]): Promise<void> {
		const { bytesWritten } = await this.file.writev(chunks, this.at);
		this.at += bytesWritten;
		let passed = 0;
		// A disk may take less than it was given; the rest goes one by one.
		for (let rest = bytesWritten; passed < chunks.length; passed += 1) {
			const chunk = chunks[passed] as Uint8Array;
			if (rest < chunk.length) await this.writeRest(chunk.subarray(rest));
			rest = Math.max(0, rest - chunk.length);
		}
	}

	private async writeRest(chunk: Uint8Array): Promise<void> {
		for (let done = 0; done < chunk.length; ) {
			const left = chunk.length - done;
			const { bytesWritten } = await this.file.write(chunk, done, left, this.at);
			done += bytesWritten;
			this.at += bytesWritten;
		}
	}
}
