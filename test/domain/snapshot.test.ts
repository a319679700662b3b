// Snapshots: what a state is after a round trip through plain arrays. That a restored conversation
// goes on exactly as the first is shown by histories.test.ts.

import assert from "node:assert/strict";
import { initial } from "../../src/domain/conversation.js";
import type { UserEvent } from "../../src/domain/event.js";
import {
	conversationFrom,
	type Plain,
	plainConversation,
	plainUser,
	userFrom,
} from "../../src/domain/snapshot.js";
import { evolveUser, initialUser } from "../../src/domain/user.js";
import { given, spec } from "../helpers/given.js";
import * as w from "./words.js";

function through(plain: Plain): Plain {
	return JSON.parse(JSON.stringify(plain)) as Plain;
}

const base = { at: w.now, by: "ann" };
const userHistory: readonly UserEvent[] = [
	{ ...base, type: "registered" },
	{ ...base, type: "device-current", device: "a", generation: 1, outbox: "o" },
	{ ...base, type: "device-listed", device: "a" },
	{ ...base, type: "device-held", device: "a", held: [{ conversation: "x", position: 3 }] },
	{ ...base, type: "device-current", device: "b", generation: 4, outbox: "p" },
	{ ...base, type: "profiled", name: "Ann", picture: "p", write: w.write("ann") },
	{ ...base, type: "privacy", presence: "nobody" },
	{ ...base, type: "revoked", before: 7, device: null },
	{ ...base, type: "revoked", before: 8, device: "lost" },
	{ ...base, type: "device-seen", device: "a" },
];

spec("conversation · saved and restored · all facts of it", () => {
	const { state } = given(
		w.opened("ann", "bob"),
		w.sent(1, "ann", "hi", { seenUpTo: 0 }),
		w.receipts(w.pair("bob", 1, 1)),
		w.muted("bob", 99),
		w.blocked("bob"),
	);
	const restored = conversationFrom("c", through(plainConversation(state)));
	assert.deepEqual(plainConversation(restored), plainConversation(state));
	assert.deepEqual([...restored.blockedBy], ["bob"]);
	assert.deepEqual(restored.activeUsers, ["ann", "bob"]);
	assert.deepEqual([...restored.ahead], ["ann", "bob"]);
	assert.equal(restored.members.get("bob")?.mutedUntil, 99);
});

spec("conversation · restored · shares nothing with the one it was saved from", () => {
	const stage = given(w.group("ann", "bob"));
	const restored = conversationFrom("c", through(plainConversation(stage.state)));
	stage.and(w.removed("ann", "bob"));
	assert.equal(restored.members.get("bob")?.intervals[0]?.to, null);
	assert.deepEqual(restored.activeUsers, ["ann", "bob"]);
});

spec("conversation · nothing happened yet · restored as nothing", () =>
	assert.deepEqual(conversationFrom("c", plainConversation(initial("c"))), initial("c")),
);

spec("user · saved and restored · all facts of it", () => {
	const state = initialUser("ann");
	for (const event of userHistory) evolveUser(state, event);
	assert.deepEqual(userFrom("ann", through(plainUser(state))), state);
});

spec("a snapshot of another version · is refused, not guessed at", () => {
	assert.throws(() => conversationFrom("c", [2]), /version 2/);
	assert.throws(() => userFrom("ann", [0]), /version 0/);
	assert.throws(() => userFrom("ann", []), /version/);
});
