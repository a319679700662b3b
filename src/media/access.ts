// Who may read a file: a member who sees a message that references it, its uploader, or whoever has
// a signed address. What is not to be read and what is not there look alike. docs/media.md §5, §6.

import type { Clock } from "../base/clock.js";
import { conversationId } from "../base/ids.js";
import type { MediaIndex } from "./media-index.js";
import { type Granted, makeTicket, signUrl, urlHolds } from "./ticket.js";

export interface AccessParts {
	readonly clock: Clock;
	readonly key: Uint8Array;
	readonly index: MediaIndex;
	readonly limits: { readonly mediaTicketMs: number; readonly mediaUrlMs: number };
}

/** What a reader may know of the file: its name, and with what to forward it. */
export interface Readable {
	readonly name: string;
	readonly granted: Granted;
	/** ms since 1970 */
	readonly expiresAt: number;
	readonly ticket: Uint8Array;
}

/** Null: not for this user, or not there. `conversation` null: as the uploader. */
export async function readable(
	{ clock, key, index, limits }: AccessParts,
	user: string,
	hash: Uint8Array,
	conversation: string | null,
): Promise<Readable | null> {
	const now = clock.now();
	if (conversation !== null) {
		const id = conversationId(conversation);
		const seen = id === null ? null : await index.seen(user, hash, id);
		if (seen === null) return null;
		const { name, size, contentType } = seen;
		const granted = { hash, size, contentType };
		const expiresAt = now + limits.mediaTicketMs;
		return { name, granted, expiresAt, ticket: makeTicket(key, user, granted, expiresAt) };
	}
	const upload = index.upload(user, hash);
	if (upload === null) return null;
	const { size, contentType, at } = upload;
	const granted = { hash, size, contentType };
	// No later than the first one: it is the upload's own row that keeps the file so long.
	const expiresAt = at + limits.mediaTicketMs;
	return { name: "", granted, expiresAt, ticket: makeTicket(key, user, granted, expiresAt) };
}

/** An address below `base` for a file that its asker may read. */
export function addressOf(
	{ clock, key, limits }: Omit<AccessParts, "index">,
	base: string,
	hash: Uint8Array,
	name: string,
): { readonly url: string; readonly expiresAt: number } {
	const expiresAt = clock.now() + limits.mediaUrlMs;
	const query = new URLSearchParams({
		expires: String(expiresAt),
		name,
		signature: signUrl(key, { hash, name, expiresAt }),
	});
	return { url: `${base}/media/${Buffer.from(hash).toString("hex")}?${query}`, expiresAt };
}

/** The name in a signed address that holds; null: it does not. */
export function nameIn(
	{ clock, key }: Pick<AccessParts, "clock" | "key">,
	hash: Uint8Array,
	query: URLSearchParams,
): string | null {
	const name = query.get("name") ?? "";
	const signature = query.get("signature") ?? "";
	const expiresAt = Number(query.get("expires") ?? "");
	return urlHolds(key, { hash, name, expiresAt }, signature, clock.now()) ? name : null;
}
