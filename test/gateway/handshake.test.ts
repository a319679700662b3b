// From hello to ready, over memory with a clock that stands still.

import t from "tap";
import { helloOf, memoryClient, memoryHost, memoryUser, pass, signIn } from "../helpers/gateway.js";
import { turns } from "../helpers/manual-clock.js";

t.test("a hello with a good token is welcomed, and ready reaches the actors", async (t) => {
	const host = memoryHost();
	const client = memoryClient(host);
	const welcome = await signIn(client, "Ann", "d1", 4);
	t.match(welcome, { user: "ann", generation: 5, epoch: "e1", ack: "memory", node: "n1" });
	t.match(host.router.hellos, [{ user: "ann", device: "d1", accepted: 4, offered: 4 }]);
	await turns();
	t.match(host.router.routed, [{ session: { user: "ann", device: "d1" }, op: { type: "ready" } }]);
	t.match(host.gateway.sessionsOf("ann"), [{ user: "ann", device: "d1", generation: 5 }]);
});

t.test("an operation before ready ends the connection", async (t) => {
	const host = memoryHost();
	const client = memoryClient(host);
	client.say({ type: "ping", request: 1 });
	t.match(await client.next("goodbye"), { code: "PROTOCOL" });
	t.match(await client.ended(), { code: 4500, reason: "PROTOCOL" });
	const late = memoryClient(host);
	late.say(helloOf("ann", "d1"));
	await late.next("welcome");
	late.say({ type: "ping", request: 1 });
	t.match(await late.next("goodbye"), { code: "PROTOCOL" });
});

t.test("a second hello, a ready out of turn and an empty frame end the connection", async (t) => {
	const host = memoryHost();
	const twice = await memoryUser(host, "ann");
	twice.say(helloOf("ann", "d1"));
	t.match(await twice.ended(), { code: 4500 });
	const wrong = memoryClient(host);
	wrong.say(helloOf("bob", "d1"));
	await wrong.next("welcome");
	wrong.say({ type: "ready", generation: 77 });
	t.match(await wrong.ended(), { code: 4500 });
	const empty = memoryClient(host);
	empty.raw(new Uint8Array(0));
	t.match(await empty.ended(), { code: 4500 });
});

t.test("another version and a bad device id are told what is wrong", async (t) => {
	const host = memoryHost();
	const old = memoryClient(host);
	old.say({ ...helloOf("ann", "d1"), version: 2 } as Parameters<typeof old.say>[0]);
	t.match(await old.next("goodbye"), { code: "VERSION", detail: "1" });
	t.match(await old.ended(), { code: 4507 });
	const bad = memoryClient(host);
	bad.say(helloOf("ann", "d\u00001"));
	t.match(await bad.ended(), { code: 4500 });
	t.strictSame(host.router.hellos, []);
});

t.test("a refused token ends the connection and the actors never hear of it", async (t) => {
	const host = memoryHost();
	const client = memoryClient(host);
	client.say(helloOf("bad", "d1"));
	t.match(await client.next("goodbye"), { code: "AUTH_REJECTED", detail: "" });
	t.match(await client.ended(), { code: 4501, reason: "AUTH_REJECTED" });
	t.strictSame(host.router.hellos, []);
});

t.test("a hook that throws or returns nonsense is a fault, not a refusal", async (t) => {
	const lines: unknown[] = [];
	const answers: unknown[] = [{ user: 7 }, "ann", { user: "ann", expiresAt: Number.NaN }];
	const host = memoryHost({
		log: (_level, event, fields) => lines.push([event, fields]),
		authenticate: () => {
			const answer = answers.shift();
			if (answer === undefined) throw new Error("the secret is hunter2");
			return answer as never;
		},
	});
	for (let turn = 0; turn < 4; turn += 1) {
		const client = memoryClient(host);
		client.say(helloOf("ann", "d1"));
		t.match(await client.next("goodbye"), { code: "UNAVAILABLE", detail: "" });
		t.match(await client.ended(), { code: 4012 }, "the client comes back");
	}
	t.equal(lines.length, 4);
});

t.test("a hook that never answers costs its client the deadline and nobody else", async (t) => {
	const host = memoryHost({
		authenticate: (token, { now }) =>
			token === "slow" ? new Promise(() => {}) : { user: token, expiresAt: now + 1_000_000 },
	});
	const slow = memoryClient(host);
	slow.say(helloOf("slow", "d1"));
	await turns();
	await memoryUser(host, "ann");
	await pass(host.clock, 4_000);
	t.equal(slow.closed, null);
	await pass(host.clock, 2_000);
	t.match(await slow.next("goodbye"), { code: "UNAVAILABLE" });
});

t.test("an answer of the hook or the actors that comes too late changes nothing", async (t) => {
	let answer: () => void = () => {};
	const host = memoryHost();
	host.router.outcome = (hello) =>
		new Promise((resolve) => {
			answer = () =>
				resolve({
					ok: true,
					current: hello.offered,
					generation: hello.offered + 1,
					fresh: false,
					pid: "",
					name: "",
					picture: "",
					presence: "everyone",
				});
		});
	const client = memoryClient(host);
	client.say(helloOf("ann", "d1"));
	await turns();
	await pass(host.clock, 6_000);
	await client.ended();
	answer();
	await turns();
	t.strictSame(client.all("welcome"), []);
	t.strictSame(host.gateway.sessionsOf("ann"), []);
});

t.test("a token bound to a device is good for that device only", async (t) => {
	const host = memoryHost({
		authenticate: (_token, { now }) => ({ user: "ann", expiresAt: now + 9_999, device: "d1" }),
	});
	const wrong = memoryClient(host);
	wrong.say(helloOf("t", "d2"));
	t.match(await wrong.next("goodbye"), { code: "AUTH_REJECTED" });
	await memoryUser(host, "t", "d1");
	t.match(host.gateway.sessionsOf("ann"), [{ device: "d1" }]);
});

t.test("what the actors refuse ends the connection with their code", async (t) => {
	const host = memoryHost();
	const refuse = async (code: "DEVICE_FORKED" | "UNAVAILABLE" | "DEVICE_LIMIT" | "OVERLOADED") => {
		host.router.outcome = () => ({ ok: false, code, detail: "because" });
		const client = memoryClient(host);
		client.say(helloOf("ann", "d1"));
		t.match(await client.next("goodbye"), { code, detail: "because" });
		return (await client.ended()).code;
	};
	t.equal(await refuse("DEVICE_FORKED"), 4504);
	t.equal(await refuse("DEVICE_LIMIT"), 4506);
	t.equal(await refuse("UNAVAILABLE"), 4012, "a code of its own kind: come back");
	t.equal(await refuse("OVERLOADED"), 4012);
});

t.test("a router that throws is a fault of ours, contained to the session", async (t) => {
	const host = memoryHost();
	host.router.outcome = () => {
		throw new Error("no");
	};
	const client = memoryClient(host);
	client.say(helloOf("ann", "d1"));
	t.match(await client.next("goodbye"), { code: "INTERNAL", detail: "" });
});

t.test("whoever says nothing, or no ready, is gone after the deadline", async (t) => {
	const host = memoryHost();
	const silent = memoryClient(host);
	const half = memoryClient(host);
	half.say(helloOf("ann", "d1"));
	await half.next("welcome");
	await pass(host.clock, 4_500);
	t.equal(silent.closed, null);
	await pass(host.clock, 1_000);
	t.match(await silent.ended(), { code: 4002, reason: "HANDSHAKE_TIMEOUT" });
	t.match(await half.ended(), { code: 4002 });
	await turns();
	t.match(host.gateway.counts(), { connections: 0, early: 0 });
});

t.test("a token revoked before hello, or between welcome and ready, lets nobody in", async (t) => {
	const host = memoryHost();
	const revoked = { ok: false, code: "AUTH_REVOKED", detail: "" } as const;
	const { outcome } = host.router;
	host.router.outcome = () => revoked;
	const before = memoryClient(host);
	before.say(helloOf("ann", "d1"));
	t.match(await before.next("goodbye"), { code: "AUTH_REVOKED" });
	t.match(await before.ended(), { code: 4502 });
	host.router.outcome = outcome;
	const between = memoryClient(host);
	between.say(helloOf("ann", "d1"));
	await between.next("welcome");
	host.gateway.end("ann", null, "AUTH_REVOKED", null);
	t.match(await between.ended(), { code: 4502 });
	const live = memoryClient(host);
	await signIn(live, "ann", "d1");
	host.router.outcome = () => revoked;
	live.say({ type: "refresh", request: 1, token: "ann" });
	t.match(await live.next("error"), { request: 1, code: "AUTH_REVOKED" }, "nor prolongs");
});

t.test("a store that cannot be asked about revocations lets nobody in, for now", async (t) => {
	const host = memoryHost();
	host.router.outcome = () => ({ ok: false, code: "JOURNAL_IO", detail: "" });
	const client = memoryClient(host);
	client.say(helloOf("ann", "d1"));
	t.match(await client.next("goodbye"), { code: "JOURNAL_IO" });
	t.match(await client.ended(), { code: 4012 });
});

t.test("while the server drains, hellos are turned away at once", async (t) => {
	const host = memoryHost();
	const waiting = memoryClient(host);
	const drained = host.gateway.drain({ graceMs: 0, spreadMs: 100 });
	waiting.say(helloOf("ann", "d1"));
	t.match(await waiting.next("goodbye"), { code: "DRAINING" });
	for (let step = 0; step < 60; step += 1) {
		await pass(host.clock, 25);
		await turns();
	}
	await drained;
});
