// Who is shown what, and from which position: a block, a late joiner, who heard something alone.

import assert from "node:assert/strict";
import { given, spec } from "../helpers/given.js";
import * as w from "./words.js";

spec("member · sends · everyone continues from the last common position", () =>
	given(w.group("ann", "bob"), w.sent(1, "ann", "hi"))
		.when(w.send("ann", "more"))
		.thenTells({ ann: "2 message", bob: "2 message" }),
);

spec("one heard something alone · the next message · it alone continues from there", () =>
	given(w.group("ann", "bob", "cat"), w.muted("bob", 9), w.muted("bob", 0))
		.when(w.send("ann", "hi"))
		.thenTells({ ann: "1 message", bob: "3 message", cat: "1 message" })
		.when(w.send("ann", "more"))
		.thenTells({ ann: "4 message", bob: "4 message", cat: "4 message" }),
);

spec("blocked one · sends · the blocker advances by a skip", () =>
	given(w.opened("ann", "bob"), w.blocked("bob"))
		.when(w.send("ann", "hi"))
		.thenTells({ ann: "1 message", bob: "2 skip" }),
);

spec("blocker heard nothing alone since · the next withheld one · a skip all the same", () =>
	given(w.opened("ann", "bob"), w.blocked("bob"), w.sent(1, "ann", "a", { withheldFrom: "bob" }))
		.when(w.send("ann", "b"))
		.thenTells({ ann: "3 message", bob: "3 skip" }),
);

spec("block · is told to the blocker's devices only", () =>
	given(w.opened("ann", "bob"))
		.when(w.block("bob"))
		.thenTells({ bob: "1 blocked" })
		.thenRows({ type: "blocked", user: "bob", other: "ann", on: true })
		.when(w.block("bob", false))
		.thenTells({ bob: "2 blocked" })
		.thenRows({ type: "blocked", user: "bob", other: "ann", on: false }),
);

spec("block · in a group or with oneself · is not", () => {
	given(w.group("ann", "bob")).when(w.block("ann")).thenRejected("NOT_ALLOWED");
	given(w.opened("ann")).when(w.block("ann")).thenRejected("NOT_ALLOWED");
});

spec("after the block · the author changes what was withheld · the other sees it hollow", () =>
	given(
		w.opened("ann", "bob"),
		w.blocked("bob"),
		w.sent(1, "ann", "hi", { withheldFrom: "bob" }),
		w.blocked("bob", false),
	)
		.when(w.edit(1, "ann"))
		.thenTells({ ann: "3 row", bob: "4 hollow" })
		.when(w.react(1, "ann"))
		.thenTells({ ann: "5 reacted", bob: "5 hollow" })
		.when(w.react(1, "bob"))
		.thenRejected("MESSAGE_UNKNOWN")
		.when(w.erase(1, "ann"))
		.thenTells({ ann: "6 row", bob: "6 hollow" }),
);

spec("late joiner · what was said before is edited, deleted or expires · it sees it hollow", () =>
	given(
		w.group("ann"),
		w.sent(1, "ann", "a", { expiresAt: 9 }),
		w.sent(2, "ann", "b"),
		w.added("ann", "bob"),
	)
		.when(w.edit(1, "ann"))
		.thenTells({ ann: "4 row", bob: "4 hollow" })
		.when(w.expire(1, 9))
		.thenTells({ ann: "5 row", bob: "5 hollow" })
		.when(w.react(2, "ann"))
		.thenTells({ ann: "6 reacted", bob: "6 hollow" })
		.when(w.erase(2, "ann"))
		.thenTells({ ann: "7 row", bob: "7 hollow" }),
);

spec(
	"late joiner who heard something alone · an older row changes · hollow, from where it was",
	() =>
		given(w.group("ann"), w.sent(1, "ann", "a"), w.added("ann", "bob"), w.muted("bob", 9))
			.when(w.edit(1, "ann"))
			.thenTells({ ann: "3 row", bob: "4 hollow" }),
);

spec("those removed in one go · each is told of its own end and nothing after", () =>
	given(w.group("ann", "bob", "cat"), w.muted("cat", 9))
		.when(w.remove("ann", "bob", "cat"))
		.thenTells({ ann: "1 removed", bob: "1 removed", cat: "2 removed" })
		.when(w.describe("ann", "quiet"))
		.thenTells({ ann: "3 described" }),
);

spec("added together with those who heard something alone · everyone once", () =>
	given(w.group("ann", "bob"), w.muted("bob", 9))
		.when(w.add("ann", ["cat"]))
		.thenTells({ ann: "1 added", bob: "2 added", cat: "2 added" }),
);

spec("role · is news to all", () =>
	given(w.group("ann", "bob", "cat"))
		.when(w.giveRole("admin", "bob", "ann"))
		.thenTells({ ann: "1 role", bob: "1 role", cat: "1 role" })
		.thenRows({ type: "member", user: "bob", row: { role: "admin" } }),
);

spec("mark dropped · the next thing that concerns the member · puts it again, once", () =>
	given(w.group("ann", "bob"), w.levelled("bob", 1))
		.when(w.send("ann", "a"))
		.thenMarks("bob")
		.when(w.send("ann", "b"))
		.thenMarks(),
);

spec("mark dropped · something that concerns others alone · leaves it so", () =>
	given(w.group("ann", "bob"), w.levelled("bob", 1), w.levelled("ann", 1))
		.when(w.mute("ann", 9))
		.thenMarks("ann")
		.when(w.send("ann", "a"))
		.thenMarks("bob"),
);

spec("recovery · the next common fact · marks all again, as none is certain", () =>
	given(w.group("ann", "bob"), w.levelled("bob", 1))
		.recovered()
		.when(w.send("ann", "a"))
		.thenMarks("ann", "bob")
		.when(w.send("ann", "b"))
		.thenMarks(),
);

spec("recovery · level of a mark that is uncertain · drops it", () =>
	given(w.group("ann", "bob"), w.sent(1, "ann", "a"))
		.recovered()
		.when(w.level("bob", 2))
		.then(w.levelled("bob", 2)),
);

spec("channel · anything · puts no mark", () =>
	given(w.channel("ann", "bob")).when(w.send("ann", "a")).thenMarks().thenRowTypes("message"),
);

spec("who is told · the list of active members · is never changed in place", () => {
	const stage = given(w.group("ann", "bob"));
	const before = stage.state.activeUsers;
	stage.and(w.added("ann", "cat"), w.removed("ann", "bob"));
	assert.deepEqual(before, ["ann", "bob"]);
	assert.deepEqual(stage.state.activeUsers, ["ann", "cat"]);
});
