// What receipts cost: they are kept by member, not by message and member, told to an author in
// bundles, and felt by nobody else. Looked at from outside, in the store's own rows.

import t from "tap";
import { startBroker, type TestBroker } from "../helpers/broker.js";
import { text, type WireClient } from "../helpers/wire-client.js";
import { pour, sign, write } from "./talk.js";

const every = { gte: new Uint8Array(), lt: new Uint8Array([0xff]), limit: 1_000_000 };

/** Keys and values of all rows but those of commits, in bytes. */
async function storedBytes({ broker }: TestBroker): Promise<number> {
	const rows = await broker.admin.journal.range(every);
	const kept = rows.filter(({ key }) => key[0] !== 0x02);
	return kept.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
}

async function room(
	it: TestBroker,
	count: number,
): Promise<{ ann: WireClient; readers: WireClient[] }> {
	const users = Array.from({ length: count }, (_, at) => `r${at + 1}`);
	const ann = await sign(it, "ann");
	const readers = await Promise.all(users.map((user) => sign(it, user)));
	await write(ann, "room", 1, { type: "create", kind: "group", title: "", members: users });
	return { ann, readers };
}

function sees(reader: WireClient, seq: number): void {
	const receipt = { conversation: "room", seq };
	reader.say({ type: "delivered", ...receipt }, { type: "seen", ...receipt });
}

/** Until the author knows of so many readers that they have seen it; in how many operations. */
async function toldOf(ann: WireClient, seq: number, readers: number): Promise<number> {
	const told = new Set<string>();
	let operations = 0;
	while (told.size < readers) {
		const { watermarks } = await ann.next("status");
		operations += 1;
		for (const { user, seen } of watermarks) if (seen >= seq) told.add(user);
	}
	return operations;
}

// C014
t.test("two hundred who see a hundred messages each leave as much as who saw one", async (t) => {
	const it = await startBroker({ keptPositions: 10, snapshotEvery: 20, receiptGatherMs: 20 });
	t.teardown(() => it.discard());
	const { ann, readers } = await room(it, 200);
	const all = async (seq: number) => {
		for (const reader of readers) sees(reader, seq);
		await toldOf(ann, seq, readers.length);
	};
	await write(ann, "room", 2, text("m1"));
	await all(1);
	const one = await storedBytes(it);
	const sends = Array.from({ length: 99 }, (_, at) => text(`m${at + 2}`));
	await pour(ann, "room", 3, sends);
	const unread = await storedBytes(it);
	for (let seq = 2; seq <= 100; seq += 7) await all(seq);
	const read = await storedBytes(it);
	const message = (unread - one) / 99;
	t.ok(message < 250, `${message.toFixed(0)} bytes a message`);
	const grown = read - unread;
	// A snapshot may have been written meanwhile: some bytes a member, whatever was seen.
	t.ok(grown < 200 * 64, `${grown} bytes more after 6,000 receipts`);
});

// C014
t.test("five hundred who see a message in the same second disturb nobody", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const { ann, readers } = await room(it, 500);
	const cyd = await sign(it, "cyd");
	const aside = await cyd.open("cyd");
	await write(ann, "room", 2, text("m1"));
	await Promise.all(readers.map((reader) => reader.next("message")));
	const latencies = async (from: number, count: number) => {
		const times: number[] = [];
		for (let n = from; n < from + count; n += 1) {
			const began = performance.now();
			await write(cyd, aside, n, text("beside"));
			times.push(performance.now() - began);
		}
		return times.sort((a, b) => a - b)[Math.floor(count * 0.9)] as number;
	};
	const calm = await latencies(1, 40);
	ann.received.length = 0;
	const spread = readers.map(async (reader, at) => {
		await new Promise((resolve) => setTimeout(resolve, (at % 100) * 10));
		sees(reader, 1);
	});
	const busy = await latencies(41, 40);
	await Promise.all(spread);
	const frames = await toldOf(ann, 1, readers.length);
	t.ok(frames <= 20, `${frames} operations tell of 1,000 receipts`);
	t.ok(busy < 10 * calm + 50, `beside: ${busy.toFixed(1)} ms, ${calm.toFixed(1)} ms when calm`);
});
