// Watermarks: delivered and seen per member, what a sender learns of them, what they never say.
// Cases C009, C010, C013, C014 and C020 in their domain part.

import assert from "node:assert/strict";
import { effectiveSeen } from "../../src/domain/conversation.js";
import { checkReceipt, statusOf } from "../../src/domain/conversation-decide.js";
import { given, type Stage, spec } from "../helpers/given.js";
import * as w from "./words.js";

/** The status of each message, as its sender sees it. */
function statuses(stage: Stage): string[] {
	return [...stage.rows.values()].map((row) => statusOf(stage.state, row));
}

function check(stage: Stage, user: string, seq: number): string {
	const decision = checkReceipt(stage.state, user, seq);
	return decision.type === "rejected" ? decision.rejection.code : decision.type;
}

spec("reader · delivered · the sender hears, the reader's other devices need not", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"))
		.when(w.say({ bob: [1, 0] }))
		.then(w.receipts(w.pair("bob", 1)))
		.thenTells({ ann: "2 bob 1/0" })
		.thenRows({ type: "watermark", user: "bob", row: { delivered: 1, seen: 0, position: 3 } }),
);

spec("reader · seen · the sender and the reader's other devices hear", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"))
		.when(w.say({ bob: [1, 1] }))
		.thenTells({ ann: "2 bob 1/1", bob: "2 bob 1/1" }),
);

spec("C009 · seen before delivered · takes effect as far as delivery goes", () => {
	const stage = given(w.opened("ann", "bob"), ...w.many(1, 10, "ann"));
	const rest = Array<string>(4).fill("sent");
	stage.when(w.say({ bob: [3, 0] })).when(w.say({ bob: [0, 10] }));
	assert.deepEqual(statuses(stage), [...Array(3).fill("seen"), ...Array(3).fill("sent"), ...rest]);
	stage.when(w.say({ bob: [6, 0] }));
	assert.deepEqual(statuses(stage), [...Array(6).fill("seen"), ...rest]);
	stage.when(w.say({ bob: [10, 0] }));
	assert.deepEqual(statuses(stage), Array(10).fill("seen"));
});

spec("C009 · seen, a crash, then delivered · both are told in their order", () =>
	given(w.opened("ann", "bob"), ...w.many(1, 11, "ann"), w.receipts(w.pair("bob", 10)))
		.when(w.say({ bob: [0, 11] }))
		.thenTells({ ann: "13 bob 10/10", bob: "12 bob 10/10" })
		.and.recovered()
		.when(w.say({ bob: [11, 0] }))
		.thenTells({ ann: "14 bob 11/11", bob: "14 bob 11/11" })
		.thenRows({ type: "watermark", row: { delivered: 11, seen: 11 } }),
);

spec("reader · says less than before · nothing moves backwards", () =>
	given(w.opened("ann", "bob"), ...w.many(1, 5, "ann"), w.receipts(w.pair("bob", 5, 4)))
		.when(w.say({ bob: [3, 2] }))
		.thenNothing()
		.when(w.say({ bob: [3, 5] }))
		.then(w.receipts(w.pair("bob", 5, 5))),
);

spec("C010 · a receipt beyond the last message · refused at the door", () => {
	const stage = given(w.opened("ann", "bob"), ...w.many(1, 3, "ann"));
	for (const seq of [4, 1_000_000, 2 ** 53 + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
		assert.equal(check(stage, "bob", seq), "RECEIPT_INVALID", String(seq));
	}
	for (const seq of [0, 1, 3]) assert.equal(check(stage, "bob", seq), "nothing", String(seq));
});

spec("C010 · a receipt beyond the last message · is clamped even past the door", () =>
	given(w.opened("ann", "bob"), ...w.many(1, 3, "ann"))
		.when(w.say({ bob: [1_000_000, 1_000_000] }))
		.then(w.receipts(w.pair("bob", 3, 3))),
);

spec("outsider · says delivered · learns nothing of the conversation", () => {
	const stage = given(w.group("ann"), w.sent(1, "ann", "hi"));
	assert.equal(check(stage, "eve", 1), "CONVERSATION_UNKNOWN");
	stage.when(w.say({ eve: [1, 1] })).thenNothing();
});

spec("removed member · says seen up to its cut · counted, and beyond it refused", () => {
	const stage = given(w.group("ann", "bob"), ...w.many(1, 2, "ann"), w.removed("ann", "bob"));
	stage.and(w.sent(3, "ann", "later"));
	assert.equal(check(stage, "bob", 2), "nothing");
	assert.equal(check(stage, "bob", 3), "NOT_A_MEMBER");
	stage.when(w.say({ bob: [3, 3] })).then(w.receipts(w.pair("bob", 2, 2)));
});

spec("removed member · says seen · is told nothing beyond its cut, its end stays there", () =>
	given(w.group("ann", "bob"), w.sent(1, "ann", "hi"), w.removed("ann", "bob"))
		.when(w.say({ bob: [1, 1] }))
		.thenTells({ ann: "3 bob 1/1" })
		.thenState((s) => s.members.get("bob")?.last, 3)
		.thenMarks(),
);

spec("member · added · nothing said before is waited for", () =>
	given(w.group("ann"), ...w.many(1, 3, "ann"), w.added("ann", "bob"))
		.holds((s) => s.members.get("bob")?.delivered, 3)
		.holds((s) => s.members.get("bob")?.seen, 3),
);

spec(
	"removed with messages unread · added again · none of them counts as delivered or seen",
	() => {
		const stage = given(
			w.group("ann", "bob"),
			...w.many(1, 3, "ann"),
			w.receipts(w.pair("bob", 2, 1)),
			w.removed("ann", "bob"),
			...w.many(4, 5, "ann"),
			w.added("ann", "bob"),
		);
		assert.deepEqual(statuses(stage).slice(0, 3), ["seen", "delivered", "sent"]);
	},
);

spec("removed with all read · added again · what was said between is not waited for", () =>
	given(
		w.group("ann", "bob"),
		...w.many(1, 3, "ann"),
		w.receipts(w.pair("bob", 3, 3)),
		w.removed("ann", "bob"),
		...w.many(4, 5, "ann"),
		w.added("ann", "bob"),
	)
		.holds((s) => s.members.get("bob")?.delivered, 5)
		.holds((s) => s.members.get("bob")?.seen, 5),
);

spec("member · sends and says seen with it · one event, the watermark with it", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"), w.receipts(w.pair("bob", 1)))
		.when(w.send("bob", "re", { seenUpTo: 1 }))
		.thenRows(
			{ type: "message", row: { seq: 2, seenUpTo: 1 } },
			{ type: "watermark", user: "bob", row: { delivered: 1, seen: 1, position: 4 } },
		)
		.thenTells({ ann: ["3 message", "4 bob 1/1"], bob: ["2 message", "4 bob 1/1"] }),
);

spec("member · sends and says seen again · nobody hears it twice", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"), w.receipts(w.pair("bob", 1, 1)))
		.when(w.send("bob", "re", { seenUpTo: 1 }))
		.thenRowTypes("message")
		.thenTells({ ann: "3 message", bob: "3 message" }),
);

spec("group · receipts gathered · one event for all, senders hear what moved", () =>
	given(w.group("ann", "bob", "cat"), w.sent(1, "ann", "hi"))
		.when(w.say({ bob: [1, 1], cat: [1, 0], ann: [1, 1] }))
		.then(w.receipts(w.pair("bob", 1, 1), w.pair("cat", 1), w.pair("ann", 1, 1)))
		.thenTells({ ann: "2 bob 1/1, cat 1/0, ann 1/1", bob: "2 bob 1/1" }),
);

spec("group · a sender whose messages were seen before · is not told again", () =>
	given(
		w.group("ann", "bob", "cat"),
		w.sent(1, "ann", "a"),
		w.sent(2, "cat", "b"),
		w.receipts(w.pair("bob", 1, 1)),
	)
		.when(w.say({ bob: [2, 2] }))
		.thenTells({ cat: "4 bob 2/2", bob: "4 bob 2/2" }),
);

spec("channel · receipts · counted, told to nobody but the reader's own devices", () =>
	given(w.channel("ann", "bob"), w.sent(1, "ann", "hi"))
		.when(w.say({ bob: [1, 1] }))
		.thenTells({ bob: "2 bob 1/1" }),
);

spec("C013 · own messages · need no receipt to be one's own", () =>
	given(w.opened("ann"), ...w.many(1, 3, "ann"))
		.when(w.say({ ann: [3, 3] }))
		.thenTells({ ann: "4 ann 3/3" }),
);

spec("C014 · 200 readers of 100 messages · as many rows as readers, not more", () => {
	const readers = Array.from({ length: 200 }, (_, i) => `r${i}`);
	const all = Object.fromEntries(readers.map((user) => [user, [100, 100] as const]));
	const outcome = given(w.group("ann", ...readers), ...w.many(1, 100, "ann")).when(w.say(all));
	const rows = outcome.rows.filter((row) => row.type === "watermark");
	assert.equal(rows.length, readers.length);
	outcome.when(w.say(all)).thenNothing();
});

spec("C020 · one device saw · the mark is there for the other that was offline", () =>
	given(w.opened("ann", "bob"), ...w.many(1, 5, "ann"), w.levelled("bob", 6))
		.when(w.say({ bob: [5, 5] }))
		.thenMarks("bob")
		.thenTells({ ann: "6 bob 5/5", bob: "6 bob 5/5" }),
);

spec("offline sender · its message is delivered · the mark is there for its ticks", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"), w.levelled("ann", 2))
		.when(w.say({ bob: [1, 0] }))
		.thenMarks("ann"),
);

spec("a watermark · seen as said · is worth no more than delivered", () => {
	assert.equal(effectiveSeen({ delivered: 3, seen: 10 }), 3);
	assert.equal(effectiveSeen({ delivered: 10, seen: 3 }), 3);
});
