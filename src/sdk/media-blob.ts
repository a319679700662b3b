// What is uploaded from memory, or from a file that a page got from a person.

import type { Source } from "./media-of.js";

export function inMemory(file: Blob | Uint8Array): Source {
	// A copy of bytes: the caller may go on writing into them.
	const blob = file instanceof Uint8Array ? new Blob([Uint8Array.from(file)]) : file;
	const { size, type } = blob;
	const { name = "", lastModified } = blob as Partial<File>;
	return {
		name,
		type,
		size,
		mark: lastModified === undefined ? null : `${name} ${size} ${lastModified}`,
		read: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
		close: async () => {},
	};
}
