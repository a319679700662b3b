// The cursor as a server sees it: what is applied, what is pulled and what is kept meanwhile
// (design §5, Y4–Y6), and what a storage or a callback that fails leaves behind.

import t from "tap";
import type { ServerOp, WriteOp } from "../../src/protocol/frames.js";
import { Stage } from "../helpers/scripted-peer.js";
import { c, held, holding, messageItem, page } from "./holding.js";
import { answer, pushed, row, text } from "./operations.js";

t.test("a push that continues the cursor is applied and confirmed in the next frame", async (t) => {
	const { stage, peer } = await holding(3);
	peer.say(pushed(c, 4), pushed(c, 5));
	await stage.settle();
	t.same(held(stage), [5, 5]);
	t.same(peer.heard, [{ type: "delivered", conversation: c, seq: 5 }]);
	t.same(
		stage.toldOf("message").map(([, , message]) => (message as { seq: number }).seq),
		[1, 2, 3, 4, 5],
	);
});

t.test("a push from below the cursor is applied, one at or below it does nothing", async (t) => {
	const { stage, peer } = await holding(3);
	peer.say({ ...pushed(c, 4), from: 1 }, pushed(c, 2), pushed(c, 4));
	await stage.settle();
	t.same(held(stage), [4, 4]);
	t.equal(stage.toldOf("message").length, 4);
});

t.test("a gap is pulled, and what comes meanwhile is applied after it", async (t) => {
	const { stage, peer } = await holding(3);
	peer.say(pushed(c, 6));
	await stage.settle();
	const pull = peer.takeOne("pull");
	t.same([pull.position, pull.until], [3, null]);
	t.same(held(stage), [3, 3], "nothing beyond the gap is held");
	t.same(peer.take("delivered"), [], "nor confirmed");
	peer.say(pushed(c, 7));
	peer.say(page(pull.request, [messageItem(4), messageItem(5)], 5, 5, true));
	await stage.settle();
	t.same(held(stage), [7, 7]);
	t.same(
		peer
			.take("delivered")
			.map((op) => op.seq)
			.at(-1),
		7,
	);
	t.same(peer.take("pull"), []);
});

t.test("a push still missing after the pull leads to another pull", async (t) => {
	const { stage, peer } = await holding(1);
	peer.say(pushed(c, 9));
	await stage.settle();
	const first = peer.takeOne("pull");
	peer.say(page(first.request, [messageItem(2)], 2, 2, true));
	await stage.settle();
	const second = peer.takeOne("pull");
	t.equal(second.position, 2);
	const rest = [3, 4, 5, 6, 7, 8, 9].map((seq) => messageItem(seq));
	peer.say(page(second.request, rest, 9, 9, true));
	await stage.settle();
	t.same(held(stage), [9, 9]);
});

t.test("[Y4] all pages of a pull end at the first page's snapshot", async (t) => {
	const { stage, peer } = await holding(0);
	peer.say({ type: "marks", marks: [{ conversation: c, position: 4 }], last: true });
	await stage.settle();
	const first = peer.takeOne("pull");
	peer.say(page(first.request, [messageItem(1), messageItem(2)], 2, 4, false));
	await stage.settle();
	const second = peer.takeOne("pull");
	t.same([second.position, second.until], [2, 4]);
	const edited = row(1, { position: 1, changed: 5 });
	peer.say({
		type: "changed",
		conversation: c,
		from: 4,
		position: 5,
		at: 0,
		change: { type: "row", message: edited },
	});
	peer.say(page(second.request, [messageItem(3), messageItem(4)], 4, 4, true));
	await stage.settle();
	t.same(held(stage), [5, 4]);
	t.equal(stage.store.view(c)?.rows.get(1)?.changed, 5, "the edit between the pages is there");
});

t.test("[Y5] a row is never replaced by an older one", async (t) => {
	const { stage, peer } = await holding(2);
	const edited = row(1, { position: 1, changed: 3 });
	peer.say({
		type: "changed",
		conversation: c,
		from: 2,
		position: 3,
		at: 0,
		change: { type: "row", message: edited },
	});
	await stage.settle();
	const asked = stage.device.history(c, null, 10);
	await stage.settle();
	const { request } = peer.takeOne("history");
	const messages = [row(2), row(1)];
	peer.say({ type: "result", request, result: { type: "history", messages, more: false } });
	await stage.settle();
	await asked;
	t.equal(stage.store.view(c)?.rows.get(1)?.changed, 3);
	t.equal(stage.toldOf("row").length, 1);
});

t.test("a skip counts as held and is not shown", async (t) => {
	const { stage, peer } = await holding(1);
	peer.say({ type: "skip", conversation: c, from: 1, position: 2, seq: 2 }, pushed(c, 3));
	await stage.settle();
	t.same(held(stage), [3, 3]);
	t.equal(stage.store.view(c)?.rows.get(2)?.state, "skip");
});

t.test("what arrives during a pull is kept up to a bound, then pulled", async (t) => {
	const { stage, peer } = await holding(1);
	for (let seq = 3; seq <= 400; seq += 1) peer.say(pushed(c, seq));
	await stage.settle();
	const pull = peer.takeOne("pull");
	peer.say(page(pull.request, [messageItem(2)], 2, 2, true));
	await stage.settle();
	const more = peer.takeOne("pull");
	t.equal(more.position, 2 + 256);
	t.same(held(stage), [258, 258]);
});

t.test("a pull that fails for now is asked again, one that fails for good is told", async (t) => {
	const { stage, peer } = await holding(1);
	peer.say(pushed(c, 5));
	await stage.settle();
	const error = (request: number, code: "UNAVAILABLE" | "NOT_A_MEMBER") =>
		peer.say({ type: "error", request, code, detail: "" });
	error(peer.takeOne("pull").request, "UNAVAILABLE");
	await stage.settle();
	t.same(peer.take("pull"), []);
	await stage.clock.pass(5_000);
	error(peer.takeOne("pull").request, "NOT_A_MEMBER");
	await stage.clock.pass(60_000);
	t.same(peer.take("pull"), []);
	t.equal(stage.toldOf("fault").length, 1);
});

t.test(
	"a storage that fails ends the session, and the next one starts from what is stored",
	async (t) => {
		const { stage, peer } = await holding(2);
		stage.store.hooks = {
			before: (transaction) => {
				if (transaction === "change") throw new Error("quota");
			},
		};
		peer.say(pushed(c, 3));
		await stage.settle();
		t.ok(peer.closed);
		t.same(held(stage), [2, 2]);
		stage.store.hooks = {};
		const again = await stage.live();
		again.say({ type: "marks", marks: [{ conversation: c, position: 3 }], last: true });
		await stage.settle();
		t.equal(again.takeOne("pull").position, 2);
	},
);

t.test("an own edit answered during a pull is made on the row that the pull brings", async (t) => {
	const { stage, peer } = await holding(2);
	const { type: _, ttlMs, clientTime, seenUpTo, ...body } = text("later");
	stage.device.write(c, { type: "edit", seq: 2, ...body });
	stage.device.write(c, { type: "delete", seq: 1 });
	await stage.settle();
	const [edit, remove] = peer.take("write") as [WriteOp, WriteOp];
	const edited = row(2, { position: 2, changed: 5, editedAt: 77, sender: "ann" });
	peer.say(answer(edit, 2, { from: 4, position: 5 }));
	peer.say(answer(remove, 1, { from: 6, position: 7 }));
	await stage.settle();
	const pull = peer.takeOne("pull");
	const reaction = [{ user: "bob", emoji: "👍" }];
	const other = row(1, { position: 1, changed: 6, reactions: reaction, editedAt: 78 });
	const items = [edited, other].map((message) => ({ type: "message", message }) as const);
	peer.say(page(pull.request, items, 6, 6, true));
	await stage.settle();
	t.match(stage.store.view(c)?.rows.get(2), { changed: 5, editedAt: 77 });
	t.match(stage.store.view(c)?.rows.get(1), { changed: 7, state: "deleted", editedAt: 78 });
});

t.test("callbacks that throw are told and change nothing", async (t) => {
	const faults: string[] = [];
	const bad = () => {
		throw new Error("user code");
	};
	const events = {
		phase: bad,
		message: bad,
		status: bad,
		changed: bad,
		listed: bad,
		fault(where: string) {
			faults.push(where);
			throw new Error("even here");
		},
	};
	const stage = new Stage({ events });
	const peer = await stage.live();
	peer.say(pushed(c, 1), pushed(c, 2));
	await stage.settle();
	t.same(held(stage), [2, 2]);
	t.equal(peer.takeOne("delivered").seq, 2);
	t.same(
		faults.filter((where) => where === "message"),
		["message", "message"],
	);
});

t.test("reactions and hiding change the row that is held", async (t) => {
	const { stage, peer } = await holding(1);
	const changed = (position: number, change: Extract<ServerOp, { type: "changed" }>["change"]) =>
		({ type: "changed", conversation: c, from: position - 1, position, at: 0, change }) as const;
	peer.say(changed(2, { type: "reacted", seq: 1, user: "bob", emoji: "👍" }));
	peer.say(changed(3, { type: "reacted", seq: 1, user: "bob", emoji: "🎉" }));
	await stage.settle();
	t.same(stage.store.view(c)?.rows.get(1)?.reactions, [{ user: "bob", emoji: "🎉" }]);
	peer.say(changed(4, { type: "reacted", seq: 1, user: "bob", emoji: null }));
	peer.say(changed(5, { type: "hidden", seq: 1 }));
	await stage.settle();
	const hidden = stage.store.view(c)?.rows.get(1);
	t.same([hidden?.state, hidden?.body, hidden?.reactions], ["skip", null, []]);
});
