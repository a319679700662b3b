// Any operation there is, for properties: fast-check arbitraries, one for each type in `frames.ts`.

import fc from "fast-check";
import { type ErrorCode, errorTable } from "../../src/base/errors.js";
import { conversationId, deviceId, userId } from "../../src/base/ids.js";
import type { SaidOp } from "../../src/protocol/codec.js";
import type {
	Body,
	Change,
	Media,
	PullItem,
	Result,
	ServerOp,
	WireMessage,
	WriteCommand,
} from "../../src/protocol/frames.js";
import * as limits from "../../src/protocol/limits.js";

const uint = fc.oneof(fc.nat(200), fc.maxSafeNat());
const above0 = uint.map((n) => Math.max(1, n));
const text = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: "binary", maxLength: 60 }));
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null });

function bytes(min: number, max: number): fc.Arbitrary<Uint8Array> {
	return fc.uint8Array({ minLength: min, maxLength: max });
}

/** Texts that the rule takes, in the form it gives them. */
function named(rule: (raw: string) => string | null): fc.Arbitrary<string> {
	const raw = fc.oneof(
		fc.string({ unit: fc.constantFrom(..."abcXYZ019._-+@/:é~"), minLength: 1, maxLength: 20 }),
		fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
	);
	return raw.map(rule).filter((id) => id !== null);
}

const user = named(userId);
const conversation = fc.oneof(
	named(conversationId),
	fc.tuple(user, user).map(([one, two]) => conversationId(`${one}~${two}`) as string),
);
const device = named(deviceId);
const users = fc.array(user, { maxLength: 5 });
const hex16 = bytes(16, 16).map((b) => Buffer.from(b).toString("hex"));
const role = fc.constantFrom("owner", "admin", "member");
const kind = fc.constantFrom("direct", "group", "channel");
const ascii = fc.string({ unit: "grapheme-ascii", maxLength: 20 });
const short = fc.string({ maxLength: 40 });

const media: fc.Arbitrary<Media> = fc.record({
	hash: bytes(32, 32),
	size: uint,
	contentType: ascii,
	name: short,
	ticket: bytes(0, 90),
});

const body: fc.Arbitrary<Body> = fc.record({
	id: bytes(8, 16),
	contentType: ascii,
	content: bytes(0, 300),
	replyTo: maybe(above0),
	mentions: users,
	media: fc.array(media, { maxLength: 3 }),
});

/** `type` before the rest, as the decoder makes it. */
function typed<K extends string, T extends object>(type: K, rest: fc.Arbitrary<T>) {
	return rest.map((fields) => ({ type, ...fields }));
}

function plain<K extends string, T extends object>(
	type: K,
	fields: { [P in keyof T]: fc.Arbitrary<T[P]> },
) {
	return typed(type, fc.record(fields as { [P in keyof T]-?: fc.Arbitrary<T[P]> }));
}

const time = fc.integer({ min: limits.clientTimeMin, max: limits.clientTimeMax });

const toConversation: fc.Arbitrary<WriteCommand> = fc.oneof(
	fc
		.tuple(
			body,
			fc.record({
				ttlMs: maybe(fc.integer({ min: 1, max: limits.ttlMsMax })),
				clientTime: maybe(time),
				seenUpTo: maybe(uint),
			}),
		)
		.map(([own, rest]) => ({ type: "send" as const, ...own, ...rest })),
	fc.tuple(above0, body).map(([seq, own]) => ({ type: "edit" as const, seq, ...own })),
	plain("delete", { seq: above0 }),
	plain("hide", { seq: above0 }),
	plain("react", { seq: above0, emoji: maybe(fc.constantFrom("👍", "❤️", "x")) }),
	plain("add", { users }),
	plain("remove", { users }),
	fc.constantFrom({ type: "leave" as const }, { type: "block" as const }),
	fc.constant({ type: "unblock" as const }),
	plain("join", { link: short }),
	plain("role", { user, role }),
	plain("describe", { title: maybe(short), picture: maybe(short), description: maybe(short) }),
	plain("link", { on: fc.boolean() }),
	plain("mute", { until: fc.integer({ min: 0, max: limits.muteUntilMax }) }),
);

const toGroup: fc.Arbitrary<WriteCommand> = plain("create", {
	kind: fc.constantFrom("group", "channel"),
	title: short,
	members: users,
});

const toSelf: fc.Arbitrary<WriteCommand> = fc.oneof(
	plain("profile", { name: short, picture: short }),
	plain("privacy", { presence: fc.constantFrom("everyone", "contacts", "nobody") }),
);

const write: fc.Arbitrary<SaidOp> = fc
	.oneof(
		fc.tuple(conversation, toConversation),
		fc.tuple(named(userId), toGroup),
		fc.tuple(fc.constant(null), toSelf),
	)
	.chain(([target, command]) =>
		fc.tuple(above0, uint).map(([one, two]) => {
			const n = Math.max(1, one, two);
			const answered = Math.min(one, two, n - 1);
			return { type: "write" as const, conversation: target, n, answered, command };
		}),
	);

const request = uint;
const limit = fc.integer({ min: 1, max: limits.pageItemsMax });
const cursor = maybe(short);

export const clientOp: fc.Arbitrary<SaidOp> = fc.oneof(
	{ weight: 20, arbitrary: write },
	plain("hello", {
		version: uint,
		token: text,
		device,
		accepted: uint,
		offered: uint,
		outbox: hex16,
		client: short,
	}),
	plain("ready", { generation: uint }),
	plain("delivered", { conversation, seq: uint }),
	plain("seen", { conversation, seq: uint }),
	plain("history", { request, conversation, before: maybe(uint), limit }),
	plain("list", { request, cursor, limit }),
	fc.constant({ type: "listed" as const }),
	plain("pull", {
		request,
		conversation,
		position: uint,
		until: maybe(uint),
		limit,
		fresh: fc.boolean(),
	}),
	plain("held", { held: fc.array(fc.record({ conversation, position: uint }), { maxLength: 5 }) }),
	plain("open", { request, user }),
	plain("watch", { users }),
	plain("unwatch", { users }),
	plain("typing", { conversation, on: fc.boolean() }),
	plain("pulse", { active: fc.boolean() }),
	plain("refresh", { request, token: text }),
	plain("ping", { request }),
	plain("profiles", { request, users }),
	plain("info", { request, conversation, cursor, limit }),
	plain("logout", { request, device: maybe(device) }),
	plain("receipts", { request, conversation, seq: above0 }),
);

const message: fc.Arbitrary<WireMessage> = fc.record({
	seq: uint,
	position: uint,
	changed: uint,
	at: uint,
	sender: text,
	state: fc.constantFrom("live", "deleted", "expired", "skip"),
	body: maybe(body),
	editedAt: maybe(uint),
	expiresAt: maybe(uint),
	clientTime: maybe(uint),
	frozen: maybe(fc.constantFrom("sent", "delivered", "seen")),
	outbox: maybe(hex16),
	n: maybe(uint),
	reactions: fc.array(fc.record({ user, emoji: text }), { maxLength: 3 }),
	id: maybe(bytes(8, 16)),
});

const watermarks = fc.array(
	fc.record({ user, delivered: uint, deliveredAt: uint, seen: uint, seenAt: uint }),
	{ maxLength: 4 },
);

const change: fc.Arbitrary<Change> = fc.oneof(
	plain("created", { kind, title: text }),
	plain("row", { message }),
	plain("hidden", { seq: uint }),
	plain("reacted", { seq: uint, user, emoji: maybe(text) }),
	plain("added", { users, by: user }),
	plain("removed", { users, by: user }),
	plain("role", { user, role }),
	plain("described", { title: maybe(text), picture: maybe(text), description: maybe(text) }),
	plain("link", { link: maybe(text) }),
	plain("muted", { until: uint }),
	plain("blocked", { by: user, on: fc.boolean() }),
);

const item: fc.Arbitrary<PullItem> = fc.oneof(
	plain("message", { message }),
	plain("change", { position: uint, at: uint, change }),
	plain("status", { position: uint, watermarks }),
);

const entry = fc.record({
	conversation,
	kind,
	title: text,
	picture: text,
	role: fc.constantFrom("owner", "admin", "member", "removed"),
	mutedUntil: uint,
	head: uint,
	position: uint,
	start: uint,
	delivered: uint,
	seen: uint,
	unread: uint,
	last: maybe(message),
});

const result: fc.Arbitrary<Result> = fc.oneof(
	plain("history", { messages: fc.array(message, { maxLength: 3 }), more: fc.boolean() }),
	plain("list", { entries: fc.array(entry, { maxLength: 3 }), cursor: maybe(text) }),
	plain("pull", {
		items: fc.array(item, { maxLength: 20 }),
		position: uint,
		until: uint,
		done: fc.boolean(),
	}),
	plain("open", { conversation }),
	plain("refresh", { expiresAt: uint }),
	plain("ping", { now: uint }),
	plain("profiles", { profiles: fc.array(fc.record({ user, name: text, picture: text })) }),
	plain("info", {
		kind,
		title: text,
		picture: text,
		description: text,
		link: maybe(text),
		createdAt: uint,
		createdBy: user,
		members: uint,
		page: fc.array(fc.record({ user, role }), { maxLength: 40 }),
		cursor: maybe(text),
	}),
	fc.constant({ type: "logout" as const }),
	plain("receipts", { delivered: uint, seen: uint, watermarks }),
);

const code = fc.constantFrom(...(Object.keys(errorTable) as ErrorCode[]));
const push = { conversation, from: uint };
const page = { frameBytes: uint, contentBytes: uint, window: uint, pageItems: uint, pulseMs: uint };

export const serverOp: fc.Arbitrary<ServerOp> = fc.oneof(
	plain("welcome", {
		version: uint,
		user,
		epoch: text,
		session: text,
		current: uint,
		generation: uint,
		fresh: fc.boolean(),
		ack: fc.constantFrom("memory", "os", "fsync", "replicated+fsync"),
		pid: text,
		node: text,
		now: uint,
		expiresAt: uint,
		limits: fc.record(page),
		name: text,
		picture: text,
		presence: fc.constantFrom("everyone", "contacts", "nobody"),
	}),
	plain("answer", {
		conversation: maybe(conversation),
		n: uint,
		from: uint,
		position: uint,
		seq: uint,
		at: uint,
		text: maybe(text),
	}),
	plain("refused", {
		conversation: maybe(conversation),
		n: uint,
		code,
		detail: text,
		expected: maybe(uint),
	}),
	{ weight: 5, arbitrary: plain("result", { request, result }) },
	plain("error", { request: maybe(uint), code, detail: text }),
	plain("message", { ...push, message }),
	plain("skip", { ...push, position: uint, seq: uint }),
	plain("status", { ...push, position: uint, watermarks }),
	{ weight: 3, arbitrary: plain("changed", { ...push, position: uint, at: uint, change }) },
	plain("presence", {
		users: fc.array(
			fc.record({
				user,
				state: fc.constantFrom("online", "away", "offline"),
				lastSeen: maybe(uint),
			}),
		),
	}),
	plain("typed", { conversation, user, on: fc.boolean() }),
	plain("marks", {
		marks: fc.array(fc.record({ conversation, position: uint }), { maxLength: 30 }),
		last: fc.boolean(),
	}),
	plain("drain", { retryAfterMs: uint, url: maybe(text) }),
	plain("goodbye", { code, detail: text, retryAfterMs: uint }),
);
