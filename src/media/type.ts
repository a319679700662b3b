// What a file is, by its first bytes alone: the short list of kinds that a browser may show inline.
// Nothing on it can carry script. What a client declares is for readers, never for browsers. Pure.

/** So many bytes tell every kind of the list. */
export const headBytesMax = 64;

const octets = "application/octet-stream";

interface Kind {
	readonly type: string;
	/** Latin-1 text at an offset; all must be there. */
	readonly marks: readonly (readonly [offset: number, text: string])[];
}

function kind(type: string, ...marks: Kind["marks"]): Kind {
	return { type, marks };
}

const kinds: readonly Kind[] = [
	kind("image/png", [0, "\x89PNG\r\n\x1a\n"]),
	kind("image/jpeg", [0, "\xff\xd8\xff"]),
	kind("image/gif", [0, "GIF87a"]),
	kind("image/gif", [0, "GIF89a"]),
	kind("image/webp", [0, "RIFF"], [8, "WEBP"]),
	kind("image/avif", [4, "ftypavif"]),
	...["isom", "iso2", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "dash", "MSNV"].map((brand) =>
		kind("video/mp4", [4, `ftyp${brand}`]),
	),
	kind("audio/mp4", [4, "ftypM4A "]),
	kind("video/quicktime", [4, "ftypqt  "]),
	// Matroska has the same first bytes; browsers play of it what they can.
	kind("video/webm", [0, "\x1aE\xdf\xa3"]),
	kind("audio/mpeg", [0, "ID3"]),
	...["\xfb", "\xf3", "\xf2"].map((second) => kind("audio/mpeg", [0, `\xff${second}`])),
	kind("audio/ogg", [0, "OggS"]),
	kind("audio/wav", [0, "RIFF"], [8, "WAVE"]),
	kind("audio/flac", [0, "fLaC"]),
];

/** A media type of the list, or null: nothing to show inline. */
export function inlineType(head: Uint8Array): string | null {
	const text = Buffer.from(head.subarray(0, headBytesMax)).toString("latin1");
	const found = kinds.find(({ marks }) => marks.every(([at, mark]) => text.startsWith(mark, at)));
	return found?.type ?? null;
}

// RFC 6838 names, and parameters without anything that could end a header.
const token = "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}";
const mediaType = new RegExp(`^${token}/${token}(?:; ?[A-Za-z0-9-]{1,32}=[A-Za-z0-9._+-]{1,32})?$`);

/** What an upload answers as its type. */
export function typeOf(head: Uint8Array, declared: string | undefined): string {
	const found = inlineType(head);
	if (found !== null) return found;
	return declared !== undefined && mediaType.test(declared) ? declared.toLowerCase() : octets;
}

/** How a download is labelled: by what it is if that is harmless, else as bytes to be saved. */
export function servedAs(head: Uint8Array): { readonly type: string; readonly inline: boolean } {
	const type = inlineType(head);
	return type === null ? { type: octets, inline: false } : { type, inline: true };
}
