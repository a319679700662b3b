// When somebody was last seen: over devices, restarts, failing stores and clocks set back.

import t from "tap";
import type { LastSeenEntry } from "../../src/gateway/last-seen.js";
import { type MemoryClient, memoryHost, memoryUser, pass } from "../helpers/gateway.js";
import { turns } from "../helpers/manual-clock.js";

function store() {
	const rows = new Map<string, number>();
	const batches: (readonly LastSeenEntry[])[] = [];
	const it = {
		rows,
		batches,
		failing: false,
		async flush(batch: readonly LastSeenEntry[]) {
			if (it.failing) throw new Error("disk");
			batches.push(batch);
			for (const { user, at } of batch) rows.set(user, Math.max(at, rows.get(user) ?? 0));
		},
		load: async (users: readonly string[]) => users.map((user) => rows.get(user) ?? 0),
	};
	return it;
}

async function watch(client: MemoryClient, ...users: string[]): Promise<void> {
	client.say({ type: "watch", users });
	await turns(6);
}

function lastTold(client: MemoryClient, user: string) {
	return client
		.all("presence")
		.flatMap(({ users }) => users.filter((one) => one.user === user))
		.at(-1);
}

t.test("last seen is the latest device's, though that device left first", async (t) => {
	const rows = store();
	const host = memoryHost({ lastSeen: rows });
	const ann = await memoryUser(host, "ann");
	const d1 = await memoryUser(host, "bob", "d1");
	const d2 = await memoryUser(host, "bob", "d2");
	await watch(ann, "bob");
	await pass(host.clock, 5_000);
	d1.say({ type: "pulse", active: true });
	const latest = host.clock.now();
	await turns();
	d1.close();
	await pass(host.clock, 5_000);
	d2.close();
	await pass(host.clock, 20_000);
	t.equal(lastTold(ann, "bob")?.lastSeen, latest);
	t.equal(rows.rows.get("bob"), latest);
});

// C015
t.test("after a restart everybody is offline, last seen as of the last batch", async (t) => {
	const rows = store();
	const first = memoryHost({ lastSeen: rows });
	const bob = await memoryUser(first, "bob");
	await pass(first.clock, 8_000);
	bob.say({ type: "pulse", active: true });
	await turns();
	const pulsed = first.clock.now();
	await pass(first.clock, 12_000);
	// Killed: nothing of it survives but the store.
	const second = memoryHost({ lastSeen: rows });
	const ann = await memoryUser(second, "ann");
	await watch(ann, "bob");
	t.match(lastTold(ann, "bob"), { state: "offline", lastSeen: pulsed });
});

t.test("last seen is written in batches, again after a failure, and at the end", async (t) => {
	const rows = store();
	const host = memoryHost({ lastSeen: rows });
	const bob = await memoryUser(host, "bob");
	const came = host.clock.now();
	await memoryUser(host, "cid");
	await pass(host.clock, 9_000, 1_000);
	t.equal(rows.batches.length, 0, "pulses do not touch the disk");
	await pass(host.clock, 1_000);
	t.equal(rows.batches.length, 1);
	t.equal(rows.batches[0]?.length, 2);
	await pass(host.clock, 30_000, 1_000);
	t.equal(rows.batches.length, 1, "nobody spoke, nothing to write");
	rows.failing = true;
	bob.say({ type: "pulse", active: true });
	await turns();
	const spoke = host.clock.now();
	await pass(host.clock, 10_000, 1_000);
	t.equal(rows.rows.get("bob"), came);
	rows.failing = false;
	await pass(host.clock, 10_000, 1_000);
	t.equal(rows.rows.get("bob"), spoke);
	bob.say({ type: "pulse", active: true });
	await turns();
	const last = host.clock.now();
	await host.gateway.close();
	t.equal(rows.rows.get("bob"), last);
});

t.test("last seen does not move backwards when the clock is set back", async (t) => {
	const rows = store();
	const host = memoryHost({ lastSeen: rows });
	const ann = await memoryUser(host, "ann");
	const bob = await memoryUser(host, "bob");
	await watch(ann, "bob");
	bob.say({ type: "pulse", active: true });
	await turns();
	const before = host.clock.now();
	const wall = host.clock.now;
	host.clock.now = () => wall() - 3_600_000;
	bob.say({ type: "pulse", active: true });
	await turns();
	bob.close();
	await pass(host.clock, 15_000, 1_000);
	t.equal(lastTold(ann, "bob")?.lastSeen, before);
});
