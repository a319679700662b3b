// One device, one session: who comes later takes over, but not for ever.

import t from "tap";
import { gatewayLimits } from "../../src/gateway/limits.js";
import { Takeovers } from "../../src/gateway/takeovers.js";
import { helloOf, memoryClient, memoryHost, memoryUser, pass, signIn } from "../helpers/gateway.js";
import { turns } from "../helpers/manual-clock.js";

t.test("the newest session of a device replaces the older one", async (t) => {
	const host = memoryHost();
	const old = await memoryUser(host, "ann", "d1");
	const other = await memoryUser(host, "ann", "d2");
	await memoryUser(host, "ann", "d1");
	t.match(await old.ended(), { code: 4503, reason: "REPLACED" });
	t.match(old.all("goodbye"), [{ code: "REPLACED" }]);
	t.equal(other.closed, null, "another device is left alone");
	t.match(host.router.gone, [{ device: "d1" }]);
	t.match(host.gateway.sessionsOf("ann"), [{ device: "d2" }, { device: "d1" }]);
});

// C021
t.test("two clients that evict each other are slowed down after three takeovers", async (t) => {
	const host = memoryHost();
	let current = await memoryUser(host, "ann", "d1");
	for (let round = 0; round < 3; round += 1) {
		const next = await memoryUser(host, "ann", "d1");
		t.match(await current.ended(), { code: 4503 });
		current = next;
	}
	const hellos = host.router.hellos.length;
	const refused = memoryClient(host);
	refused.say(helloOf("ann", "d1"));
	const { code, retryAfterMs } = await refused.next("goodbye");
	t.equal(code, "TAKEOVER_LIMIT");
	t.ok(retryAfterMs > 0 && retryAfterMs <= 10_000);
	t.match(await refused.ended(), { code: 4004 });
	t.equal(host.router.hellos.length, hellos, "the actors and the journal hear nothing of it");
	t.equal(current.closed, null, "who is there stays");
	await pass(host.clock, retryAfterMs);
	await memoryUser(host, "ann", "d1");
	t.match(await current.ended(), { code: 4503 });
});

t.test("a device that is welcomed again has given up the connection before", async (t) => {
	const host = memoryHost();
	const old = memoryClient(host);
	old.say(helloOf("ann", "d1"));
	const { generation } = await old.next("welcome");
	const other = memoryClient(host);
	other.say(helloOf("ann", "d2"));
	await other.next("welcome");
	const again = memoryClient(host);
	again.say(helloOf("ann", "d1"));
	const welcome = await again.next("welcome");
	old.say({ type: "ready", generation });
	t.match(await old.ended(), { code: 4503, reason: "REPLACED" });
	again.say({ type: "ready", generation: welcome.generation });
	await turns();
	const ready = host.router.routed.filter(({ op }) => op.type === "ready");
	t.equal(ready.length, 1, "a late ready makes no generation current");
	t.equal(again.closed, null);
	t.equal(other.closed, null);
});

// S5
t.test("of two devices with one outbox the one that spoke last speaks", async (t) => {
	const host = memoryHost();
	await memoryUser(host, "ann", "d1");
	const [old] = host.gateway.sessionsOf("ann");
	t.ok(old !== undefined && host.gateway.speaks(old), "alone");
	const copy = await memoryUser(host, "ann", "d2");
	const [, newer] = host.gateway.sessionsOf("ann");
	if (old === undefined || newer === undefined) throw new Error("two sessions");
	t.ok(host.gateway.speaks(old), "the copy has not written yet");
	t.ok(host.gateway.speaks(newer));
	t.notOk(host.gateway.speaks(old));
	copy.cut();
	await turns();
	t.notOk(host.gateway.speaks(old), "and not once the copy has left either");
	t.ok(host.gateway.speaks({ ...old, outbox: "11".repeat(16) }), "another outbox is its own");
	t.ok(host.gateway.speaks({ ...old, serial: 99 }), "the device on a new connection");
});

t.test("takeovers are forgotten after their window", async (t) => {
	const takeovers = new Takeovers(gatewayLimits);
	for (const now of [0, 1_000, 2_000, 3_000]) takeovers.note("ann", "d1", now);
	t.equal(takeovers.waitMs("ann", "d1", 3_000), 8_000, "the third last one leaves the window");
	t.equal(takeovers.waitMs("ann", "d2", 3_000), 0);
	takeovers.forget(12_999);
	t.equal(takeovers.size, 1);
	takeovers.forget(13_000);
	t.equal(takeovers.size, 0);
});

t.test("a user has a bounded number of sessions", async (t) => {
	const host = memoryHost({ limits: { sessionsPerUserMax: 3 } });
	for (const device of ["d1", "d2", "d3"]) await memoryUser(host, "ann", device);
	const fourth = memoryClient(host);
	await signIn(fourth, "ann", "d4");
	t.match(await fourth.next("goodbye"), { code: "TOO_MANY_CONNECTIONS" });
	await memoryUser(host, "ann", "d2");
	await turns();
	t.equal(host.gateway.sessionsOf("ann").length, 3, "a takeover needs no room");
});
