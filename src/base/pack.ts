// Plain MessagePack, for rows and frames alike; the only importer of msgpackr. No records and no
// extension on the way out: any MessagePack library in any language reads what this writes.

import { Packr } from "msgpackr";

// Records and shared structures are msgpackr's own dialect. `undefined` has no MessagePack form, so
// it becomes nil. Integers past 2^32 travel as floats, exactly, up to 2^53; a peer may send them as
// 64-bit integers, which come back as numbers while they are safe.
const packr = new Packr({
	useRecords: false,
	int64AsType: "auto" as "number",
	encodeUndefinedAsNil: true,
	moreTypes: false,
});

/** Shape: null, booleans, numbers, strings, Uint8Array, arrays and plain objects of these. */
export function pack(value: unknown): Uint8Array {
	return packr.pack(value);
}

/**
 * One value that fills the whole of `bytes`.
 *
 * Errors: whatever msgpackr throws on malformed, cut or trailing bytes: callers give it their code.
 */
export function unpack(bytes: Uint8Array): unknown {
	return packr.unpack(bytes);
}
