// Who belongs, in which role, from where to where: joining, leaving, coming back.

import { given, spec } from "../helpers/given.js";
import * as w from "./words.js";

spec("anybody · creates a group · is its owner, each member named once", () =>
	given()
		.when(w.create("group", "ann", ["bob", "ann", "bob"]))
		.then({ ...w.group("ann", "bob"), title: "group" } as ReturnType<typeof w.group>)
		.thenRows(
			{ type: "info", row: { kind: "group", members: 2, createdBy: "ann" } },
			{ type: "member", user: "ann", row: { role: "owner" } },
			{ type: "member", user: "bob", row: { role: "member" } },
		)
		.thenMarks("ann", "bob")
		.thenTells({ ann: "0 created", bob: "0 created" }),
);

spec("anybody · creates what exists · it is taken", () =>
	given(w.group("ann")).when(w.create("group", "eve")).thenRejected("CONVERSATION_EXISTS"),
);

spec("anybody · creates with a user who is not there · refused", () =>
	given()
		.when(w.create("group", "ann", ["nil"], ["nil"]))
		.thenRejected("USER_UNKNOWN"),
);

spec("anybody · creates with more than the cap · refused", () =>
	given()
		.when(w.create("group", "ann", ["b", "c", "d", "e", "f"]))
		.thenRejected("MEMBER_LIMIT"),
);

spec("a channel has its own cap · creates up to it · made", () =>
	given()
		.when(w.create("channel", "ann", ["b", "c", "d", "e", "f"]))
		.then({ ...w.channel("ann", "b", "c", "d", "e", "f"), title: "channel" } as never),
);

spec("either · opens a direct conversation · made once", () =>
	given()
		.when(w.open("ann", "ann", "bob"))
		.then(w.opened("ann", "bob"))
		.when(w.open("bob", "ann", "bob"))
		.thenNothing(),
);

spec("oneself · opens with oneself · one member", () =>
	given()
		.when(w.open("ann", "ann", "ann"))
		.then(w.opened("ann")),
);

spec("owner · adds · a newcomer sees from the next message on", () =>
	given(w.group("ann"), w.sent(1, "ann", "hi"))
		.when(w.add("ann", ["bob"]))
		.then(w.added("ann", "bob"))
		.thenRows({
			type: "member",
			user: "bob",
			row: { intervals: [{ from: 2, fromPosition: 3, to: null, toPosition: null }] },
		})
		.thenTells({ ann: "2 added", bob: "2 added" })
		.thenMarks("bob"),
);

spec("channel · a newcomer · may read all, and owes no receipt for it", () =>
	given(w.channel("ann"), w.sent(1, "ann", "hi"))
		.when(w.add("ann", ["bob"]))
		.thenState((s) => s.members.get("bob")?.intervals[0]?.from, 1)
		.thenState((s) => s.members.get("bob")?.delivered, 1)
		.thenMarks(),
);

spec("owner · adds who is there · nothing but an answer", () =>
	given(w.group("ann", "bob"))
		.when(w.add("ann", ["bob", "bob"]))
		.then(w.added("ann"))
		.thenRowTypes(),
);

spec("member · adds · may not", () =>
	given(w.group("ann", "bob"))
		.when(w.add("bob", ["cat"]))
		.thenRejected("NOT_ALLOWED"),
);

spec("owner · adds beyond the cap · refused, whole", () =>
	given(w.group("ann", "b", "c", "d"))
		.when(w.add("ann", ["e", "f"]))
		.thenRejected("MEMBER_LIMIT")
		.thenState((s) => s.active, 4),
);

spec("owner · removes · cut at the last message and here", () =>
	given(w.group("ann", "bob"), w.sent(1, "ann", "hi"))
		.when(w.remove("ann", "bob"))
		.then(w.removed("ann", "bob"))
		.thenRows({
			type: "member",
			user: "bob",
			row: { role: "member", intervals: [{ from: 1, to: 1, toPosition: 3 }] },
		})
		.thenTells({ ann: "2 removed", bob: "2 removed" }),
);

spec("removed member · others go on · is told nothing", () =>
	given(w.group("ann", "bob"), w.sent(1, "bob", "hi"), w.removed("ann", "bob"))
		.when(w.send("ann", "bye"))
		.thenTells({ ann: "3 message" })
		.when(w.edit(1, "ann"))
		.thenRejected("NOT_ALLOWED")
		.when(w.erase(1, "ann"))
		.thenTells({ ann: "4 row" }),
);

spec("removed member · comes back · the time between stays dark", () =>
	given(
		w.group("ann", "bob"),
		w.sent(1, "ann", "a"),
		w.removed("ann", "bob"),
		w.sent(2, "ann", "b"),
		w.added("ann", "bob"),
		w.sent(3, "ann", "c"),
	)
		.holds(
			(s) => s.members.get("bob")?.intervals.map(({ from, to }) => [from, to]),
			[
				[1, 1],
				[3, null],
			],
		)
		.when(w.hide(2, "bob"))
		.thenRejected("MESSAGE_UNKNOWN")
		.when(w.hide(1, "bob"))
		.then(w.hidden(1, "bob")),
);

spec("removed member · comes back · its devices pull: it continues from just before", () =>
	given(w.group("ann", "bob"), w.removed("ann", "bob"), w.sent(1, "ann", "a"))
		.when(w.add("ann", ["bob"]))
		.thenTells({ ann: "3 added", bob: "3 added" })
		.thenMarks("bob"),
);

spec("channel · comes back · sees what was said between", () =>
	given(
		w.channel("ann", "bob"),
		w.sent(1, "ann", "a"),
		w.removed("ann", "bob"),
		w.sent(2, "ann", "b"),
		w.added("ann", "bob"),
	)
		.when(w.hide(2, "bob"))
		.then(w.hidden(2, "bob")),
);

spec("mark dropped after the removal, then a crash · comes back · marked anew", () =>
	given(w.group("ann", "bob"), w.removed("ann", "bob"), w.levelled("bob", 2))
		.recovered()
		.when(w.add("ann", ["bob"]))
		.thenMarks("ann", "bob"),
);

spec("member with the link · joins · is in", () =>
	given(w.group("ann"), w.linked("ann", "xyz"))
		.when(w.join("bob", "xyz"))
		.then(w.joined("bob"))
		.thenTells({ ann: "2 added", bob: "2 added" }),
);

spec("former member · joins · its answer, too, makes its device pull", () =>
	given(
		w.group("ann", "bob"),
		w.linked("ann", "xyz"),
		w.sent(1, "ann", "a"),
		w.left("bob"),
		w.edited(1, "ann", "b"),
	)
		.when(w.join("bob", "xyz"))
		.thenState((s) => [s.trace.authorFrom, s.position], [5, 6])
		.thenState((s) => s.outboxes.get("bob")?.[0]?.kept.at(-1)?.from, 5),
);

spec("anybody · joins by a wrong, an old or no link · one answer for all", () => {
	given(w.group("ann"), w.linked("ann", "xyz"))
		.when(w.join("bob", "xy"))
		.thenRejected("LINK_INVALID");
	given(w.group("ann"), w.linked("ann", "xyz"), w.linked("ann", null))
		.when(w.join("bob", "xyz"))
		.thenRejected("LINK_INVALID");
	given().when(w.join("bob", "xyz")).thenRejected("LINK_INVALID");
});

spec("member · joins again · nothing but an answer", () =>
	given(w.group("ann"), w.linked("ann", "xyz"))
		.when(w.join("ann", "xyz"))
		.thenAccepted()
		.thenState((s) => s.active, 1),
);

spec("full group · joins · refused", () =>
	given(w.group("ann", "b", "c", "d", "e"), w.linked("ann", "xyz"))
		.when(w.join("f", "xyz"))
		.thenRejected("MEMBER_LIMIT"),
);

spec("link · is news to owners and admins only", () =>
	given(w.group("ann", "bob", "cat"), w.roleGiven("admin", "bob", "ann"))
		.when(w.setLink("bob", "xyz"))
		.thenTells({ ann: "2 link", bob: "2 link" })
		.thenState((s) => s.outboxes.get("bob")?.[0]?.kept[0]?.text, "xyz"),
);

spec("last owner · leaves others alone · may not", () =>
	given(w.group("ann", "bob")).when(w.leave("ann")).thenRejected("LAST_OWNER"),
);

spec("last owner · leaves as the last of all · may", () =>
	given(w.group("ann")).when(w.leave("ann")).then(w.left("ann")),
);

spec("one of two owners · leaves · may", () =>
	given(w.group("ann", "bob"), w.roleGiven("owner", "bob", "ann"))
		.when(w.leave("ann"))
		.then(w.left("ann"))
		.thenTells({ ann: "2 removed", bob: "2 removed" }),
);

spec("admin · removes an admin · may not", () =>
	given(
		w.group("ann", "bob", "cat"),
		w.roleGiven("admin", "bob", "ann"),
		w.roleGiven("admin", "cat", "ann"),
	)
		.when(w.remove("bob", "cat"))
		.thenRejected("NOT_ALLOWED"),
);

spec("owner · removes a stranger · nothing but an answer", () =>
	given(w.group("ann")).when(w.remove("ann", "eve")).then(w.removed("ann")).thenRowTypes(),
);

spec("admin, removed and added again · is a plain member", () =>
	given(
		w.group("ann", "bob"),
		w.roleGiven("admin", "bob", "ann"),
		w.removed("ann", "bob"),
		w.added("ann", "bob"),
	)
		.when(w.describe("bob", "mine"))
		.thenRejected("NOT_ALLOWED"),
);

spec("owner · describes in part · the rest stays", () =>
	given(w.group("ann", "bob"), w.described("ann", "new"))
		.when(w.describe("ann", null))
		.thenRows({ type: "info", row: { title: "new" } })
		.thenTells({ ann: "2 described", bob: "2 described" }),
);

spec("owner · makes a stranger an admin · there is no such member", () =>
	given(w.group("ann"))
		.when(w.giveRole("admin", "eve", "ann"))
		.thenRejected("USER_UNKNOWN"),
);

spec("a stranger who came and went a hundred times · joins · may not any more", () =>
	given(
		w.group("ann"),
		w.linked("ann", "door"),
		...Array.from({ length: 100 }, () => [w.joined("eve"), w.left("eve")]).flat(),
	)
		.when(w.join("eve", "door"))
		.thenRejected("MEMBER_LIMIT"),
);

spec("the last one leaves · the way in is closed behind", () =>
	given(w.group("ann"), w.linked("ann", "door"), w.left("ann"))
		.when(w.join("eve", "door"))
		.thenRejected("LINK_INVALID"),
);
