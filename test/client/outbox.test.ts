// Go-back-N as a server sees it: which numbers come, when they come again, and what `answered`
// says. Cases C006 and C007 as far as the client is concerned.

import t from "tap";
import type { WriteOp } from "../../src/protocol/frames.js";
import { backupOf } from "../helpers/backup.js";
import { Stage } from "../helpers/scripted-peer.js";
import { answer, refusal, text } from "./operations.js";

const c = "c1";

function sendAll(stage: Stage, from: number, to: number): void {
	for (let i = from; i <= to; i += 1) stage.device.write(c, text(`m${i}`));
}

t.test("sends go in order, one frame a turn, up to the window", async (t) => {
	const stage = new Stage({ window: 4 });
	const peer = await stage.live();
	peer.frames.length = 0;
	sendAll(stage, 1, 6);
	await stage.settle();
	t.same(peer.takeNumbers(), [1, 2, 3, 4]);
	t.same(peer.frames, [4]);
});

t.test("an answer moves the window and is named as answered by the next send", async (t) => {
	const stage = new Stage({ window: 2 });
	const peer = await stage.live();
	sendAll(stage, 1, 4);
	await stage.settle();
	const [first, second] = peer.take("write");
	peer.say(answer(first as WriteOp, 1), answer(second as WriteOp, 2));
	await stage.settle();
	t.same(
		peer.take("write").map((op) => [op.n, op.answered]),
		[
			[3, 2],
			[4, 2],
		],
	);
	t.same(
		stage.toldOf("answered").map(([, item]) => (item as { n: number }).n),
		[1, 2],
	);
});

t.test("C006 · sends cut off in the middle · all unanswered go again in order", async (t) => {
	const stage = new Stage({ window: 32 });
	const peer = await stage.live();
	sendAll(stage, 1, 20);
	await stage.settle();
	const sent = peer.take("write");
	for (const op of sent.slice(0, 10)) peer.say(answer(op, op.n));
	await stage.settle();
	peer.cut();
	const again = await stage.live();
	t.same(
		again.takeNumbers(),
		Array.from({ length: 10 }, (_, i) => 11 + i),
	);
});

t.test("C007 · the answer is lost · the same bytes go again under the same number", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	const item = stage.device.write(c, text("once"));
	await stage.settle();
	const [first] = peer.take("write");
	peer.cut();
	const second = (await stage.live()).takeOne("write");
	t.same({ ...second }, { ...first });
	t.equal(second.n, item.n);
	stage.peer.say(answer(second, 7, { from: 6, position: 9 }));
	await stage.settle();
	t.equal(stage.store.stream(c)?.answered, 1);
	t.equal(stage.toldOf("answered").length, 1);
});

t.test("C007 · the device restarts before the answer · its store sends it again", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	stage.device.write(c, text("once"));
	await stage.settle();
	peer.cut();
	stage.device.stop();
	const restarted = new Stage({ store: backupOf(stage.store) });
	t.same((await restarted.live()).takeNumbers(), [1]);
});

t.test("a number is never given again, whatever became of it", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	sendAll(stage, 1, 2);
	await stage.settle();
	for (const op of peer.take("write")) peer.say(refusal(op, "NOT_ALLOWED"));
	await stage.settle();
	t.equal(stage.device.write(c, text("next")).n, 3);
});

t.test("a refusal in the middle is passed over, and what followed it goes again", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	sendAll(stage, 1, 4);
	await stage.settle();
	const [one, two, three, four] = peer.take("write") as [WriteOp, WriteOp, WriteOp, WriteOp];
	peer.say(answer(one, 1), refusal(two, "MESSAGE_TOO_LARGE"), refusal(three, "SEND_GAP", 2));
	await stage.settle();
	t.same(peer.takeNumbers(), [], "not before all in flight is answered");
	peer.say(refusal(four, "SEND_GAP", 2));
	await stage.settle();
	t.same(
		peer.take("write").map((op) => [op.n, op.answered]),
		[
			[3, 2],
			[4, 2],
		],
	);
	t.same(
		stage.toldOf("refused").map(([, item, code]) => [(item as { n: number }).n, code]),
		[[2, "MESSAGE_TOO_LARGE"]],
	);
});

t.test("while something has to go again nothing new is sent", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	sendAll(stage, 1, 3);
	await stage.settle();
	const [one, two, three] = peer.take("write") as [WriteOp, WriteOp, WriteOp];
	peer.say(answer(one, 1), refusal(two, "SEND_GAP", 2));
	sendAll(stage, 4, 4);
	await stage.settle();
	t.same(peer.takeNumbers(), []);
	peer.say(refusal(three, "SEND_GAP", 2));
	await stage.settle();
	t.same(peer.takeNumbers(), [2, 3, 4]);
});

t.test("an unknown outcome goes again after a pause, and what is final does not", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	sendAll(stage, 1, 3);
	await stage.settle();
	const [one, two, three] = peer.take("write") as [WriteOp, WriteOp, WriteOp];
	peer.say(refusal(one, "JOURNAL_IO"), answer(two, 2), refusal(three, "JOURNAL_IO"));
	await stage.settle();
	t.same(peer.takeNumbers(), [], "not at once");
	await stage.clock.pass(1_000);
	t.same(
		peer.take("write").map((op) => [op.n, op.answered]),
		[
			[1, 0],
			[3, 0],
		],
	);
});

t.test("a server that stays out of order is asked less and less often", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	sendAll(stage, 1, 1);
	await stage.settle();
	let asked = 0;
	for (let second = 0; second < 60; second += 1) {
		for (const op of peer.take("write")) {
			asked += 1;
			peer.say(refusal(op, "UNAVAILABLE"));
		}
		await stage.clock.pass(1_000);
	}
	t.ok(asked > 5 && asked < 20, `${asked} times in a minute`);
});

for (const code of ["OVERLOADED", "SEND_WINDOW", "INTERNAL", "RATE_LIMITED"] as const) {
	t.test(`${code} · goes again`, async (t) => {
		const stage = new Stage();
		const peer = await stage.live();
		sendAll(stage, 1, 1);
		await stage.settle();
		peer.say(refusal(peer.takeOne("write"), code));
		await stage.clock.pass(1_000);
		t.same(peer.takeNumbers(), [1]);
		t.same(stage.toldOf("refused"), []);
	});
}

t.test("conversations do not wait for each other", async (t) => {
	const stage = new Stage({ window: 2 });
	const peer = await stage.live();
	for (const id of ["c1", "c2", null]) {
		const command =
			id === null ? ({ type: "profile", name: "A", picture: "" } as const) : text("x");
		for (let i = 0; i < 3; i += 1) stage.device.write(id, command);
	}
	await stage.settle();
	t.same(
		peer.take("write").map((op) => [op.conversation, op.n]),
		[
			["c1", 1],
			["c1", 2],
			["c2", 1],
			["c2", 2],
			[null, 1],
			[null, 2],
		],
	);
});

t.test("an answer that comes twice counts once", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	sendAll(stage, 1, 2);
	await stage.settle();
	const [one] = peer.take("write") as [WriteOp];
	peer.say(answer(one, 1));
	peer.say(answer(one, 1));
	await stage.settle();
	t.equal(stage.store.stream(c)?.answered, 1);
	t.equal(stage.toldOf("answered").length, 1);
});

t.test("a crash before the outcome is stored · the write goes again", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	sendAll(stage, 1, 1);
	await stage.settle();
	const op = peer.takeOne("write");
	stage.store.hooks = {
		before: (transaction) => {
			if (transaction === "settleWith") throw new Error("disk full");
		},
	};
	peer.say(answer(op, 1));
	await stage.settle();
	t.equal(stage.store.stream(c)?.answered, 0);
	t.same(stage.toldOf("answered"), []);
	stage.store.hooks = {};
	const again = (await stage.live()).takeOne("write");
	t.same([again.n, again.answered], [1, 0]);
});

t.test("ids are kept in their normal form, in which the server answers", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	stage.device.write("Group-ONE", text("hi"));
	await stage.settle();
	const op = peer.takeOne("write");
	t.equal(op.conversation, "group-one");
	peer.say(answer(op, 1));
	await stage.settle();
	t.equal(stage.toldOf("answered").length, 1);
	t.throws(() => stage.device.write("a b", text("hi")), { code: "ID_INVALID" });
});

t.test("a command that has no bytes is thrown back and never queued", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	t.throws(() => stage.device.write(c, { type: "delete", seq: 1.5 }), TypeError);
	t.throws(() => stage.device.watch([1 as unknown as string]));
	await t.rejects(
		stage.device.request({ type: "receipts", conversation: c, seq: Number.NaN }),
		TypeError,
	);
	await stage.settle();
	t.same(peer.heard, []);
	t.equal(stage.store.stream(c), undefined);
});
