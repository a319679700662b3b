// Random rows and events for property tests: whatever the types allow, not only what is usual.

import fc from "fast-check";
import type { Content, ConversationEvent, UserEvent, Write } from "../../src/domain/event.js";
import type { MessageRow } from "../../src/domain/index-row.js";

export const id = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const text = fc.string({ unit: "grapheme", maxLength: 60 });
export const count = fc.oneof(
	fc.nat(300),
	fc.maxSafeNat(),
	fc.constantFrom(127, 128, 2 ** 31, 2 ** 32),
);
export const u48 = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 32, 2 ** 48 - 1));
const blob = fc.uint8Array({ maxLength: 300 });

function nullable<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
	return fc.option(value, { nil: null });
}

export const write: fc.Arbitrary<Write> = fc.record({
	outbox: fc
		.uint8Array({ minLength: 16, maxLength: 16 })
		.map((it) => Buffer.from(it).toString("hex")),
	n: count,
	answered: count,
	hash: count,
});

const content: fc.Arbitrary<Content> = fc.record({
	id: fc.uint8Array({ minLength: 8, maxLength: 16 }),
	contentType: fc.oneof(fc.constantFrom("text/plain", "application/json", ""), text),
	// A large one has a chunk of its own; shrinking its bytes would teach nothing.
	content: fc.oneof(
		{ weight: 9, arbitrary: blob },
		fc.nat(255).map((byte) => new Uint8Array(70_000).fill(byte)),
	),
	replyTo: nullable(count),
	mentions: fc.array(id, { maxLength: 3 }),
	media: fc.array(
		fc.record({ hash: blob, size: count, contentType: text, name: text, ticket: blob }),
		{ maxLength: 2 },
	),
	expiresAt: nullable(u48),
	clientTime: nullable(
		fc.oneof(
			u48,
			fc.double({ noNaN: true }).filter((it) => !Object.is(it, -0)),
			fc.integer(),
		),
	),
});

/** A conversation and one of its messages; in half of the cases a direct one with its sender. */
export const message: fc.Arbitrary<{ conversation: string; row: MessageRow }> = fc
	.record({
		direct: fc.boolean(),
		one: id.filter((it) => !it.includes("~")),
		two: id.filter((it) => !it.includes("~")),
		other: id,
		first: fc.boolean(),
		row: fc.record({
			seq: u48,
			position: fc.nat(),
			changed: fc.nat(),
			at: u48,
			write,
			state: fc.constantFrom("live", "deleted", "expired"),
			message: nullable(content),
			// An id of no bytes is none.
			id: fc.uint8Array({ minLength: 1, maxLength: 16 }),
			editedAt: nullable(u48),
			withheldFrom: nullable(id),
			frozen: fc.constantFrom(null, "sent", "delivered", "seen"),
			seenUpTo: nullable(count),
			reacted: fc.nat(),
		}),
	})
	.map(({ direct, one, two, other, first, row }) => ({
		conversation: direct ? `${one}~${two}` : other,
		row: {
			...row,
			id: row.message === null ? row.id : null,
			changed: row.position + row.changed,
			sender: direct ? (first ? one : two) : one,
			reacted: row.message === null ? 0 : row.reacted,
		} as MessageRow,
	}));

const base = { at: u48, by: id };

function events(): fc.Arbitrary<ConversationEvent | UserEvent>[] {
	const kind = fc.constantFrom("direct", "group", "channel");
	const role = fc.constantFrom("owner", "admin", "member");
	const of = (type: string, fields: Record<string, fc.Arbitrary<unknown>>) =>
		fc.record({ type: fc.constant(type), ...base, ...fields }) as unknown as fc.Arbitrary<
			ConversationEvent | UserEvent
		>;
	return [
		of("created", { kind, title: text, members: fc.array(fc.record({ user: id, role })) }),
		of("edited", { seq: count, message: fc.constant(null) }),
		of("deleted", { seq: count }),
		of("expired", { seq: count, frozen: fc.constantFrom("sent", "delivered", "seen") }),
		of("hidden", { seq: count }),
		of("reacted", { seq: count, emoji: nullable(text) }),
		of("added", { users: fc.array(id), via: fc.constantFrom("member", "link") }),
		of("removed", { users: fc.array(id) }),
		of("role", { user: id, role }),
		of("described", {
			title: nullable(text),
			picture: nullable(text),
			description: nullable(text),
		}),
		of("link", { link: nullable(text) }),
		of("muted", { until: count }),
		of("blocked", { on: fc.boolean() }),
		of("levelled", { user: id, position: count }),
		of("registered", {}),
		of("device-current", { device: id, generation: count, outbox: text }),
		of("device-listed", { device: id }),
		of("device-dropped", { device: id, reason: fc.constantFrom("unseen", "logout") }),
		of("device-held", {
			device: id,
			held: fc.array(fc.record({ conversation: id, position: count })),
		}),
		of("profiled", { name: text, picture: text }),
		of("privacy", { presence: fc.constantFrom("everyone", "contacts", "nobody") }),
		of("device-seen", { device: id }),
		of("revoked", { before: count, device: nullable(id) }),
	];
}

/** Every type of event that has a row, with and without the write it came by. */
export const event: fc.Arbitrary<ConversationEvent | UserEvent> = fc
	.tuple(fc.oneof(...events()), nullable(write))
	.map(([it, by]) => (by === null ? it : { ...it, write: by }));
