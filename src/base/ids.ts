// The one rule for ids, applied once at the edge: NFKC, lower case, NFKC again, then checked. Every
// inner part of the broker takes ids as already normal. Not here: how ids map to keys or actors.

/** Longest user id in UTF-8 bytes; a direct conversation's id holds two of them. */
export const userIdBytesMax = 100;
/** Longest conversation id in UTF-8 bytes. */
export const conversationIdBytesMax = 204;
/** Longest device id in UTF-8 bytes. */
export const deviceIdBytesMax = 64;

/** Separates the two members in a direct conversation's id; no other id may hold it. */
export const directSeparator = "~";

// Controls, formats, separators, private use, unassigned and lone surrogates.
const forbidden = /[\p{C}\p{Z}~]/u;
const encoder = new TextEncoder();

function normalise(text: string): string {
	return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}

function check(raw: string, bytesMax: number): string | null {
	// Bounded before the costly part: NFKC can grow a string eighteen-fold.
	if (raw.length === 0 || raw.length > bytesMax) return null;
	const id = normalise(raw);
	if (id.length === 0 || forbidden.test(id) || id === "." || id === "..") return null;
	return encoder.encode(id).length <= bytesMax ? id : null;
}

/** The normal form of a user id, or null when the id breaks the rule. */
export function userId(raw: string): string | null {
	return check(raw, userIdBytesMax);
}

/** The form of a device id, which is compared as it stands but for normalisation. */
export function deviceId(raw: string): string | null {
	return check(raw, deviceIdBytesMax);
}

/** The normal form of any conversation id, direct ones included. */
export function conversationId(raw: string): string | null {
	const at = raw.indexOf(directSeparator);
	if (at < 0) return check(raw, userIdBytesMax);
	const one = userId(raw.slice(0, at));
	const two = userId(raw.slice(at + 1));
	return one === null || two === null ? null : directId(one, two);
}

/** The id of the direct conversation of two users, or of one with oneself. */
export function directId(one: string, two: string): string {
	return one < two ? one + directSeparator + two : two + directSeparator + one;
}

/** The members that a direct conversation's id names; null for groups and channels. */
export function directMembers(id: string): readonly [string, string] | null {
	const at = id.indexOf(directSeparator);
	return at < 0 ? null : [id.slice(0, at), id.slice(at + 1)];
}
