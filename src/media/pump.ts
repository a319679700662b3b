// A file to its reader through two buffers that are used again and again: one is filled while the
// other is on its way. A stream would make a new one for each chunk, and its collection costs as
// much as the copy.

import type { ServerResponse } from "node:http";
import type { Blob } from "./store.js";

const bufferBytes = 256 * 1_024;
/** Less is not worth a whole buffer. */
const smallBytes = 32 * 1_024;
/** Buffers kept for readers to come: 12 MiB, what two dozen downloads at once need. */
const buffersKept = 48;

/** Buffers that nobody uses now. A new one would cost its pages, and collections of the heap. */
export class Buffers {
	private readonly free: Uint8Array[] = [];

	/** At least one byte of `length`, as many as are worth it; what is in it is left of others. */
	take(length: number): Uint8Array {
		if (length <= smallBytes) return Buffer.allocUnsafe(length);
		return this.free.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
	}

	/** Only of a buffer that the system is done with: its next bytes are another reader's. */
	give(buffer: Uint8Array): void {
		if (buffer.length === bufferBytes && this.free.length < buffersKept) this.free.push(buffer);
	}
}

/**
 * Reads the first of the bytes from `start` to `end`, both included; the result sends all of them.
 *
 * Errors: those of the store; of the result, also that the reader has gone.
 */
export async function beginReading(
	blob: Blob,
	start: number,
	end: number,
	buffers: Buffers,
): Promise<(response: ServerResponse) => Promise<void>> {
	let at = start;
	const read = async (buffer: Uint8Array) => {
		const wanted = buffer.subarray(0, Math.min(buffer.length, end + 1 - at));
		const got = (await blob.readInto?.(wanted, at)) ?? 0;
		if (got === 0) throw new Error("the file is shorter than it was");
		at += got;
		return buffer.subarray(0, got);
	};
	let filled = buffers.take(end + 1 - start);
	let chunk = await read(filled);
	return async (response) => {
		const write = writerTo(response);
		let spare: Uint8Array | null = null;
		while (at <= end) {
			const sent = write(chunk);
			// Should the store fail meanwhile, that is what is told.
			sent.catch(() => {});
			spare ??= buffers.take(end + 1 - at);
			chunk = await read(spare);
			await sent;
			[filled, spare] = [spare, filled];
		}
		await write(chunk);
		response.end();
		// After a failure they are not given back: a write may still hold one.
		buffers.give(filled);
		if (spare !== null) buffers.give(spare);
	};
}

/** Resolves when the system has taken the chunk, and its buffer is free; one at a time. */
function writerTo(response: ServerResponse): (chunk: Uint8Array) => Promise<void> {
	let gone: (error: Error) => void = () => {};
	response.once("close", () => gone(new Error("the reader has gone")));
	return (chunk) =>
		new Promise((resolve, reject) => {
			if (response.destroyed) throw new Error("the reader has gone");
			gone = reject;
			response.write(chunk, (error) => (error == null ? resolve() : reject(error)));
		});
}
