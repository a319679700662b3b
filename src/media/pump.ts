// A file to its reader through two buffers that are used again and again: one is filled while the
// other is on its way. A stream would make a new one for each chunk, and its collection costs as
// much as the copy.

import type { ServerResponse } from "node:http";
import type { Blob } from "./store.js";

const bufferBytes = 256 * 1_024;

/**
 * Reads the first of the bytes from `start` to `end`, both included; the result sends all of them.
 *
 * Errors: those of the store; of the result, also that the reader has gone.
 */
export async function beginReading(
	blob: Blob,
	start: number,
	end: number,
): Promise<(response: ServerResponse) => Promise<void>> {
	let at = start;
	const read = async (buffer: Uint8Array) => {
		const wanted = buffer.subarray(0, Math.min(buffer.length, end + 1 - at));
		const got = (await blob.readInto?.(wanted, at)) ?? 0;
		if (got === 0) throw new Error("the file is shorter than it was");
		at += got;
		return buffer.subarray(0, got);
	};
	const buffer = () => Buffer.allocUnsafeSlow(Math.min(bufferBytes, end + 1 - start));
	let filled = buffer();
	let chunk = await read(filled);
	return async (response) => {
		const write = writerTo(response);
		let spare: typeof filled | null = null;
		while (at <= end) {
			const sent = write(chunk);
			// Should the store fail meanwhile, that is what is told.
			sent.catch(() => {});
			spare ??= buffer();
			chunk = await read(spare);
			await sent;
			[filled, spare] = [spare, filled];
		}
		await write(chunk);
		response.end();
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
