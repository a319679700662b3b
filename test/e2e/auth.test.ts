// C074: what becomes of a live socket when its token, its user or its device does not count any
// more.

import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import { startBroker, type TestBroker } from "../helpers/broker.js";
import { text, tokenFor, WireClient } from "../helpers/wire-client.js";
import { pullAll, said, sign, write } from "./talk.js";

async function bobFor(it: TestBroker, ttlMs: number, generation = 0): Promise<WireClient> {
	const token = await tokenFor(it.data, "bob", ttlMs);
	const bob = await WireClient.connect({ wsUrl: it.wsUrl, token, device: "d1", generation });
	bob.say({ type: "listed" });
	return bob;
}

t.test("a revoked user is out, and what comes then waits", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const bob = await bobFor(it, 60_000);
	const ann = await sign(it, "ann");
	const conversation = await ann.open("bob");
	await write(ann, conversation, 1, text("m1"));
	await bob.next("message");
	await it.broker.revoke("bob");
	t.match(await bob.next("goodbye"), { code: "AUTH_REVOKED" });
	t.match(await bob.closed, { code: 4502 });
	await write(ann, conversation, 2, text("m2"));
	t.notOk(
		bob.received.some((op) => op.type === "message"),
		"nothing comes after",
	);
	const former = await WireClient.dial({ ...bob.options, generation: bob.welcome.generation });
	former.hello();
	t.match(await former.next("goodbye"), { code: "AUTH_REVOKED" }, "nor does the token open again");
	// Tokens are dated in whole seconds: one of the second of the revocation is void too.
	await pause(1_100);
	const again = await bobFor(it, 60_000, bob.welcome.generation);
	t.same((await pullAll(again, conversation, 0)).messages.map(said), ["m1", "m2"]);
});

t.test("a token that expires ends its socket, unless a fresh one came before", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const ann = await sign(it, "ann");
	const conversation = await ann.open("ann");
	t.match(conversation, "ann~ann");
	const kept = await bobFor(it, 5_000);
	const lost = await WireClient.connect({ ...kept.options, device: "d2" });
	const { expiresAt } = kept.welcome;
	const token = await tokenFor(it.data, "bob", 60_000);
	const other = await tokenFor(it.data, "ann", 60_000);
	t.match(await kept.ask({ type: "refresh", token: other }), {
		type: "error",
		code: "AUTH_REJECTED",
	});
	const fresh = await kept.ask({ type: "refresh", token });
	t.match(fresh, { type: "result", result: { type: "refresh" } });
	t.match(await lost.closed, { code: 4010, reason: "AUTH_EXPIRED" });
	const late = Date.now() - expiresAt;
	t.ok(late >= 0 && late < 1_500, `closed ${late} ms after its end`);
	const direct = await ann.open("bob");
	await write(ann, direct, 1, text("m1"));
	t.match(await kept.next("message"), { message: { seq: 1 } }, "the refreshed one lives on");
	t.notOk(lost.received.some((op) => op.type === "message"));
});

t.test("logging out one of two devices closes that one only, and forgets it", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const one = await sign(it, "bob", "d1");
	const two = await sign(it, "bob", "d2");
	const ann = await sign(it, "ann");
	const conversation = await ann.open("bob");
	t.match(await one.ask({ type: "logout", device: "d2" }), { type: "result" });
	t.match(await two.closed, { code: 4502 });
	t.match(await one.ask({ type: "logout", device: "d2" }), { type: "result" }, "twice is no error");
	await write(ann, conversation, 1, text("m1"));
	t.match(await one.next("message"), { message: { seq: 1 } });
	const back = { ...two.options, outbox: two.outbox, generation: two.welcome.generation };
	await t.rejects(WireClient.connect(back), /closed 4505/, "its former generation is forgotten");
	const anew = await WireClient.connect({ ...two.options, device: "d3" });
	t.equal(anew.welcome.fresh, true);
});

t.test("a revoked device stays out until its token is younger, over restarts too", async (t) => {
	let it = await startBroker();
	t.teardown(() => it.discard());
	const lost = await sign(it, "bob", "lost");
	const kept = await sign(it, "bob", "kept");
	const old = lost.options.token;
	await it.broker.revoke("bob", "lost");
	t.match(await lost.closed, { code: 4502, reason: "AUTH_REVOKED" });
	t.match(await kept.ask({ type: "ping" }), { type: "result" }, "the other one stays");
	const back = async (token: string, generation = 0) => {
		const client = await WireClient.dial({ ...lost.options, wsUrl: it.wsUrl, token, generation });
		client.hello();
		return client;
	};
	for (const generation of [0, lost.welcome.generation]) {
		t.match(await (await back(old, generation)).closed, { code: 4502 });
	}
	const again = await WireClient.connect({ ...kept.options, generation: kept.welcome.generation });
	t.equal(again.welcome.fresh, false, "with a token of the same age");
	it = await it.restart();
	t.match(await (await back(old)).closed, { code: 4502 }, "after a restart");
	await pause(1_100);
	const young = await tokenFor(it.data, "bob");
	const fresh = await (await back(young)).next("welcome");
	t.match(fresh, { user: "bob", fresh: true, current: 0 });
	t.match(await (await back(old)).closed, { code: 4502 }, "the old token stays void");
});

t.test("a token made before a revocation prolongs no session that came after it", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const old = await tokenFor(it.data, "bob", 3_600_000);
	// The token's clock and the broker's are two.
	await pause(100);
	await it.broker.revoke("bob");
	await pause(1_100);
	const bob = await bobFor(it, 60_000);
	t.match(await bob.ask({ type: "refresh", token: old }), { type: "error", code: "AUTH_REVOKED" });
	const token = await tokenFor(it.data, "bob", 3_600_000);
	t.match(await bob.ask({ type: "refresh", token }), { type: "result" });
});
