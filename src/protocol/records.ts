// What servers tell, in pieces: messages, changes, items of a pull, entries of the list [P-10.2].

import type { Change, Limits, ListEntry, PullItem, WireMember, WireWatermark } from "./frames.js";
import { message } from "./message.js";
import { record, variant, variants } from "./record.js";
import { bool, type Fields, list, nullable, text, uint, word } from "./schema.js";
import { changeCode, entryRoles, itemCode, kinds, roles } from "./words.js";

const n = uint();
export const id = text();
export const ids = list(id);

export const watermarks = list(
	record<WireWatermark>({ user: id, delivered: n, deliveredAt: n, seen: n, seenAt: n }),
);

export const member = record<WireMember>({ user: id, role: word(roles) });

export const changes = variants<Exclude<Change, { type: "unknown" }>>(changeCode, {
	created: { kind: word(kinds), title: id },
	row: { message },
	hidden: { seq: n },
	reacted: { seq: n, user: id, emoji: nullable(id) },
	added: { users: ids, by: id },
	removed: { users: ids, by: id },
	role: { user: id, role: word(roles) },
	described: { title: nullable(id), picture: nullable(id), description: nullable(id) },
	link: { link: nullable(id) },
	muted: { until: n },
	blocked: { by: id, on: bool },
});

/** A change of a newer server moves the position all the same [P-10.3]. */
export const change = variant<Change>(changes, (_reader, code) => ({ type: "unknown", code }));

export const items = variants<PullItem>(itemCode, {
	message: { message },
	change: { position: n, at: n, change },
	status: { position: n, watermarks },
});

export const item = variant<PullItem>(items, (reader) => {
	reader.refuse("is no item of a pull");
	return null;
});

export const entry = record<ListEntry>({
	conversation: id,
	kind: word(kinds),
	title: id,
	picture: id,
	role: word(entryRoles),
	mutedUntil: n,
	head: n,
	position: n,
	start: n,
	delivered: n,
	seen: n,
	unread: n,
	last: nullable(message),
});

export const limits = record<Limits>({
	frameBytes: n,
	contentBytes: n,
	window: n,
	pageItems: n,
	pulseMs: n,
} satisfies Fields<Limits>);
