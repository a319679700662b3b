// What a device confirms, when, and what it says again. Case C009 as far as the client is
// concerned.

import t from "tap";
import { c, held, holding, messageItem, page } from "./holding.js";
import { pushed, row } from "./operations.js";

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

t.test("a push behind what a pull has told is not told again", async (t) => {
	const { stage, peer } = await holding(9);
	const status = (from: number, delivered: number, seen: number) => {
		const watermarks = [{ user: "bob", delivered, deliveredAt: 1, seen, seenAt: 1 }];
		peer.say({ type: "status", conversation: c, from, position: from + 1, watermarks });
	};
	status(9, 8, 3);
	status(10, 6, 3);
	status(11, 7, 4);
	await stage.settle();
	t.same(
		stage
			.toldOf("status")
			.flatMap(([, , marks]) => marks as { delivered: number; seen: number }[])
			.map(({ delivered, seen }) => [delivered, seen]),
		[
			[8, 3],
			[8, 4],
		],
	);
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
