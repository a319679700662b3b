// No answer is larger than what every client must accept, whatever was asked and whatever lies
// there; and what is cut off comes with the next page.

import t from "tap";
import type { ListEntry, WireMessage } from "../../src/protocol/frames.js";
import { startBroker } from "../helpers/broker.js";
import { text, type WireClient } from "../helpers/wire-client.js";
import { numbered, pour, pullAll, readAll, said, sign, write } from "./talk.js";

const group = { type: "create", kind: "group", title: "" } as const;
const acceptedBytes = 1_024 * 1_024;

/** The largest message that comes to this client from now on. */
function largest(client: WireClient): () => number {
	let most = 0;
	client.socket.on("message", (data: Buffer) => {
		most = Math.max(most, data.length);
	});
	return () => most;
}

async function readList(client: WireClient): Promise<ListEntry[]> {
	const entries: ListEntry[] = [];
	let cursor: string | null = null;
	do {
		const answer = await client.ask({ type: "list", cursor, limit: 200 });
		if (answer.type !== "result" || answer.result.type !== "list") {
			throw new Error(JSON.stringify(answer));
		}
		entries.push(...answer.result.entries);
		cursor = answer.result.cursor;
	} while (cursor !== null);
	return entries;
}

t.test("a list of many long last messages, and their history, come in pages", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const ann = await sign(it, "ann");
	const most = largest(ann);
	const long = "y".repeat(65_000);
	// More than a session may have waiting, if it were one answer.
	const ids = numbered(1, 140);
	for (const id of ids) {
		await write(ann, id, 1, { ...group, members: [] });
		await write(ann, id, 2, text(long));
	}
	const found = (await readList(ann)).map(({ conversation }) => conversation);
	t.same(found.toSorted(), ids.toSorted(), "each once");
	await pour(
		ann,
		"m1",
		3,
		numbered(2, 40).map(() => text(long)),
	);
	const seqs = (rows: WireMessage[]) => rows.map(({ seq }) => seq);
	const all = ids.slice(0, 40).map((_, at) => at + 1);
	t.same(seqs(await readAll(ann, "m1")), all);
	t.same(seqs((await pullAll(ann, "m1", 0)).messages), all);
	t.ok(most() <= acceptedBytes, `${most()} bytes at most`);
});

t.test("reactions count too: many small ones are more than the message", async (t) => {
	const pageBytesMax = 16 * 1_024;
	const it = await startBroker({ pageBytesMax });
	t.teardown(() => it.discard());
	const ann = await sign(it, "ann");
	const names = numbered(1, 25).map((name) => name.padEnd(90, "x"));
	const others = await Promise.all(names.map((user) => sign(it, user)));
	await write(ann, "room", 1, { ...group, members: names });
	const bodies = numbered(1, 20);
	await pour(
		ann,
		"room",
		2,
		bodies.map((body) => text(body)),
	);
	const reacts = bodies.map((_, at) => ({ type: "react", seq: at + 1, emoji: "👍" }) as const);
	await Promise.all(others.map((one) => pour(one, "room", 1, reacts)));
	const last = await sign(it, "ann", "d2");
	const most = largest(last);
	const rows = await readAll(last, "room");
	t.same(rows.map(said), bodies);
	t.ok(rows.every(({ reactions }) => reactions.length === names.length));
	t.same((await pullAll(last, "room", 0)).messages.map(said), bodies);
	t.ok(most() <= 2 * pageBytesMax, `${most()} bytes at most`);
});

t.test("what a group received at one moment is one item of a pull", async (t) => {
	const it = await startBroker({ receiptGatherMs: 500 });
	t.teardown(() => it.discard());
	const ann = await sign(it, "ann");
	const users = numbered(1, 60);
	const readers = await Promise.all(users.map((user) => sign(it, user)));
	await write(ann, "room", 1, { ...group, members: users });
	await write(ann, "room", 2, text("to all"));
	for (const reader of readers) reader.say({ type: "delivered", conversation: "room", seq: 1 });
	for (let told = 0; told < users.length; ) told += (await ann.next("status")).watermarks.length;
	const from = { conversation: "room", position: 2, until: null, limit: 10, fresh: false };
	const answer = await ann.ask({ type: "pull", ...from });
	if (answer.type !== "result" || answer.result.type !== "pull") throw new Error(answer.type);
	const { items, done } = answer.result;
	const told = items.flatMap((item) => (item.type === "status" ? item.watermarks : []));
	t.ok(done, "one page");
	t.ok(items.length <= 3, `${items.length} items`);
	t.same(told.map(({ user }) => user).toSorted(), users.toSorted(), "each reader once");
});
