// An orderly end, whatever the clients do.

import t from "tap";
import { answerTo } from "../helpers/fake-router.js";
import { signIn, socketClient, socketHost } from "../helpers/gateway.js";
import { rawUser, stalledUser } from "../helpers/stalled-socket.js";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// C078
t.test("clients are told when to come back, get their answers and a 1001", async (t) => {
	const host = await socketHost();
	const clients = await Promise.all(
		Array.from({ length: 50 }, async (_, at) => {
			const client = await socketClient(host.url);
			await signIn(client, `u${at}`, "d1");
			return client;
		}),
	);
	const mute = await rawUser(host.listener.port, "mute");
	const stalled = await stalledUser(host.listener.port, "stalled");
	while (host.gateway.counts().ready < 52) await pause(10);
	host.router.answering = false;
	for (const client of clients.slice(0, 10)) {
		client.say({ type: "profiles", request: 7, users: ["x"] });
	}
	while (host.router.routed.filter(({ op }) => op.type === "profiles").length < 10) await pause(5);
	// Longer than the test may take: it has to end because all is answered.
	const drained = host.gateway.drain({ graceMs: 600_000, spreadMs: 1_000 });
	t.equal(host.gateway.open, false, "no new ones from the first moment");
	await pause(100);
	for (const client of clients) t.equal(client.closed, null);
	for (const { session, op } of host.router.routed) {
		host.gateway.deliver(session.serial, answerTo(op));
	}
	await drained;
	const hints = new Set<number>();
	for (const [at, client] of clients.entries()) {
		t.match(await client.ended(), { code: 1001, reason: "DRAINING" });
		const [told] = client.all("drain");
		const [goodbye] = client.all("goodbye");
		t.match(goodbye, { code: "DRAINING", retryAfterMs: told?.retryAfterMs ?? -1 });
		hints.add(told?.retryAfterMs ?? -1);
		if (at < 10) t.match(client.all("error"), [{ request: 7 }], "answered before the end");
	}
	t.ok(hints.size > 30 && Math.max(...hints) < 1_000, "spread over the time");
	for (let i = 0; i < 100 && host.gateway.counts().connections > 0; i += 1) await pause(50);
	t.match(host.gateway.counts(), { connections: 0, ready: 0 });
	mute.destroy();
	stalled.destroy();
	await host.close();
});

t.test("answers that never come hold a drain for its grace only", async (t) => {
	const host = await socketHost({ parts: { limits: { closeMs: 300 } } });
	host.router.answering = false;
	const client = await socketClient(host.url);
	await signIn(client, "ann", "d1");
	client.say({ type: "profiles", request: 1, users: ["x"] });
	while (host.router.routed.length < 2) await pause(5);
	const started = performance.now();
	await host.gateway.drain({ graceMs: 500, spreadMs: 0 });
	const tookMs = performance.now() - started;
	t.ok(tookMs >= 499, `${Math.round(tookMs)} ms`);
	t.match(await client.ended(), { code: 1001 });
	await host.close();
});

t.test("closing without a drain cuts what is left and may be repeated", async (t) => {
	const host = await socketHost();
	const client = await socketClient(host.url);
	await signIn(client, "ann", "d1");
	await host.close();
	t.match(await client.ended(), { code: 1006 });
	await host.gateway.close();
	await host.gateway.drain({ graceMs: 100, spreadMs: 0 });
});
