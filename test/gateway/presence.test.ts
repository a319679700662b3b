// Watching: who is told what, when, and by whose leave.

import t from "tap";
import { type MemoryClient, memoryHost, memoryUser, pass } from "../helpers/gateway.js";
import { turns } from "../helpers/manual-clock.js";

async function watch(client: MemoryClient, ...users: string[]): Promise<void> {
	client.say({ type: "watch", users });
	await turns(6);
}

/** What was told about a user, in order. */
function told(client: MemoryClient, user: string): string[] {
	return client
		.all("presence")
		.flatMap(({ users }) => users.filter((one) => one.user === user).map(({ state }) => state));
}

function lastTold(client: MemoryClient, user: string) {
	return client
		.all("presence")
		.flatMap(({ users }) => users.filter((one) => one.user === user))
		.at(-1);
}

t.test("a watcher is told at once, and then of changes only", async (t) => {
	const host = memoryHost();
	const ann = await memoryUser(host, "ann");
	await watch(ann, "bob", "cid");
	t.match(ann.all("presence"), [
		{
			users: [
				{ user: "bob", state: "offline", lastSeen: 0 },
				{ user: "cid", state: "offline", lastSeen: 0 },
			],
		},
	]);
	const bob = await memoryUser(host, "bob");
	await pass(host.clock, 30_000, 1_000);
	bob.say({ type: "pulse", active: true });
	await pass(host.clock, 30_000, 1_000);
	t.strictSame(told(ann, "bob"), ["offline", "online"]);
	bob.say({ type: "pulse", active: false });
	await pass(host.clock, 1_000);
	t.strictSame(told(ann, "bob"), ["offline", "online", "away"]);
	bob.say({ type: "pulse", active: true });
	await pass(host.clock, 1_000);
	t.strictSame(told(ann, "bob"), ["offline", "online", "away", "online"]);
});

t.test("changes within a sweep reach a watcher as one operation", async (t) => {
	const host = memoryHost();
	const ann = await memoryUser(host, "ann");
	await watch(ann, "b1", "b2", "b3");
	const before = ann.all("presence").length;
	for (const user of ["b1", "b2", "b3"]) await memoryUser(host, user);
	await pass(host.clock, 1_000);
	t.equal(ann.all("presence").length, before + 1);
	t.equal(ann.all("presence").at(-1)?.users.length, 3);
});

t.test("what happens by itself does not end being idle, what a person does ends it", async (t) => {
	const host = memoryHost();
	const ann = await memoryUser(host, "ann");
	const bob = await memoryUser(host, "bob");
	await watch(ann, "bob");
	bob.say({ type: "pulse", active: false });
	await pass(host.clock, 1_000);
	bob.say({ type: "delivered", conversation: "c", seq: 1 });
	bob.say({ type: "ping", request: 1 });
	await pass(host.clock, 2_000);
	t.strictSame(told(ann, "bob"), ["online", "away"]);
	bob.say({ type: "seen", conversation: "c", seq: 1 });
	await pass(host.clock, 1_000);
	t.strictSame(told(ann, "bob"), ["online", "away", "online"]);
});

// C018
t.test(
	"two devices do not fight: one that pulses is enough, one event when both are gone",
	async (t) => {
		const host = memoryHost();
		const ann = await memoryUser(host, "ann");
		const d1 = await memoryUser(host, "bob", "d1");
		const d2 = await memoryUser(host, "bob", "d2");
		await watch(ann, "bob");
		d1.say({ type: "pulse", active: false });
		await pass(host.clock, 5_000);
		d2.say({ type: "pulse", active: true });
		const lastPulse = host.clock.now();
		await turns();
		d1.close();
		await pass(host.clock, 5_000);
		t.strictSame(told(ann, "bob"), ["online"], "nothing to tell so far");
		d2.close();
		await pass(host.clock, 10_000);
		t.strictSame(told(ann, "bob"), ["online", "offline"]);
		t.equal(lastTold(ann, "bob")?.lastSeen, lastPulse);
	},
);

t.test("a reload is not a departure", async (t) => {
	const host = memoryHost();
	const ann = await memoryUser(host, "ann");
	let bob = await memoryUser(host, "bob");
	await watch(ann, "bob");
	bob.close();
	await pass(host.clock, 2_000, 500);
	bob = await memoryUser(host, "bob");
	await pass(host.clock, 5_000);
	t.strictSame(told(ann, "bob"), ["online"]);
});

t.test("who may not watch is told nothing that it would not be told of nobody", async (t) => {
	const denied = new Set(["ann>bob"]);
	const host = memoryHost({
		mayWatch: (pairs) => pairs.map(({ watcher, user }) => !denied.has(`${watcher}>${user}`)),
	});
	const ann = await memoryUser(host, "ann");
	const bob = await memoryUser(host, "bob");
	await watch(ann, "bob", "stranger");
	t.match(lastTold(ann, "bob"), { state: "offline", lastSeen: null });
	bob.say({ type: "pulse", active: false });
	await pass(host.clock, 2_000);
	t.equal(told(ann, "bob").length, 1, "and nothing of changes");
	denied.clear();
	host.gateway.presence.recheck("bob");
	await turns();
	t.match(lastTold(ann, "bob"), { state: "away" });
	denied.add("ann>bob");
	host.gateway.presence.recheck("bob");
	await turns();
	t.match(lastTold(ann, "bob"), { state: "offline", lastSeen: null });
	bob.say({ type: "pulse", active: true });
	await pass(host.clock, 2_000);
	t.match(lastTold(ann, "bob"), { state: "offline", lastSeen: null });
});

t.test("hiding takes both directions, as soon as the change is durable", async (t) => {
	const hidden = new Set<string>();
	const host = memoryHost({
		mayWatch: (pairs) =>
			pairs.map(({ watcher, user }) => !hidden.has(watcher) && !hidden.has(user)),
	});
	const ann = await memoryUser(host, "ann");
	const bob = await memoryUser(host, "bob");
	await watch(ann, "bob");
	await watch(bob, "ann");
	t.match(lastTold(ann, "bob"), { state: "online" });
	t.match(lastTold(bob, "ann"), { state: "online" });
	hidden.add("bob");
	await pass(host.clock, 2_000);
	t.match(lastTold(ann, "bob"), { state: "online" }, "not before the actors have answered");
	const command = { type: "privacy", presence: "nobody" } as const;
	bob.say({ type: "write", conversation: null, n: 1, answered: 0, command });
	await turns(8);
	t.match(lastTold(ann, "bob"), { state: "offline", lastSeen: null });
	t.match(lastTold(bob, "ann"), { state: "offline", lastSeen: null });
});

t.test("watching has a bound, and a session that ends watches no more", async (t) => {
	const host = memoryHost({ limits: { watchesPerSessionMax: 3 } });
	const ann = await memoryUser(host, "ann");
	await watch(ann, "b1", "b2", "b2", "b3", "b4", "b5");
	t.match(ann.all("error"), [{ request: null, code: "BAD_REQUEST" }]);
	t.match(host.gateway.counts(), { watched: 3 });
	ann.say({ type: "unwatch", users: ["b1", "b9"] });
	await turns();
	t.match(host.gateway.counts(), { watched: 2 });
	await watch(ann, "b4");
	t.match(host.gateway.counts(), { watched: 3 });
	ann.cut();
	await turns();
	t.match(host.gateway.counts(), { watched: 0 });
});

t.test("an answer about leave that comes after unwatching or the end is dropped", async (t) => {
	const asked: (() => void)[] = [];
	const host = memoryHost({
		mayWatch: (pairs) => new Promise((resolve) => asked.push(() => resolve(pairs.map(() => true)))),
	});
	const ann = await memoryUser(host, "ann");
	await watch(ann, "b1", "b2");
	ann.say({ type: "unwatch", users: ["b1"] });
	await turns();
	for (const answer of asked.splice(0)) answer();
	await turns();
	t.strictSame(
		ann.all("presence").map(({ users }) => users.map(({ user }) => user)),
		[["b2"]],
	);
	await watch(ann, "b3");
	ann.cut();
	await turns();
	for (const answer of asked.splice(0)) answer();
	await turns();
	t.match(host.gateway.counts(), { watched: 0 });
});

t.test("a session that lost pushes is told everything that it watches again", async (t) => {
	const host = memoryHost({ limits: { outboxBytesMax: 2_000 } });
	const ann = await memoryUser(host, "ann", "d1", { roomBytes: 500 });
	const bob = await memoryUser(host, "bob");
	await watch(ann, "bob");
	ann.pause();
	const { serial } = host.gateway.sessionsOf("ann")[0] ?? { serial: 0 };
	for (let count = 0; count < 100; count += 1) {
		host.gateway.deliver(serial, [
			{ type: "typed", conversation: "c".repeat(100), user: "bob", on: true },
		]);
		await turns(1);
	}
	bob.close();
	await pass(host.clock, 6_000);
	ann.resume();
	await turns(80);
	t.match(lastTold(ann, "bob"), { state: "offline" });
	t.equal(host.router.resynced.length, 1);
});

t.test(
	"one who may know again between two sweeps is told once, and the others with it",
	async (t) => {
		const denied = new Set(["ann>bob"]);
		const host = memoryHost({
			mayWatch: (pairs) => pairs.map(({ watcher, user }) => !denied.has(`${watcher}>${user}`)),
		});
		const ann = await memoryUser(host, "ann");
		const cid = await memoryUser(host, "cid");
		await watch(ann, "bob");
		await watch(cid, "bob");
		await pass(host.clock, 2_000, 1_000);
		denied.clear();
		await memoryUser(host, "bob");
		await turns();
		t.strictSame(told(ann, "bob"), ["offline", "online"]);
		t.strictSame(told(cid, "bob"), ["offline", "online"]);
		await pass(host.clock, 3_000, 1_000);
		t.strictSame(told(ann, "bob"), ["offline", "online"]);
		t.strictSame(told(cid, "bob"), ["offline", "online"]);
	},
);
