import t from "tap";
import { startBroker } from "../helpers/broker.js";
import { text, type WireClient } from "../helpers/wire-client.js";

async function write(client: WireClient, group: string, n: number, command: object) {
	client.write(group, n, n - 1, command as never);
	const outcome = await client.outcome(group, n);
	if (outcome.type === "refused") throw new Error(`${outcome.code} ${outcome.detail}`);
	return outcome;
}

async function seqs(client: WireClient, group: string): Promise<string[]> {
	const op = await client.ask({ type: "history", conversation: group, before: null, limit: 50 });
	if (op.type !== "result" || op.result.type !== "history") throw new Error(JSON.stringify(op));
	return op.result.messages.map(
		(one) => `${one.seq}:${one.body === null ? one.state : Buffer.from(one.body.content)}`,
	);
}

async function pulled(client: WireClient, group: string): Promise<string> {
	const op = await client.ask({
		type: "pull",
		conversation: group,
		position: 0,
		until: null,
		limit: 200,
		fresh: false,
	});
	if (op.type !== "result" || op.result.type !== "pull") throw new Error(JSON.stringify(op));
	const shown = op.result.items.map((item) => {
		if (item.type === "message") {
			const { seq, body, state } = item.message;
			return `${seq}:${body === null ? state : Buffer.from(body.content)}`;
		}
		return item.type === "change" ? item.change.type : "status";
	});
	return shown.filter((one) => one !== "status").join(" ");
}

t.test("removal is one cut over live pushes, sync and history", async (t) => {
	let it = await startBroker();
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	const bob = await it.connect("bob");
	await it.connect("cyd");
	const group = "walks";
	await write(ann, group, 1, {
		type: "create",
		kind: "group",
		title: "Walks",
		members: ["bob", "cyd"],
	});
	await write(ann, group, 2, text("one"));
	await write(ann, group, 3, text("two"));
	await write(ann, group, 4, { type: "remove", users: ["bob"] });
	t.match(await bob.match((op) => op.type === "changed" && op.change.type === "removed"), {
		position: 4,
	});
	bob.received.length = 0;
	await write(ann, group, 5, text("three"));
	await write(ann, group, 6, {
		...text("one, edited"),
		type: "edit",
		seq: 1,
	});
	await write(ann, group, 7, { type: "react", seq: 2, emoji: "👍" });
	t.same(await seqs(bob, group), ["2:skip", "1:skip"], "changed later: not for these eyes");
	t.same(bob.received, [], "nothing is pushed after the cut");
	const last = await bob.ask({
		type: "pull",
		conversation: group,
		position: 4,
		until: null,
		limit: 10,
		fresh: false,
	});
	t.match(last, { result: { items: [], position: 4, done: true } });
	bob.write(group, 1, 0, text("may I?"));
	t.match(await bob.outcome(group, 1), { type: "refused", code: "NOT_A_MEMBER" });
	it = await it.restart();
	const later = await it.connect("bob", { device: "d2" });
	t.equal(await pulled(later, group), "created 1:skip 2:skip removed");
	const owner = await it.connect("ann", { generation: ann.welcome.generation, outbox: ann.outbox });
	await write(owner, group, 8, { type: "add", users: ["bob"] });
	await write(owner, group, 9, text("welcome back"));
	t.match(await later.next("message"), { message: { seq: 4 } });
	// Whatever was written while away stays unseen, be it into an old row.
	t.same(await seqs(later, group), ["4:welcome back", "2:skip", "1:skip"]);
});

t.test("a link lets those in who have it, until it is taken back", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	const bob = await it.connect("bob");
	const group = "open-house";
	await write(ann, group, 1, { type: "create", kind: "group", title: "Open", members: [] });
	const link = (await write(ann, group, 2, { type: "link", on: true })).text as string;
	t.ok(link.length >= 20);
	bob.write(group, 1, 0, { type: "join", link: "guess" });
	t.match(await bob.outcome(group, 1), { type: "refused", code: "LINK_INVALID" });
	bob.write(group, 2, 1, { type: "join", link });
	t.match(await bob.outcome(group, 2), { type: "answer" });
	bob.write(group, 3, 2, text("hello"));
	t.match(await bob.outcome(group, 3), { type: "answer", seq: 1 });
	await write(ann, group, 3, { type: "link", on: false });
	const cyd = await it.connect("cyd");
	cyd.write(group, 1, 0, { type: "join", link });
	t.match(await cyd.outcome(group, 1), { type: "refused", code: "LINK_INVALID" });
});

t.test("a message with a time to live is gone for all when its time is over", async (t) => {
	const it = await startBroker({ sweepMs: 50 });
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	const bob = await it.connect("bob");
	const conversation = await ann.open("bob");
	await write(ann, conversation, 1, text("soon gone", { ttlMs: 1_000 }));
	await write(ann, conversation, 2, text("stays"));
	t.match(await bob.next("message"), { message: { seq: 1, state: "live" } });
	const gone = (op: { type: string; change?: { type: string } }) =>
		op.type === "changed" && op.change?.type === "row";
	t.match(await bob.match(gone as never), {
		change: { message: { seq: 1, state: "expired", body: null } },
	});
	t.match(await ann.match(gone as never), { change: { message: { frozen: "sent" } } });
	t.same(await seqs(bob, conversation), ["2:stays", "1:expired"]);
});
