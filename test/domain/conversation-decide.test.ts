// Sends, edits, deletions, reactions, expiry and marks: what each wish becomes.

import { given, spec } from "../helpers/given.js";
import * as w from "./words.js";

const hour = 3_600_000;

spec("member · sends · the next number", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"))
		.when(w.send("bob", "hello"))
		.then(w.sent(2, "bob", "hello"))
		.thenState((s) => s.head, 2),
);

spec("outsider · sends · learns nothing of the conversation", () =>
	given(w.group("ann", "bob")).when(w.send("eve", "hi")).thenRejected("CONVERSATION_UNKNOWN"),
);

spec("anybody · sends before the conversation exists · it is unknown", () =>
	given().when(w.send("ann", "hi")).thenRejected("CONVERSATION_UNKNOWN"),
);

spec("removed member · sends · is no member", () =>
	given(w.group("ann", "bob"), w.removed("ann", "bob"))
		.when(w.send("bob", "hi"))
		.thenRejected("NOT_A_MEMBER"),
);

spec("reader of a channel · sends · may not", () =>
	given(w.channel("ann", "bob")).when(w.send("bob", "hi")).thenRejected("NOT_ALLOWED"),
);

spec("owner of a channel · sends · is heard", () =>
	given(w.channel("ann", "bob"))
		.when(w.send("ann", "hi"))
		.then(w.sent(1, "ann", "hi")),
);

spec("member · replies to a message that is not there · is refused", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"))
		.when(w.send("bob", "re", { replyTo: 2 }))
		.thenRejected("BAD_REQUEST"),
);

spec("newcomer · replies to what was said before · is refused", () =>
	given(w.group("ann"), w.sent(1, "ann", "hi"), w.added("ann", "bob"))
		.when(w.send("bob", "re", { replyTo: 1 }))
		.thenRejected("BAD_REQUEST"),
);

spec("author · edits into a reply to what is not there · is refused", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"))
		.when({ ...w.edit(1, "ann"), message: w.text("re", { replyTo: 2 }) } as never)
		.thenRejected("BAD_REQUEST"),
);

spec("C043 · the client's clock is hours off · order and time are the server's", () => {
	const stage = given(w.opened("ann", "bob"));
	[5 * hour, -5 * hour, 0, 9e15].forEach((clientTime, i) => {
		const message = w.text("hi", { clientTime });
		stage
			.when({ ...w.send("ann", "hi"), message } as never)
			.thenRows({ type: "message", row: { seq: i + 1, at: w.now, message: { clientTime } } });
	});
});

spec("member · sends and says seen beyond the last message · is refused", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"))
		.when(w.send("bob", "re", { seenUpTo: 2 }))
		.thenRejected("BAD_REQUEST"),
);

spec("member · sends to the one who blocked it · accepted and withheld", () =>
	given(w.opened("ann", "bob"), w.blocked("bob"))
		.when(w.send("ann", "hi"))
		.then(w.sent(1, "ann", "hi", { withheldFrom: "bob" }))
		.thenRows({ type: "message", row: { withheldFrom: "bob", frozen: "sent" } }),
);

spec("blocker · sends · must unblock first", () =>
	given(w.opened("ann", "bob"), w.blocked("bob")).when(w.send("bob", "hi")).thenRejected("BLOCKED"),
);

spec("both block · either sends · must unblock first", () =>
	given(w.opened("ann", "bob"), w.blocked("bob"), w.blocked("ann"))
		.when(w.send("ann", "hi"))
		.thenRejected("BLOCKED"),
);

spec("after the block · sends · nothing is withheld", () =>
	given(w.opened("ann", "bob"), w.blocked("bob"), w.blocked("bob", false))
		.when(w.send("ann", "hi"))
		.then(w.sent(1, "ann", "hi")),
);

spec("alone with oneself · sends · the next number", () =>
	given(w.opened("ann"))
		.when(w.send("ann", "note"))
		.then(w.sent(1, "ann", "note")),
);

spec("author · edits · the row has the new text and its old expiry", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi", { expiresAt: hour }))
		.when(w.edit(1, "ann", "ho"))
		.then(w.edited(1, "ann", "ho"))
		.thenRows({
			type: "message",
			row: { position: 2, changed: 3, editedAt: w.now, message: { expiresAt: hour } },
		}),
);

spec("other member · edits · may not", () =>
	given(w.group("ann", "bob"), w.sent(1, "bob", "hi"))
		.when(w.edit(1, "ann"))
		.thenRejected("NOT_ALLOWED"),
);

spec("author · edits a message that is gone · it is gone", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"), w.deleted(1, "ann"))
		.when(w.edit(1, "ann"))
		.thenRejected("MESSAGE_GONE"),
);

spec("author · deletes · a tombstone without content", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi", { expiresAt: hour }))
		.when(w.erase(1, "ann"))
		.then(w.deleted(1, "ann"))
		.thenRows(
			{ type: "message", row: { state: "deleted", message: null, changed: 3 } },
			{ type: "expiry", at: hour, seq: 1, on: false },
		),
);

spec("author · deletes twice · it is gone", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"), w.deleted(1, "ann"))
		.when(w.erase(1, "ann"))
		.thenRejected("MESSAGE_GONE"),
);

spec("newcomer · hides what was said before · it is unknown", () =>
	given(w.group("ann"), w.sent(1, "ann", "hi"), w.added("ann", "bob"))
		.when(w.hide(1, "bob"))
		.thenRejected("MESSAGE_UNKNOWN"),
);

spec("blocker · hides what is withheld · it is unknown", () =>
	given(w.opened("ann", "bob"), w.blocked("bob"), w.sent(1, "ann", "hi", { withheldFrom: "bob" }))
		.when(w.hide(1, "bob"))
		.thenRejected("MESSAGE_UNKNOWN"),
);

spec("member · hides a message that is gone · hidden from itself alone", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"), w.deleted(1, "ann"))
		.when(w.hide(1, "bob"))
		.then(w.hidden(1, "bob"))
		.thenRowTypes("hidden")
		.thenTells({ bob: "3 hidden" }),
);

spec("member · reacts · the row moves, so that no older page replaces it", () =>
	given(w.group("ann", "bob"), w.sent(1, "ann", "hi"))
		.when(w.react(1, "bob", "+1"))
		.then(w.reacted(1, "bob", "+1"))
		.thenRows(
			{ type: "message", row: { changed: 3, editedAt: null } },
			{ type: "reaction", user: "bob", seq: 1, emoji: "+1" },
		),
);

spec("a message has so many reactions · one more · refused, until one is taken back", () =>
	given(
		w.group("ann", "bob", "cat"),
		w.sent(1, "ann", "hi"),
		w.reacted(1, "ann", "+"),
		w.reacted(1, "bob", "+"),
	)
		.when(w.react(1, "cat"))
		.thenRejected("REACTION_LIMIT")
		.when(w.react(1, "cat", null))
		.thenRows({ type: "message", row: { reacted: 2 } })
		.when(w.react(1, "bob", "-"))
		.thenRows({ type: "message", row: { reacted: 2 } })
		.when(w.react(1, "bob", null))
		.thenRows({ type: "message", row: { reacted: 1 } })
		.when(w.edit(1, "ann"))
		.thenRows({ type: "message", row: { reacted: 1 } })
		.when(w.react(1, "cat"))
		.thenRows({ type: "message", row: { reacted: 2 } }),
);

spec("either · edits or reacts during a block · refused as speech", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"), w.sent(2, "bob", "ho"), w.blocked("bob"))
		.when(w.edit(1, "ann"))
		.thenRejected("BLOCKED")
		.when(w.edit(2, "bob"))
		.thenRejected("BLOCKED")
		.when(w.react(2, "ann"))
		.thenRejected("BLOCKED")
		.when(w.erase(1, "ann"))
		.then(w.deleted(1, "ann")),
);

spec("expiry · too early · nothing", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi", { expiresAt: 24 * hour }))
		.when(w.expire(1, 24 * hour - 1))
		.thenNothing(),
);

spec("expiry · at its time · once, its status frozen as it stood", () =>
	given(
		w.opened("ann", "bob"),
		w.sent(1, "ann", "hi", { expiresAt: 24 * hour }),
		w.receipts(w.pair("bob", 1)),
	)
		.when(w.expire(1, 24 * hour))
		.then(w.expired(1, "ann", "delivered"))
		.thenRows(
			{ type: "message", row: { state: "expired", message: null, frozen: "delivered" } },
			{ type: "expiry", at: 24 * hour, on: false },
		)
		.when(w.expire(1, 24 * hour))
		.thenNothing(),
);

spec("expiry · of a withheld message · it stays sent whatever the watermark", () =>
	given(
		w.opened("ann", "bob"),
		w.blocked("bob"),
		w.sent(1, "ann", "hi", { expiresAt: hour, withheldFrom: "bob" }),
		w.receipts(w.pair("bob", 1, 1)),
	)
		.when(w.expire(1, hour))
		.then(w.expired(1, "ann", "sent")),
);

spec("expiry · a group with one slow reader · the slowest decides", () =>
	given(
		w.group("ann", "bob", "cat"),
		w.sent(1, "ann", "hi", { expiresAt: hour }),
		w.receipts(w.pair("bob", 1, 1), w.pair("cat", 1)),
	)
		.when(w.expire(1, hour))
		.then(w.expired(1, "ann", "delivered")),
);

spec("expiry · a newcomer who may not see it · does not count", () =>
	given(
		w.group("ann", "bob"),
		w.sent(1, "ann", "hi", { expiresAt: hour }),
		w.receipts(w.pair("bob", 1, 1)),
		w.added("ann", "cat"),
	)
		.when(w.expire(1, hour))
		.then(w.expired(1, "ann", "seen")),
);

spec("expiry · of a message that never expires · nothing", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"))
		.when(w.expire(1, hour))
		.thenNothing(),
);

spec("member · mutes · only its own row and devices", () =>
	given(w.group("ann", "bob"))
		.when(w.mute("bob", 99))
		.then(w.muted("bob", 99))
		.thenRows({ type: "member", user: "bob", row: { mutedUntil: 99, position: 2 } })
		.thenTells({ bob: "1 muted" }),
);

spec("user · level at the last position · the mark is dropped", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"))
		.when(w.level("bob", 2))
		.then(w.levelled("bob", 2))
		.thenRowTypes("pending")
		.thenTells({}),
);

spec("user · level behind the last position · the mark stays", () =>
	given(w.opened("ann", "bob"), w.sent(1, "ann", "hi"))
		.when(w.level("bob", 1))
		.thenNothing(),
);

spec("user · level twice · the second says nothing new", () =>
	given(w.opened("ann", "bob"), w.levelled("bob", 1)).when(w.level("bob", 1)).thenNothing(),
);

spec("user · level after what concerns others alone · the mark is dropped", () =>
	given(w.opened("ann", "bob"), w.muted("ann", 9))
		.when(w.level("bob", 1))
		.then(w.levelled("bob", 1)),
);

spec("stranger · level · nothing", () =>
	given(w.opened("ann", "bob")).when(w.level("eve", 1)).thenNothing(),
);

spec("reader of a channel · level after a recovery · there is no mark to drop", () =>
	given(w.channel("ann", "bob")).recovered().when(w.level("bob", 1)).thenNothing(),
);
