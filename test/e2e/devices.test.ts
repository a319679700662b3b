// Several devices of one user, and one device on two sockets: what each of them and their friends
// are told, over real sockets.

import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import type { ServerOp } from "../../src/protocol/frames.js";
import { startBroker, type TestBroker } from "../helpers/broker.js";
import { tokenFor, WireClient } from "../helpers/wire-client.js";
import { comeBack, openFilesOf, sign, until, write } from "./talk.js";

const quick = { presenceSweepMs: 50, offlineAfterMs: 200, awayAfterMs: 60_000 };

/** The states of one user that this client was told, in order. */
function told(client: WireClient, user: string): { state: string; lastSeen: number | null }[] {
	return client.received.flatMap((op) =>
		op.type === "presence" ? op.users.filter((one) => one.user === user) : [],
	);
}

function states(client: WireClient, user: string): string[] {
	return told(client, user).map(({ state }) => state);
}

let looks = 0;

async function hidden(it: TestBroker, watcher: string, user: string): Promise<boolean> {
	looks += 1;
	const client = await sign(it, watcher, `look-${looks}`);
	client.say({ type: "watch", users: [user] });
	const { users } = await client.next("presence");
	client.cut();
	return users[0]?.state === "offline" && users[0].lastSeen === null;
}

// C018
t.test("a user is online while any device is, and goes once, after the last", async (t) => {
	const it = await startBroker(quick);
	t.teardown(() => it.discard());
	const ann = await sign(it, "ann");
	const one = await sign(it, "bob", "d1");
	const two = await sign(it, "bob", "d2");
	await ann.open("bob");
	ann.say({ type: "watch", users: ["bob"] });
	await until("online", () => states(ann, "bob").at(-1) === "online");
	one.say({ type: "pulse", active: false });
	two.say({ type: "pulse", active: true });
	await pause(300);
	one.cut();
	await pause(600);
	t.same(states(ann, "bob"), ["online"], "the one that idles or goes says nothing of the other");
	const before = Date.now();
	await two.ask({ type: "ping" });
	two.cut();
	await until("offline", () => states(ann, "bob").includes("offline"));
	await pause(500);
	t.same(states(ann, "bob"), ["online", "offline"]);
	const last = told(ann, "bob").at(-1)?.lastSeen ?? 0;
	t.ok(last >= before && last <= Date.now(), "last seen is the latest of both devices");
});

// C019
t.test("a half-open client is cut with all that belongs to it, last seen kept", async (t) => {
	const it = await startBroker({ ...quick, pingMs: 1_000, gatewaySweepMs: 50, closeMs: 200 });
	t.teardown(() => it.discard());
	const ann = await sign(it, "ann");
	await ann.open("ann");
	ann.say({ type: "watch", users: ["bob"] });
	const files = openFilesOf(process.pid);
	const bob = await sign(it, "bob");
	await bob.open("ann");
	const heard = Date.now();
	await until("online", () => states(ann, "bob").at(-1) === "online");
	bob.socket.pause();
	await until("cut", async () => (await it.broker.admin.ps()).gateway.ready === 1);
	t.ok(Date.now() - heard > 1_500, "not before two pings");
	await until("offline", () => states(ann, "bob").at(-1) === "offline");
	const last = told(ann, "bob").at(-1)?.lastSeen ?? Number.POSITIVE_INFINITY;
	t.ok(last <= heard, `pings are no life of a person: ${last - heard} ms`);
	bob.cut();
	// A peer that only half closes.
	const cyd = await sign(it, "cyd");
	const raw = (cyd.socket as unknown as { _socket: { end(): void } })._socket;
	raw.end();
	await until("gone", async () => (await it.broker.admin.ps()).gateway.connections === 1);
	await until("files", () => openFilesOf(process.pid) <= files);
});

// C021
t.test("two sockets of one device: the newest wins, and a fight is slowed down", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	let current = await sign(it, "ann");
	const { number } = (await it.broker.admin.ps()).commit;
	for (let round = 0; round < 3; round += 1) {
		const next = await comeBack(it, current);
		t.match(await current.closed, { code: 4503, reason: "REPLACED" });
		current = next;
	}
	const loser = await WireClient.dial({
		...current.options,
		generation: current.welcome.generation,
	});
	loser.hello();
	const goodbye = await loser.next("goodbye");
	t.equal(goodbye.code, "TAKEOVER_LIMIT");
	t.ok(goodbye.retryAfterMs > 0 && goodbye.retryAfterMs <= 10_000);
	t.match(await loser.closed, { code: 4004 });
	t.match(await current.ask({ type: "ping" }), { type: "result" }, "who is there stays");
	const after = (await it.broker.admin.ps()).commit.number;
	t.ok(after - number <= 8, `the journal hardly notices: ${after - number} commits`);
});

t.test("presence is told as its owner chose, both ways, and blocks hide it", async (t) => {
	const it = await startBroker(quick);
	t.teardown(() => it.discard());
	const ann = await sign(it, "ann");
	const bob = await sign(it, "bob");
	await sign(it, "cyd");
	const direct = await ann.open("bob");
	t.notOk(await hidden(it, "bob", "ann"), "everyone is the default");
	t.notOk(await hidden(it, "cyd", "ann"));
	await write(ann, null, 1, { type: "privacy", presence: "contacts" });
	t.notOk(await hidden(it, "bob", "ann"), "bob shares a direct conversation");
	t.ok(await hidden(it, "cyd", "ann"), "cyd does not");
	await write(ann, null, 2, { type: "privacy", presence: "nobody" });
	t.ok(await hidden(it, "bob", "ann"));
	t.ok(await hidden(it, "ann", "bob"), "who hides sees nobody");
	await write(ann, null, 3, { type: "privacy", presence: "everyone" });
	t.notOk(await hidden(it, "ann", "bob"));
	const live = await sign(it, "ann", "live");
	live.say({ type: "watch", users: ["bob"] });
	const online = (op: ServerOp) => op.type === "presence" && op.users[0]?.state === "online";
	await live.match(online);
	await write(bob, direct, 1, { type: "block" });
	t.match(
		await live.match((op) => op.type === "presence"),
		{ users: [{ user: "bob", state: "offline", lastSeen: null }] },
		"a watch that was lawful ends with the block",
	);
	t.ok(await hidden(it, "bob", "ann"), "for the one who blocked too");
	await write(bob, direct, 2, { type: "unblock" });
	t.notOk(await hidden(it, "ann", "bob"));
});

t.test("a watch is answered again once the watched exists, or is a contact", async (t) => {
	const it = await startBroker(quick);
	t.teardown(() => it.discard());
	const ann = await sign(it, "ann");
	ann.say({ type: "watch", users: ["bob"] });
	await until("told", () => states(ann, "bob").length === 1);
	const bob = await sign(it, "bob");
	await until("bob has come", () => states(ann, "bob").at(-1) === "online");
	await write(bob, null, 1, { type: "privacy", presence: "contacts" });
	await until("no contact", () => told(ann, "bob").at(-1)?.lastSeen === null);
	await bob.open("ann");
	await until("a contact", () => states(ann, "bob").at(-1) === "online");
	// The answer to the watch and the next sweep may both say the same.
	const changes = states(ann, "bob").filter((state, at, all) => state !== all[at - 1]);
	t.same(changes, ["offline", "online", "offline", "online"]);
});

t.test("a user has so many devices, and logging one out makes room", async (t) => {
	const it = await startBroker({ devicesPerUserMax: 2 });
	t.teardown(() => it.discard());
	const one = await sign(it, "ann", "d1");
	await sign(it, "ann", "d2");
	const token = await tokenFor(it.data, "ann");
	const third = { wsUrl: it.wsUrl, token, device: "d3" };
	await t.rejects(WireClient.connect(third), /closed 4506/);
	t.match(await one.ask({ type: "logout", device: "d2" }), { type: "result" });
	t.match(await WireClient.connect(third), { welcome: { user: "ann", fresh: true } });
});

t.test(
	"a device that was connected all the while is not unseen, one that was away is",
	async (t) => {
		const it = await startBroker({ deviceForgottenAfterMs: 1_500, sweepMs: 50 });
		t.teardown(() => it.discard());
		const away = await sign(it, "ann", "away");
		const quiet = await sign(it, "ann", "quiet");
		away.cut();
		await pause(2_000);
		quiet.cut();
		await until("gone", async () => (await it.broker.admin.ps()).gateway.connections === 0);
		await sign(it, "ann", "third");
		const back = await comeBack(it, quiet);
		t.match(back.welcome, { current: quiet.welcome.generation, fresh: false });
		await t.rejects(comeBack(it, away), /closed 4505/);
	},
);
