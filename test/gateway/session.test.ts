// A session from ready to its end: what it answers itself, what it counts, what ends it.

import t from "tap";
import { encodeClientFrame } from "../../src/protocol/codec.js";
import { answerTo } from "../helpers/fake-router.js";
import { memoryClient, memoryHost, memoryUser, pass, signIn } from "../helpers/gateway.js";
import { turns } from "../helpers/manual-clock.js";

const body = {
	type: "send",
	id: new Uint8Array(8),
	contentType: "text/plain",
	content: new Uint8Array(3),
	replyTo: null,
	mentions: [],
	media: [],
	ttlMs: null,
	clientTime: null,
	seenUpTo: null,
} as const;

function send(n: number) {
	return { type: "write", conversation: "c", n, answered: 0, command: body } as const;
}

t.test(
	"operations of a frame pass in one batch and its answers leave as one message",
	async (t) => {
		const host = memoryHost();
		const client = await memoryUser(host, "ann");
		const messages = client.messages;
		client.say(
			{ type: "ping", request: 1 },
			{ type: "profiles", request: 2, users: ["bob"] },
			{ type: "open", request: 3, user: "bob" },
		);
		t.match(await client.next("result"), { request: 1, result: { type: "ping" } });
		t.match(await client.next("error"), { request: 2 });
		t.match(await client.next("error"), { request: 3 });
		t.equal(client.messages, messages + 1);
		t.match(
			host.router.routed.map(({ op }) => op.type),
			["ready", "profiles", "open"],
		);
	},
);

t.test(
	"an operation that is not valid is answered and the rest of its frame is done",
	async (t) => {
		const host = memoryHost();
		const client = await memoryUser(host, "ann");
		client.say(
			{ type: "open", request: 1, user: "not~lawful" },
			{ type: "open", request: 2, user: "bob" },
		);
		t.match(await client.next("error"), { request: 1, code: "ID_INVALID" });
		t.match(await client.next("error"), { request: 2, code: "USER_UNKNOWN" });
		client.raw(Uint8Array.of(0x91, 0x3f));
		t.match(await client.next("error"), { request: null, code: "OP_UNKNOWN" });
		t.equal(client.closed, null);
	},
);

t.test("past the window the socket is not read until half of it is answered", async (t) => {
	const host = memoryHost({ limits: { window: 8 } });
	const client = await memoryUser(host, "ann");
	host.router.answering = false;
	for (let n = 1; n <= 20; n += 1) client.say(send(n));
	await turns(40);
	const writes = () => host.router.routed.filter(({ op }) => op.type === "write");
	t.equal(writes().length, 8);
	const { session } = writes()[0] as (typeof host.router.routed)[0];
	const answer = (from: number, to: number) => {
		for (const { op } of writes().slice(from, to)) {
			host.gateway.deliver(session.serial, answerTo(op));
		}
	};
	answer(0, 3);
	await turns(40);
	t.equal(writes().length, 8, "not yet");
	answer(3, 4);
	await turns(40);
	t.equal(writes().length, 12);
	host.router.answering = true;
	answer(4, 12);
	await turns(60);
	t.equal(writes().length, 20);
	t.strictSame(
		client.all("answer").map(({ n }) => n),
		Array.from({ length: 20 }, (_, at) => at + 1),
	);
});

t.test("receipts and typing have a rate, past which the socket is not read", async (t) => {
	const host = memoryHost({ limits: { unnumberedPerSecond: 40, sweepMs: 250 } });
	const client = await memoryUser(host, "ann");
	const typing = () => host.router.routed.filter(({ op }) => op.type === "typing").length;
	for (let count = 0; count < 40; count += 1) {
		client.say({ type: "typing", conversation: "c", on: true });
	}
	await turns(80);
	t.equal(typing(), 11, "a quarter of a second's worth, and the one that showed it");
	await pass(host.clock, 250);
	await turns(80);
	t.equal(typing(), 22);
	t.equal(client.closed, null);
});

// C074
t.test("an expired token ends the session within a second and nothing comes after", async (t) => {
	const host = memoryHost({
		authenticate: (user, { now }) => ({ user, expiresAt: now + 5_000 }),
	});
	const client = await memoryUser(host, "ann");
	await pass(host.clock, 4_750);
	t.equal(client.closed, null);
	const [info] = host.gateway.sessionsOf("ann");
	await pass(host.clock, 1_000);
	t.match(await client.ended(), { code: 4010, reason: "AUTH_EXPIRED" });
	const told = client.ops.length;
	host.gateway.deliver(info?.serial ?? 0, [
		{ type: "typed", conversation: "c", user: "bob", on: true },
	]);
	await turns(20);
	t.equal(client.ops.length, told);
	t.match(host.router.gone, [{ user: "ann" }]);
});

t.test("a fresh token on the live socket keeps it, a refused one changes nothing", async (t) => {
	const host = memoryHost({
		authenticate: (token, { now }) =>
			token === "bad" ? null : { user: token, expiresAt: now + 5_000 },
	});
	const client = await memoryUser(host, "ann");
	await pass(host.clock, 3_000);
	client.say({ type: "refresh", request: 1, token: "bad" });
	t.match(await client.next("error"), { request: 1, code: "AUTH_REJECTED" });
	client.say({ type: "refresh", request: 2, token: "bob" });
	t.match(await client.next("error"), { request: 2, code: "AUTH_REJECTED" });
	client.say({ type: "refresh", request: 3, token: "ann" });
	t.match(await client.next("result"), {
		request: 3,
		result: { type: "refresh", expiresAt: host.clock.now() + 5_000 },
	});
	await pass(host.clock, 4_000);
	t.equal(client.closed, null);
	await pass(host.clock, 2_000);
	t.match(await client.ended(), { code: 4010 });
});

t.test("a refresh whose hook hangs is answered after the deadline", async (t) => {
	let hang = false;
	const host = memoryHost({
		authenticate: (user, { now }) =>
			hang ? new Promise(() => {}) : { user, expiresAt: now + 3_600_000 },
	});
	const client = await memoryUser(host, "ann");
	hang = true;
	client.say(
		{ type: "refresh", request: 1, token: "ann" },
		{ type: "refresh", request: 2, token: "ann" },
	);
	t.match(await client.next("error"), { request: 2, code: "OVERLOADED" });
	await pass(host.clock, 6_000);
	t.match(await client.next("error"), { request: 1, code: "UNAVAILABLE" });
	t.equal(client.closed, null);
});

t.test("ending a user's sessions reaches all of them but the excepted one", async (t) => {
	const host = memoryHost();
	const d1 = await memoryUser(host, "ann", "d1");
	const d2 = await memoryUser(host, "ann", "d2");
	const d3 = await memoryUser(host, "ann", "d3");
	const bob = await memoryUser(host, "bob", "d1");
	const serial = host.gateway.sessionsOf("ann")[2]?.serial ?? 0;
	host.gateway.end("ann", "d1", "AUTH_REVOKED", null);
	t.match(await d1.ended(), { code: 4502 });
	t.equal(d2.closed, null, "only the device that was logged out");
	host.gateway.end("ann", null, "AUTH_REVOKED", serial);
	t.match(await d2.ended(), { code: 4502 });
	await turns();
	t.equal(d3.closed, null);
	t.equal(bob.closed, null);
	t.match(host.gateway.sessionsOf("ann"), [{ device: "d3" }]);
});

t.test("what waits is not delivered to a session that is ended for its token", async (t) => {
	const host = memoryHost();
	const client = await memoryUser(host, "ann");
	const serial = host.gateway.sessionsOf("ann")[0]?.serial ?? 0;
	host.gateway.deliver(serial, [{ type: "typed", conversation: "c", user: "bob", on: true }]);
	host.gateway.end("ann", null, "AUTH_REVOKED", null);
	await client.ended();
	t.strictSame(client.all("typed"), []);
	t.match(client.ops.at(-1), { type: "goodbye", code: "AUTH_REVOKED" });
});

t.test(
	"actors that throw cost their session only, and a session is reported gone once",
	async (t) => {
		const host = memoryHost();
		const client = await memoryUser(host, "ann");
		const other = await memoryUser(host, "bob");
		host.router.route = () => {
			throw new Error("no");
		};
		client.say({ type: "typing", conversation: "c", on: true });
		t.match(await client.ended(), { code: 4012, reason: "INTERNAL" });
		await turns(10);
		t.equal(host.router.gone.length, 1);
		t.equal(other.closed, null);
	},
);

t.test("frames that came with or after the end are not looked at", async (t) => {
	const host = memoryHost();
	const client = await memoryUser(host, "ann");
	client.raw(Uint8Array.of(0xc1));
	client.say({ type: "typing", conversation: "c", on: true });
	t.match(await client.ended(), { code: 4500 });
	t.notOk(host.router.routed.some(({ op }) => op.type === "typing"));
});

t.test("what follows ready in the same frame is done after it", async (t) => {
	const host = memoryHost();
	const client = memoryClient(host);
	await signIn(client, "ann", "d1");
	const early = memoryClient(host);
	early.say({
		type: "hello",
		version: 1,
		token: "bob",
		device: "d1",
		accepted: 0,
		offered: 0,
		outbox: "00".repeat(16),
		client: "",
	});
	const { generation } = await early.next("welcome");
	early.raw(
		encodeClientFrame([
			{ type: "ready", generation },
			{ type: "ping", request: 9 },
		]),
	);
	t.match(await early.next("result"), { request: 9 });
});
