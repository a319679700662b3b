import t from "tap";
import { startBroker, type TestBroker } from "../helpers/broker.js";
import { text, type WireClient } from "../helpers/wire-client.js";

async function talk(it: TestBroker, count: number): Promise<[WireClient, WireClient, string]> {
	const ann = await it.connect("ann");
	const bob = await it.connect("bob");
	const conversation = await ann.open("bob");
	for (let n = 1; n <= count; n += 1) {
		ann.write(conversation, n, n - 1, text(`m${n}`));
		await ann.outcome(conversation, n);
	}
	return [ann, bob, conversation];
}

function watermark(user: string, delivered: number, seen: number) {
	return (op: { type: string; watermarks?: readonly object[] }) =>
		op.type === "status" &&
		JSON.stringify(op.watermarks).includes(`"user":"${user}"`) &&
		(op.watermarks as { user: string; delivered: number; seen: number }[]).some(
			(one) => one.user === user && one.delivered === delivered && one.seen === seen,
		);
}

async function unread(client: WireClient): Promise<number[]> {
	const op = await client.ask({ type: "list", cursor: null, limit: 10 });
	if (op.type !== "result" || op.result.type !== "list") throw new Error(op.type);
	return op.result.entries.map((entry) => entry.unread);
}

// C009
t.test("seen beyond delivered waits for delivery, over a restart too", async (t) => {
	let it = await startBroker();
	t.teardown(() => it.discard());
	const [ann, bob, conversation] = await talk(it, 11);
	bob.say({ type: "delivered", conversation, seq: 3 }, { type: "seen", conversation, seq: 10 });
	await ann.match(watermark("bob", 3, 3) as never);
	bob.say({ type: "delivered", conversation, seq: 6 });
	await ann.match(watermark("bob", 6, 6) as never);
	await bob.match(watermark("bob", 6, 6) as never);
	bob.say({ type: "seen", conversation, seq: 11 });
	await bob.match(watermark("bob", 6, 6) as never);
	it = await it.restart();
	const later = await it.connect("bob", { device: "d2" });
	const reader = await it.connect("ann", { device: "d2" });
	later.say({ type: "delivered", conversation, seq: 11 });
	const status = await reader.match(watermark("bob", 11, 11) as never);
	t.match(status, { type: "status" });
});

// C010
t.test("receipts beyond the head, from outsiders and backwards change nothing", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const [ann, bob, conversation] = await talk(it, 3);
	const cyd = await it.connect("cyd");
	bob.say({ type: "seen", conversation, seq: 1_000_000 });
	t.match(await bob.next("error"), { code: "RECEIPT_INVALID" });
	cyd.say({ type: "delivered", conversation, seq: 2 });
	t.match(await cyd.next("error"), { code: "CONVERSATION_UNKNOWN" });
	bob.say({ type: "delivered", conversation, seq: 2 });
	await ann.match(watermark("bob", 2, 0) as never);
	bob.say({ type: "delivered", conversation, seq: 1 }, { type: "delivered", conversation, seq: 3 });
	await ann.match(watermark("bob", 3, 0) as never);
	for (const n of [4, 5]) {
		ann.write(conversation, n, n - 1, text(`m${n}`));
		await ann.outcome(conversation, n);
	}
	t.same(await unread(bob), [5]);
});

// C013
t.test("unread comes from what is stored, over a restart too", async (t) => {
	let it = await startBroker({ snapshotEvery: 1 });
	t.teardown(() => it.discard());
	const [ann, bob, conversation] = await talk(it, 3);
	bob.say({ type: "delivered", conversation, seq: 3 }, { type: "seen", conversation, seq: 2 });
	await ann.match(watermark("bob", 3, 2) as never);
	t.same(await unread(bob), [1]);
	t.same(await unread(ann), [0], "one's own messages are not unread");
	it = await it.restart();
	t.same(await unread(await it.connect("bob", { device: "d2" })), [1]);
});

// C020
t.test("what one device has seen, the others know when they come", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const [ann, bob, conversation] = await talk(it, 5);
	bob.say({ type: "delivered", conversation, seq: 5 }, { type: "seen", conversation, seq: 5 });
	await ann.match(watermark("bob", 5, 5) as never);
	const other = await it.connect("bob", { device: "d2" });
	t.same(await unread(other), [0]);
});

// C007
t.test("a send repeated after a lost answer has its first number, and one copy", async (t) => {
	let it = await startBroker();
	t.teardown(() => it.discard());
	const [ann, bob, conversation] = await talk(it, 0);
	const first = text("only once");
	const { outbox, welcome } = ann;
	ann.write(conversation, 1, 0, first);
	t.match(await ann.outcome(conversation, 1), { type: "answer", seq: 1 });
	ann.write(conversation, 1, 0, first);
	t.match(await ann.outcome(conversation, 1), { type: "answer", seq: 1 });
	it = await it.restart();
	const again = await it.connect("ann", { generation: welcome.generation, outbox });
	again.write(conversation, 1, 0, text("something else"));
	t.match(await again.outcome(conversation, 1), { type: "refused", code: "SEND_CONFLICT" });
	again.write(conversation, 2, 0, text("after a fork"));
	t.match(await again.outcome(conversation, 2), { code: "SEND_GAP", expected: 1 });
	again.write(conversation, 1, 0, first);
	t.match(await again.outcome(conversation, 1), { type: "answer", seq: 1 });
	// The same number of somebody else is another message.
	const other = await it.connect("bob", { device: "d9", outbox });
	other.write(conversation, 1, 0, first);
	t.match(await other.outcome(conversation, 1), { type: "answer", seq: 2 });
	const page = await other.ask({ type: "history", conversation, before: null, limit: 10 });
	t.match(page, { result: { messages: [{ seq: 2 }, { seq: 1 }] } });
	bob.cut();
});
