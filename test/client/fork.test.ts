// A storage that is older than what the server knows, copied, or forgotten. A copy is another
// device under the same outbox; an outbox that is closed or forgotten is left: its writes are
// looked for in history, and the rest is moved in order (design §5, S3, S7).

import t from "tap";
import type { ListEntry, WireMessage, WriteOp } from "../../src/protocol/frames.js";
import { backupOf } from "../helpers/backup.js";
import { type Peer, Stage } from "../helpers/scripted-peer.js";
import { answer, entry, outboxOne, pushed, refusal, row, text } from "./operations.js";

const c = "c1";

function contentOf(op: WriteOp): string {
	return op.command.type === "send"
		? new TextDecoder().decode(op.command.content)
		: op.command.type;
}

/** One's own message as history has it: with the outbox and the number that it came under. */
function own(seq: number, n: number, content: string): WireMessage {
	const { type: _, ttlMs, clientTime, seenUpTo, ...body } = text(content);
	return row(seq, { sender: "ann", outbox: outboxOne, n, body });
}

async function list(stage: Stage, peer: Peer, entries: ListEntry[]): Promise<void> {
	const { request } = peer.takeOne("list");
	peer.say({ type: "result", request, result: { type: "list", entries, cursor: null } });
	await stage.settle();
}

async function pull(stage: Stage, peer: Peer, messages: WireMessage[]): Promise<void> {
	const { request, position } = peer.takeOne("pull");
	const items = messages
		.filter((message) => message.changed > position)
		.map((message) => ({ type: "message", message }) as const);
	const until = messages.at(-1)?.position ?? position;
	peer.say({
		type: "result",
		request,
		result: { type: "pull", items, position: until, until, done: true },
	});
	await stage.settle();
}

/** Three sends are queued, none answered, and the server says that the device is not itself. */
async function forked(
	code: "DEVICE_FORKED" | "DEVICE_FORGOTTEN" = "DEVICE_FORGOTTEN",
): Promise<Stage> {
	const stage = new Stage();
	const peer = await stage.live();
	for (const content of ["one", "two", "three"]) stage.device.write(c, text(content));
	await stage.settle();
	peer.cut();
	stage.device.hurry();
	await stage.clock.pass(2_000);
	stage.peer.takeOne("hello");
	stage.peer.say({ type: "goodbye", code, detail: "", retryAfterMs: 0 });
	await stage.settle();
	return stage;
}

t.test("a forgotten device takes another id and outbox and starts at generation 0", async (t) => {
	const stage = await forked();
	t.same(stage.toldOf("forked"), [["forked", "DEVICE_FORGOTTEN"]]);
	await stage.clock.pass(2_000);
	const hello = stage.peer.takeOne("hello");
	t.not(hello.device, "d1");
	t.not(hello.outbox, outboxOne);
	t.equal(hello.accepted, 0);
	t.equal(hello.offered, 0);
});

t.test("a copy takes another id, keeps its outbox, and is recognised by it", async (t) => {
	const stage = await forked("DEVICE_FORKED");
	t.same(stage.toldOf("forked"), [["forked", "DEVICE_FORKED"]]);
	const peer = await stage.welcome({ fresh: true });
	const { device, outbox, accepted } = stage.store.identity();
	t.not(device, "d1");
	t.equal(outbox, outboxOne);
	t.equal(accepted, 0, "what the welcome called current");
	const writes = peer.take("write");
	t.same(
		writes.map((op) => [op.n, op.answered, contentOf(op)]),
		[
			[1, 0, "one"],
			[2, 0, "two"],
			[3, 0, "three"],
		],
		"at once, under the same numbers",
	);
	t.equal(stage.store.identity().listed, false);
	t.equal(peer.take("list").length, 1);
	for (const [at, op] of writes.entries()) peer.say(answer(op, 1 + at));
	await stage.settle();
	t.equal(stage.toldOf("answered").length, 3);
});

t.test("what history has is done, the rest goes into the new outbox in order", async (t) => {
	const stage = await forked();
	const peer = await stage.welcome({ fresh: true });
	t.same(peer.take("write"), [], "not before history was looked into");
	await list(stage, peer, [entry(c, { head: 2, position: 2 })]);
	t.same(peer.take("write"), []);
	await pull(stage, peer, [row(1), own(2, 1, "one")]);
	const writes = peer.take("write");
	t.same(
		writes.map((op) => [op.n, op.answered, contentOf(op)]),
		[
			[1, 0, "two"],
			[2, 0, "three"],
		],
	);
	const [told] = stage.toldOf("answered");
	t.match(told, ["answered", { ref: 1 }, { seq: 2 }]);
	for (const [at, op] of writes.entries()) peer.say(answer(op, 3 + at));
	await stage.settle();
	t.same(
		stage.toldOf("answered").map(([, item]) => (item as { ref: number }).ref),
		[1, 2, 3],
	);
});

t.test("what is written during the move goes after what is moved", async (t) => {
	const stage = await forked();
	stage.device.write(c, text("four"));
	const peer = await stage.welcome({ fresh: true });
	stage.device.write(c, text("five"));
	await list(stage, peer, [entry(c, { head: 0, position: 0 })]);
	t.same(peer.take("write").map(contentOf), ["one", "two", "three", "four", "five"]);
});

t.test("a conversation that is no longer there is not waited for", async (t) => {
	const stage = await forked();
	const peer = await stage.welcome({ fresh: true });
	await list(stage, peer, []);
	t.same(peer.take("write").map(contentOf), ["one", "two", "three"]);
});

t.test("a crash in the middle of the move · it is done by the next session", async (t) => {
	const stage = await forked();
	const peer = await stage.welcome({ fresh: true });
	await list(stage, peer, [entry(c, { head: 1, position: 1 })]);
	peer.cut();
	stage.device.stop();
	const restarted = new Stage({ store: backupOf(stage.store), clock: stage.clock });
	const again = await restarted.live();
	await list(restarted, again, [entry(c, { head: 1, position: 1 })]);
	await pull(restarted, again, [own(1, 1, "one")]);
	t.same(again.take("write").map(contentOf), ["two", "three"]);
});

t.test("forked again before the move is done · nothing is lost and the order stays", async (t) => {
	const stage = await forked();
	const peer = await stage.welcome({ fresh: true });
	stage.device.write(c, text("four"));
	peer.say({ type: "goodbye", code: "DEVICE_FORGOTTEN", detail: "", retryAfterMs: 0 });
	await stage.settle();
	const again = await stage.welcome({ fresh: true });
	await list(stage, again, [entry(c, { head: 1, position: 1 })]);
	await pull(stage, again, [own(1, 2, "two")]);
	t.same(again.take("write").map(contentOf), ["three", "four"], "the first had its outcome");
});

for (const code of ["SEND_STALE", "SEND_CONFLICT", "SESSION_STALE"] as const) {
	t.test(`${code} · the outbox is closed and its writes move`, async (t) => {
		const stage = new Stage();
		const peer = await stage.live();
		stage.device.write(c, text("one"));
		stage.device.write(c, text("two"));
		await stage.settle();
		const [first] = peer.take("write") as [WriteOp];
		peer.say(refusal(first, code));
		await stage.settle();
		t.same(stage.toldOf("forked"), [["forked", code]]);
		t.same(stage.toldOf("refused"), []);
		t.equal(stage.store.identity().device, "d1", "it is the same device");
		t.not(stage.store.identity().outbox, outboxOne);
		const again = await stage.welcome({ fresh: true });
		await list(stage, again, [entry(c, { head: 1, position: 1 })]);
		await pull(stage, again, [own(1, 1, "one")]);
		t.same(again.take("write").map(contentOf), ["two"]);
	});
}

t.test("a restored backup · what it sent after the backup is found, not doubled", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	peer.say(pushed(c, 1));
	await stage.settle();
	stage.device.write(c, text("before the backup"));
	const backup = backupOf(stage.store);
	await stage.settle();
	peer.say(answer(peer.takeOne("write"), 2));
	await stage.settle();
	stage.device.write(c, text("after the backup"));
	await stage.settle();
	peer.say(answer(peer.takeOne("write"), 3));
	await stage.settle();
	stage.device.stop();

	const restored = new Stage({ store: backup, clock: stage.clock });
	restored.device.start();
	await restored.settle();
	t.equal(restored.peer.takeOne("hello").offered, 1);
	restored.peer.say({ type: "goodbye", code: "DEVICE_FORGOTTEN", detail: "", retryAfterMs: 0 });
	await restored.settle();
	const again = await restored.welcome({ fresh: true });
	await list(restored, again, [entry(c, { head: 3, position: 3, start: 1, delivered: 1 })]);
	await pull(restored, again, [
		row(1),
		own(2, 1, "before the backup"),
		own(3, 2, "after the backup"),
	]);
	t.same(again.take("write"), []);
	t.same([...(restored.store.view(c)?.rows.keys() ?? [])], [1, 2, 3]);
});

t.test(
	"a restored storage gives a number again · the other send is not taken for it",
	async (t) => {
		const stage = new Stage();
		await stage.live();
		const backup = backupOf(stage.store);
		stage.device.stop();
		const restored = new Stage({ store: backup, clock: stage.clock });
		restored.device.write(c, text("said after the restore"));
		restored.device.start();
		await restored.settle();
		restored.peer.say({ type: "goodbye", code: "DEVICE_FORGOTTEN", detail: "", retryAfterMs: 0 });
		await restored.settle();
		const peer = await restored.welcome({ fresh: true });
		await list(restored, peer, [entry(c, { head: 1, position: 1 })]);
		await pull(restored, peer, [own(1, 1, "said before it")]);
		t.same(peer.take("write").map(contentOf), ["said after the restore"]);
	},
);

t.test("a deleted message is known by its id, and by nothing else", async (t) => {
	for (const [id, left] of [
		["one", ["two", "three"]],
		["said before", ["one", "two", "three"]],
	] as const) {
		const stage = await forked();
		const peer = await stage.welcome({ fresh: true });
		await list(stage, peer, [entry(c, { head: 1, position: 2 })]);
		const gone = { state: "deleted", body: null, id: text(id).id } as const;
		await pull(stage, peer, [{ ...own(1, 1, "one"), ...gone, changed: 2, position: 2 }]);
		t.same(peer.take("write").map(contentOf), left, id);
	}
});

t.test(
	"a send that was passed over by one that is found was refused, and is not moved",
	async (t) => {
		const stage = await forked();
		const peer = await stage.welcome({ fresh: true });
		await list(stage, peer, [entry(c, { head: 1, position: 1 })]);
		await pull(stage, peer, [own(1, 2, "two")]);
		t.same(peer.take("write").map(contentOf), ["three"]);
		t.match(stage.toldOf("refused"), [["refused", { ref: 1 }, "SEND_STALE"]]);
		t.match(stage.toldOf("answered"), [["answered", { ref: 2 }, { seq: 1 }]]);
	},
);

t.test("rows that a reset took away are read back before anything is moved", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	for (let seq = 1; seq <= 4; seq += 1) peer.say(pushed(c, seq));
	await stage.settle();
	stage.device.write(c, text("one"));
	stage.device.write(c, text("two"));
	await stage.settle();
	peer.say({ type: "goodbye", code: "DEVICE_FORGOTTEN", detail: "", retryAfterMs: 0 });
	await stage.settle();
	stage.store.change(c, { reset: true, clear: true });
	const again = await stage.welcome({ fresh: true });
	await list(stage, again, [entry(c, { head: 30, position: 30, start: 30, delivered: 30 })]);
	const first = again.takeOne("history");
	t.equal(first.before, 31);
	const newer = [20, 10].map((seq) => row(seq));
	const page = { type: "history", messages: newer, more: true } as const;
	again.say({ type: "result", request: first.request, result: page });
	await stage.settle();
	const second = again.takeOne("history");
	t.equal(second.before, 10);
	const older = { type: "history", messages: [own(5, 1, "one"), row(4)], more: true } as const;
	again.say({ type: "result", request: second.request, result: older });
	await stage.settle();
	t.same(again.take("history"), [], "what was queued above 4 cannot be lower");
	t.same(again.take("write").map(contentOf), ["two"]);
});

t.test("the user's own entity has no history and is written again", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	stage.device.write(null, { type: "profile", name: "Ann", picture: "" });
	await stage.settle();
	peer.say(refusal(peer.takeOne("write"), "SEND_STALE"));
	await stage.settle();
	const again = await stage.welcome({ fresh: true });
	await list(stage, again, []);
	const [op] = again.take("write") as [WriteOp];
	t.same([op.conversation, op.n, contentOf(op)], [null, 1, "profile"]);
});

t.test("a conversation that was created is not created again", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	stage.device.write("g1", { type: "create", kind: "group", title: "G", members: [] });
	stage.device.write("g1", text("hello"));
	await stage.settle();
	peer.say({ type: "goodbye", code: "DEVICE_FORGOTTEN", detail: "", retryAfterMs: 0 });
	await stage.settle();
	const again = await stage.welcome({ fresh: true });
	await list(stage, again, [entry("g1", { position: 1 })]);
	const { request } = again.takeOne("pull");
	const created = { type: "created", kind: "group", title: "G" } as const;
	const item = { type: "change", position: 1, at: 0, change: created } as const;
	again.say({
		type: "result",
		request,
		result: { type: "pull", items: [item], position: 1, until: 1, done: true },
	});
	await stage.settle();
	t.same(again.take("write").map(contentOf), ["hello"]);
});

t.test("another epoch keeps device and outbox, and unanswered writes go again", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	for (const content of ["one", "two"]) stage.device.write(c, text(content));
	await stage.settle();
	const [first] = peer.take("write") as [WriteOp];
	peer.say(answer(first, 1));
	await stage.settle();
	peer.cut();
	const again = await stage.welcome({ epoch: "e2" });
	t.same(
		again.take("write").map((op) => [op.n, op.answered]),
		[[2, 1]],
	);
	t.equal(stage.store.identity().outbox, outboxOne);
});

t.test("a write made again that was done before is told as done", async (t) => {
	for (const [command, code] of [
		[{ type: "create", kind: "group", title: "", members: [] }, "CONVERSATION_EXISTS"],
		[{ type: "leave" }, "NOT_A_MEMBER"],
	] as const) {
		const stage = new Stage();
		const peer = await stage.live();
		stage.device.write("g1", command);
		await stage.settle();
		peer.say(refusal(peer.takeOne("write"), "SEND_STALE"));
		await stage.settle();
		const again = await stage.welcome({ fresh: true });
		await list(stage, again, []);
		again.say(refusal(again.takeOne("write"), code));
		await stage.settle();
		t.equal(stage.toldOf("answered").length, 1, code);
		t.same(stage.toldOf("refused"), []);
	}
});
