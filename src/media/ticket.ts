// Tickets and signed URLs: what is sealed with the media key, byte by byte, and the checks. Pure.
// Who gets one and how long it is good for is decided elsewhere. Formats: docs/media.md §6, §7.

import { createHmac, timingSafeEqual } from "node:crypto";

/** What a reference says of its file, and a ticket seals. */
export interface Granted {
	/** SHA-256, 32 bytes. */
	readonly hash: Uint8Array;
	readonly size: number;
	readonly contentType: string;
}

const version = 1;
const headBytes = 7;
const macBytes = 32;
export const ticketBytes = headBytes + macBytes;

/** Units: `expiresAt` in ms since 1970. */
export function makeTicket(
	key: Uint8Array,
	user: string,
	granted: Granted,
	expiresAt: number,
): Uint8Array {
	const head = Buffer.alloc(headBytes);
	head.writeUInt8(version, 0);
	head.writeUIntBE(expiresAt, 1, 6);
	return Buffer.concat([head, ticketMac(key, head, user, granted)]);
}

/** Whether the ticket is this user's for exactly this file, and still good. */
export function ticketHolds(
	key: Uint8Array,
	user: string,
	granted: Granted,
	ticket: Uint8Array,
	now: number,
): boolean {
	if (ticket.length !== ticketBytes || ticket[0] !== version) return false;
	const head = Buffer.from(ticket.subarray(0, headBytes));
	if (head.readUIntBE(1, 6) <= now) return false;
	// Beyond six bytes no size was ever sealed, and none can be written.
	if (granted.size >= 2 ** 48) return false;
	return timingSafeEqual(ticket.subarray(headBytes), ticketMac(key, head, user, granted));
}

function ticketMac(key: Uint8Array, head: Uint8Array, user: string, granted: Granted): Buffer {
	const size = Buffer.alloc(6);
	size.writeUIntBE(granted.size, 0, 6);
	return createHmac("sha256", key)
		.update("colloquy media ticket 1\0")
		.update(head)
		.update(granted.hash)
		.update(size)
		.update(counted(user))
		.update(counted(granted.contentType))
		.digest();
}

function counted(text: string): Buffer {
	const bytes = Buffer.from(text);
	const out = Buffer.alloc(2 + bytes.length);
	out.writeUInt16BE(bytes.length, 0);
	bytes.copy(out, 2);
	return out;
}

/** A file that anybody may read who has the address. */
export interface SignedFile {
	readonly hash: Uint8Array;
	/** What it is saved as; may be empty. */
	readonly name: string;
	/** ms since 1970. */
	readonly expiresAt: number;
}

/** The signature of an address, base64url. */
export function signUrl(key: Uint8Array, file: SignedFile): string {
	return urlMac(key, file).toString("base64url");
}

export function urlHolds(
	key: Uint8Array,
	file: SignedFile,
	signature: string,
	now: number,
): boolean {
	const { expiresAt } = file;
	if (!Number.isSafeInteger(expiresAt) || expiresAt <= now || expiresAt >= 2 ** 48) return false;
	const given = Buffer.from(signature, "base64url");
	return given.length === macBytes && timingSafeEqual(given, urlMac(key, file));
}

function urlMac(key: Uint8Array, { hash, name, expiresAt }: SignedFile): Buffer {
	const until = Buffer.alloc(6);
	until.writeUIntBE(expiresAt, 0, 6);
	return createHmac("sha256", key)
		.update("colloquy media url 1\0")
		.update(hash)
		.update(until)
		.update(name)
		.digest();
}
