// The cursor as a server sees it: what is applied, what is pulled, what is said back (design §5,
// Y2–Y8). Cases C003 and C005 as far as the client is concerned.

import t from "tap";
import type { PullItem, ServerOp, WriteOp } from "../../src/protocol/frames.js";
import { answer, entry, type Peer, pushed, row, Stage, text } from "../helpers/scripted-peer.js";

const c = "c1";

function messageItem(seq: number, changes = {}): PullItem {
	return { type: "message", message: row(seq, changes) };
}

function page(
	request: number,
	items: PullItem[],
	position: number,
	until: number,
	done: boolean,
): ServerOp {
	return { type: "result", request, result: { type: "pull", items, position, until, done } };
}

/** A device that holds the conversation up to this message, one position each. */
async function holding(seq: number): Promise<{ stage: Stage; peer: Peer }> {
	const stage = new Stage();
	const peer = await stage.live();
	for (let i = 1; i <= seq; i += 1) peer.say(pushed(c, i));
	await stage.settle();
	peer.heard.length = 0;
	return { stage, peer };
}

function held(stage: Stage): [number, number] {
	const view = stage.store.view(c);
	return [view?.position ?? 0, view?.held ?? 0];
}

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

t.test("C009 · history beyond the cursor is shown but not confirmed", async (t) => {
	const { stage, peer } = await holding(3);
	const asked = stage.device.history(c, null, 10);
	await stage.settle();
	const { request } = peer.takeOne("history");
	const messages = [row(6), row(5)];
	peer.say({ type: "result", request, result: { type: "history", messages, more: true } });
	await stage.settle();
	await asked;
	t.ok(stage.store.view(c)?.rows.has(6));
	t.same(held(stage), [3, 3]);
	t.same(peer.take("delivered"), []);
});

t.test("C009 · in the middle of a pull only what has no gap below it is confirmed", async (t) => {
	const { stage, peer } = await holding(0);
	peer.say({ type: "marks", marks: [{ conversation: c, position: 9 }], last: true });
	await stage.settle();
	const first = peer.takeOne("pull");
	// Message 2 was edited at 8, so it stands there and 3 comes before it.
	peer.say(page(first.request, [messageItem(1), messageItem(3)], 3, 9, false));
	await stage.settle();
	t.same(
		peer.take("delivered").map((op) => op.seq),
		[1],
	);
	const second = peer.takeOne("pull");
	const late = { type: "message", message: row(2, { position: 2, changed: 8 }) } as const;
	peer.say(page(second.request, [late], 9, 9, true));
	await stage.settle();
	t.same(
		peer.take("delivered").map((op) => op.seq),
		[3],
	);
});

t.test("a skip counts as held and is not shown", async (t) => {
	const { stage, peer } = await holding(1);
	peer.say({ type: "skip", conversation: c, from: 1, position: 2, seq: 2 }, pushed(c, 3));
	await stage.settle();
	t.same(held(stage), [3, 3]);
	t.equal(stage.store.view(c)?.rows.get(2)?.state, "skip");
});

t.test("whoever joins late holds everything from the first message it may see", async (t) => {
	const { stage, peer } = await holding(0);
	peer.say({ ...pushed(c, 51, { position: 80 }), from: 0 });
	await stage.settle();
	t.same(held(stage), [80, 51]);
	t.same(peer.takeOne("delivered").seq, 51);
});

t.test("one's own messages are not confirmed until another's follows", async (t) => {
	const { stage, peer } = await holding(1);
	peer.say(pushed(c, 2, { sender: "ann" }));
	await stage.settle();
	t.same(peer.take("delivered"), []);
	peer.say(pushed(c, 3));
	await stage.settle();
	t.equal(peer.takeOne("delivered").seq, 3);
});

t.test("receipts lost with a connection are said again by the next", async (t) => {
	const { stage, peer } = await holding(3);
	stage.device.seen(c, 2);
	await stage.settle();
	t.equal(peer.takeOne("seen").seq, 2);
	peer.cut();
	const again = await stage.live();
	t.equal(again.takeOne("delivered").seq, 3);
	t.equal(again.takeOne("seen").seq, 2);
	again.say({
		type: "status",
		conversation: c,
		from: 3,
		position: 4,
		watermarks: [{ user: "ann", delivered: 3, deliveredAt: 1, seen: 2, seenAt: 1 }],
	});
	await stage.settle();
	again.cut();
	const third = await stage.live();
	t.same([...third.take("delivered"), ...third.take("seen")], [], "known to the server by now");
});

t.test("seen while offline is said when back, after delivered", async (t) => {
	const { stage, peer } = await holding(3);
	peer.cut();
	stage.device.seen(c, 3);
	const again = await stage.live();
	t.same(
		again.heard.map((op) => op.type).filter((type) => type === "delivered" || type === "seen"),
		["delivered", "seen"],
	);
	for (const wrong of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
		t.throws(() => stage.device.seen(c, wrong), TypeError);
	}
});

t.test("a status that shares its position with a message counts", async (t) => {
	const { stage, peer } = await holding(1);
	const watermarks = [{ user: "bob", delivered: 2, deliveredAt: 1, seen: 1, seenAt: 1 }];
	peer.say(pushed(c, 2));
	peer.say({ type: "status", conversation: c, from: 2, position: 2, watermarks });
	await stage.settle();
	t.equal(stage.store.view(c)?.watermarks.get("bob")?.seen, 1);
});

t.test("watermarks never go back, whatever order they come in", async (t) => {
	const { stage, peer } = await holding(9);
	const mark = (delivered: number, seen: number) => [
		{ user: "bob", delivered, deliveredAt: delivered, seen, seenAt: seen },
	];
	peer.say({ type: "status", conversation: c, from: 9, position: 10, watermarks: mark(8, 3) });
	peer.say({ type: "status", conversation: c, from: 10, position: 11, watermarks: mark(7, 5) });
	await stage.settle();
	t.same(
		stage.store.view(c)?.watermarks.get("bob"),
		mark(8, 5)[0] && {
			user: "bob",
			delivered: 8,
			deliveredAt: 8,
			seen: 5,
			seenAt: 5,
		},
	);
});

t.test("[Y2] marks are answered with what was held when the generation began", async (t) => {
	const { stage, peer } = await holding(3);
	const marks = [
		{ conversation: c, position: 5 },
		{ conversation: "c9", position: 2 },
	];
	peer.say({ type: "marks", marks, last: true });
	await stage.settle();
	t.same(peer.takeOne("held").held, [
		{ conversation: c, position: 0 },
		{ conversation: "c9", position: 0 },
	]);
	t.equal(peer.take("pull").length, 2);
	peer.cut();
	const again = await stage.live();
	again.say({ type: "marks", marks: [{ conversation: c, position: 5 }], last: true });
	await stage.settle();
	t.same(again.takeOne("held").held, [{ conversation: c, position: 3 }]);
});

t.test(
	"[Y3] a new device reads the list, stores it, says so, and pulls from delivered",
	async (t) => {
		const stage = new Stage();
		const peer = await stage.welcome({ fresh: true });
		const first = peer.takeOne("list");
		t.equal(first.cursor, null);
		const one = entry(c, { head: 9, position: 12, start: 7, delivered: 6, seen: 4 });
		const list = (request: number, cursor: string | null, entries = [one]): ServerOp => ({
			type: "result",
			request,
			result: { type: "list", entries, cursor },
		});
		peer.say(list(first.request, "next"));
		await stage.settle();
		t.same(peer.take("listed"), []);
		t.equal(stage.store.identity().listed, false);
		const second = peer.takeOne("list");
		t.equal(second.cursor, "next");
		peer.say(list(second.request, null, [entry("c2")]));
		await stage.settle();
		t.equal(peer.take("listed").length, 1);
		t.equal(stage.store.identity().listed, true);
		const pull = peer.takeOne("pull");
		t.same([pull.conversation, pull.position], [c, 7]);
		const items = [7, 8, 9].map((seq) => messageItem(seq, { position: seq + 3 }));
		peer.say(page(pull.request, items, 12, 12, true));
		await stage.settle();
		t.same(held(stage), [12, 9]);
		t.equal(peer.takeOne("delivered").seq, 9);
	},
);

t.test("a list cut off by a crash is read again from its start", async (t) => {
	const stage = new Stage();
	const peer = await stage.welcome({ fresh: true });
	const { request } = peer.takeOne("list");
	const result = { type: "list", entries: [entry(c)], cursor: "next" } as const;
	peer.say({ type: "result", request, result });
	await stage.settle();
	peer.cut();
	const again = await stage.welcome({ fresh: true });
	t.equal(again.takeOne("list").cursor, null);
});

t.test("C003 · dropped before anything came · the empty cursor is a cursor", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	peer.cut();
	const second = await stage.live();
	second.say({ type: "marks", marks: [{ conversation: c, position: 1 }], last: true });
	await stage.settle();
	const pull = second.takeOne("pull");
	t.equal(pull.position, 0);
	second.say(page(pull.request, [messageItem(1)], 1, 1, true));
	await stage.settle();
	second.cut();
	const third = await stage.live();
	third.say({ type: "marks", marks: [{ conversation: c, position: 1 }], last: true });
	await stage.settle();
	t.same(third.take("pull"), [], "the second time nothing is replayed");
	t.equal(stage.toldOf("message").length, 1);
});

t.test("C005 · a position no longer kept · start again from the list, once", async (t) => {
	const { stage, peer } = await holding(2);
	peer.say(pushed(c, 40));
	await stage.settle();
	const { request } = peer.takeOne("pull");
	peer.say({ type: "error", request, code: "RESET", detail: "" });
	await stage.settle();
	t.same(stage.toldOf("reset"), [["reset", c]]);
	const listing = peer.takeOne("list");
	const one = entry(c, { head: 40, position: 40, start: 35, delivered: 35 });
	const result = { type: "list", entries: [one], cursor: null } as const;
	peer.say({ type: "result", request: listing.request, result });
	await stage.settle();
	const pull = peer.takeOne("pull");
	t.equal(pull.position, 35);
	peer.say({ type: "error", request: pull.request, code: "RESET", detail: "" });
	await stage.settle();
	t.same(peer.take("list"), [], "a server that says it twice is not asked for ever");
	t.equal(stage.toldOf("fault").length, 1);
});

t.test("C005 · another epoch · no position of the old one is ever used", async (t) => {
	const { stage, peer } = await holding(5);
	peer.cut();
	const again = await stage.welcome({ epoch: "e2" });
	t.same(stage.toldOf("reset"), [["reset", null]]);
	t.equal(stage.store.view(c), undefined);
	const { request } = again.takeOne("list");
	const result = { type: "list", entries: [entry(c, { position: 2 })], cursor: null } as const;
	again.say({ type: "result", request, result });
	await stage.settle();
	t.equal(again.takeOne("pull").position, 0);
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
