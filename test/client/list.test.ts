// Marks, the list and starting again (design §5, Y2, Y3, Y8). Cases C003 and C005 as far as the
// client is concerned.

import t from "tap";
import type { ServerOp } from "../../src/protocol/frames.js";
import { Stage } from "../helpers/scripted-peer.js";
import { c, held, holding, messageItem, page } from "./holding.js";
import { entry, pushed } from "./operations.js";

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
