// Every bound of a field is reached exactly and refused one beyond, with the code it is to have.

import t from "tap";
import { decodeClientFrame, encodeClientOp, type SaidOp } from "../../src/protocol/codec.js";
import * as limits from "../../src/protocol/limits.js";

type Command = Extract<SaidOp, { type: "write" }>["command"];
type Send = Extract<Command, { type: "send" }>;

const bare: Send = {
	type: "send",
	id: new Uint8Array(8),
	contentType: "text/plain",
	content: new Uint8Array(0),
	replyTo: null,
	mentions: [],
	media: [],
	ttlMs: null,
	clientTime: null,
	seenUpTo: null,
};

function write(command: Command, conversation: string | null = "trip"): SaidOp {
	return { type: "write", conversation, n: 1, answered: 0, command };
}

/** The code that an operation is answered with; null: it is valid. */
function codeFor(op: SaidOp, options = {}): string | null {
	const frame = decodeClientFrame(encodeClientOp(op), options);
	if (!frame.ok) return frame.code;
	const read = frame.ops[0];
	return read?.type === "invalid" ? read.answer.code : null;
}

const send = (fields: Partial<Send>) => write({ ...bare, ...fields });
const bytes = (length: number) => new Uint8Array(length);
const ascii = (length: number) => "x".repeat(length);
const users = (count: number) => Array.from({ length: count }, (_, i) => `user${i}`);
const media = {
	hash: bytes(32),
	size: 1,
	contentType: "image/png",
	name: "a.png",
	ticket: bytes(40),
};

type Case = readonly [name: string, make: (n: number) => SaidOp, max: number, code?: string];

const upTo: readonly Case[] = [
	["content", (n) => send({ content: bytes(n) }), limits.contentBytesMax, "MESSAGE_TOO_LARGE"],
	["message id", (n) => send({ id: bytes(n) }), limits.messageIdBytesMax],
	["content type", (n) => send({ contentType: ascii(n) }), limits.contentTypeBytesMax],
	["mentions", (n) => send({ mentions: users(n) }), limits.mentionsMax],
	["media", (n) => send({ media: Array(n).fill(media) }), limits.mediaMax],
	["media hash", (n) => send({ media: [{ ...media, hash: bytes(n) }] }), limits.mediaHashBytes],
	["media name", (n) => send({ media: [{ ...media, name: ascii(n) }] }), limits.mediaNameBytesMax],
	["ticket", (n) => send({ media: [{ ...media, ticket: bytes(n) }] }), limits.ticketBytesMax],
	["ttl", (n) => send({ ttlMs: n }), limits.ttlMsMax],
	["client time", (n) => send({ clientTime: n }), limits.clientTimeMax],
	["mute", (n) => write({ type: "mute", until: n }), limits.muteUntilMax],
	["emoji", (n) => write({ type: "react", seq: 1, emoji: ascii(n) }), limits.emojiBytesMax],
	["users", (n) => write({ type: "add", users: users(n) }), limits.usersMax],
	["link", (n) => write({ type: "join", link: ascii(n) }), limits.linkBytesMax],
	["title", (n) => describe({ title: ascii(n) }), limits.titleBytesMax],
	["picture", (n) => describe({ picture: ascii(n) }), limits.pictureBytesMax],
	["description", (n) => describe({ description: ascii(n) }), limits.descriptionBytesMax],
	[
		"name",
		(n) => write({ type: "profile", name: ascii(n), picture: "" }, null),
		limits.nameBytesMax,
	],
	["watched", (n) => ({ type: "watch", users: users(n) }), limits.usersMax],
	["held", (n) => ({ type: "held", held: held(n) }), limits.heldMax],
	[
		"cursor",
		(n) => ({ type: "list", request: 1, cursor: ascii(n), limit: 1 }),
		limits.cursorBytesMax,
	],
	["token", (n) => ({ type: "refresh", request: 1, token: ascii(n) }), limits.tokenBytesMax],
	["client", (n) => hello(ascii(n)), limits.clientBytesMax],
];

function describe(fields: { title?: string; picture?: string; description?: string }): SaidOp {
	return write({ type: "describe", title: null, picture: null, description: null, ...fields });
}

function held(count: number): { conversation: string; position: number }[] {
	return users(count).map((conversation, position) => ({ conversation, position }));
}

function hello(client: string): SaidOp {
	const outbox = "00".repeat(16);
	return {
		type: "hello",
		version: 1,
		token: "",
		device: "d",
		accepted: 0,
		offered: 0,
		outbox,
		client,
	};
}

for (const [name, make, max, code = "BAD_REQUEST"] of upTo) {
	t.test(`${name}: ${max} pass, one more is ${code}`, async (t) => {
		t.equal(codeFor(make(max)), null);
		t.equal(codeFor(make(max + 1)), code);
	});
}

t.test("lower bounds are held as well", async (t) => {
	t.equal(codeFor(send({ id: bytes(limits.messageIdBytesMin - 1) })), "BAD_REQUEST");
	t.equal(codeFor(send({ clientTime: limits.clientTimeMin })), null);
	t.equal(codeFor(send({ clientTime: limits.clientTimeMin - 1 })), "BAD_REQUEST");
	t.equal(codeFor(send({ clientTime: 0 })), "BAD_REQUEST");
	t.equal(codeFor(send({ clientTime: 9e15 })), "BAD_REQUEST");
	t.equal(codeFor(send({ ttlMs: 0 })), "BAD_REQUEST");
	t.equal(codeFor(send({ replyTo: 0 })), "BAD_REQUEST");
	t.equal(codeFor(send({ media: [{ ...media, hash: bytes(31) }] })), "BAD_REQUEST");
	t.equal(codeFor(write({ type: "react", seq: 1, emoji: "" })), "BAD_REQUEST");
});

t.test("a server may hold content to less than the protocol does", async (t) => {
	t.equal(codeFor(send({ content: bytes(100) }), { contentBytesMax: 100 }), null);
	t.equal(codeFor(send({ content: bytes(101) }), { contentBytesMax: 100 }), "MESSAGE_TOO_LARGE");
	const edit = write({ ...bare, type: "edit", seq: 1, content: bytes(101) });
	t.equal(codeFor(edit, { contentBytesMax: 100 }), "MESSAGE_TOO_LARGE");
});

t.test("a refused write names the field, and the operations around it are done", async (t) => {
	const bad = send({ contentType: "text/plain\r\nx: y" });
	const good: SaidOp = { type: "delivered", conversation: "trip", seq: 5 };
	const joined = [good, bad, good].map((op) => Buffer.from(encodeClientOp(op)));
	const frame = decodeClientFrame(Buffer.concat(joined));
	t.same(frame.ok && frame.ops, [
		good,
		{
			type: "invalid",
			op: "write",
			answer: {
				type: "refused",
				conversation: "trip",
				n: 1,
				code: "BAD_REQUEST",
				detail: "send.contentType is not printable ASCII",
				expected: null,
			},
		},
		good,
	]);
});

t.test("a page is asked for as large as there are, or as said", async (t) => {
	const limitOf = (hex: string) => {
		const frame = decodeClientFrame(Buffer.from(hex, "hex"));
		const op = frame.ok ? frame.ops[0] : undefined;
		return op?.type === "list" ? op.limit : null;
	};
	t.equal(limitOf("920701"), limits.pageItemsMax);
	t.equal(limitOf("940701c0c0"), limits.pageItemsMax);
	t.equal(limitOf("940701c005"), 5);
	t.equal(limitOf("940701c0cdffff"), limits.pageItemsMax);
});

t.test("what the largest operations take fits into one frame", async (t) => {
	const long = Array.from({ length: limits.usersMax }, (_, i) => `${i}`.padStart(100, "u"));
	t.ok(encodeClientOp(write({ type: "add", users: long })).length < limits.frameBytesMax);
	const everything = send({
		id: bytes(16),
		content: bytes(limits.contentBytesMax),
		mentions: long.slice(0, limits.mentionsMax),
		media: Array(limits.mediaMax).fill({
			...media,
			name: ascii(limits.mediaNameBytesMax),
			ticket: bytes(limits.ticketBytesMax),
		}),
	});
	t.ok(encodeClientOp(everything).length < limits.frameBytesMax);
	t.ok(encodeClientOp(hello(ascii(128))).length + limits.tokenBytesMax < limits.helloFrameBytesMax);
});
