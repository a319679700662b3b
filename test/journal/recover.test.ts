// Recovery: whatever happened to a conversation, what is read back makes the same state.

import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { pack, unpack } from "../../src/base/pack.js";
import { type Conversation, initial } from "../../src/domain/conversation.js";
import { evolve } from "../../src/domain/conversation-evolve.js";
import { conversationFrom, plainConversation } from "../../src/domain/snapshot.js";
import type { Journal } from "../../src/journal/journal.js";
import { messageKey, watermarkKey } from "../../src/journal/keys.js";
import { recover } from "../../src/journal/recover.js";
import { appendSnapshot } from "../../src/journal/rows.js";
import { Stage } from "./stage.js";

async function recovered(journal: Journal, id: string): Promise<Conversation> {
	const { snapshot, events } = await recover(journal, "conversation", id);
	const plain = snapshot === null ? null : unpack(snapshot.state);
	const state = plain === null ? initial(id) : conversationFrom(id, plain as never);
	for (const { position, event } of events) evolve(state, event as never, position);
	return state;
}

/** What the domain says of a state, without what recovery may not know (dropped marks). */
function said(state: Conversation): unknown {
	const { members, head, position, title, active, blockedBy } = state;
	const people = [...members.values()].map(({ marked, last, ...rest }) => rest);
	// Receipts are recovered where each last moved: an answer made again may continue from earlier.
	const outboxes = [...state.outboxes].map(([user, own]) => [
		user,
		own.map((box) => ({ ...box, kept: box.kept.map(({ from, ...answer }) => answer) })),
	]);
	return { head, position, title, active, blockedBy, people, outboxes };
}

async function saveSnapshot(stage: Stage): Promise<void> {
	const out = { keys: [], values: [] };
	const { position, head } = stage.state;
	const state = pack(plainConversation(stage.state));
	appendSnapshot(out, "conversation", stage.id, { position, head, state });
	await stage.journal.commit(out);
}

t.test("nothing is read of an entity that never was", async (t) => {
	const stage = new Stage("c");
	t.same(await recover(stage.journal, "user", "ann"), { snapshot: null, events: [] });
});

t.test("rows of three kinds become one history in order of position", async (t) => {
	const stage = new Stage("c");
	await stage.create("group", "ann", "bob");
	await stage.send("ann", "one");
	await stage.receipt("bob", 1, 0);
	await stage.send("bob", "two", { seenUpTo: 1 });
	await stage.edit("ann", 1, "one again");
	await stage.receipt("ann", 2, 2);
	await stage.delete("bob", 2);
	const { events } = await recover(stage.journal, "conversation", "c");
	t.same(
		events.map(({ position, event }) => `${position} ${event.type}`),
		["1 created", "2 sent", "4 sent", "4 receipts", "5 edited", "6 receipts", "7 deleted"],
		"bob's receipt at 3 was overwritten by what came with message 2",
	);
	t.same(said(await recovered(stage.journal, "c")), said(stage.state));
});

t.test("other conversations, also of similar names, do not get in", async (t) => {
	const stage = new Stage("c");
	await stage.create("group", "ann");
	for (const id of ["cc", "b", "d", ""]) {
		const other = new Stage(id, stage.journal);
		await other.create("group", "eve");
		await other.send("eve", "x");
		await other.receipt("eve", 1, 1);
	}
	const { events } = await recover(stage.journal, "conversation", "c");
	t.equal(events.length, 2);
});

t.test("after a snapshot only what is newer is read", async (t) => {
	const stage = new Stage("c");
	await stage.create("group", "ann", "bob");
	for (let i = 0; i < 20; i += 1) await stage.send("ann", "x");
	await stage.receipt("bob", 20, 3);
	await saveSnapshot(stage);
	t.same((await recover(stage.journal, "conversation", "c")).events, []);
	await stage.send("ann", "new");
	await stage.edit("ann", 1, "old one changed");
	const { events, snapshot } = await recover(stage.journal, "conversation", "c");
	t.match(snapshot, { position: 22, head: 20 });
	t.same(
		events.map((it) => it.event.type),
		["sent", "edited"],
	);
	t.same(said(await recovered(stage.journal, "c")), said(stage.state));
});

const step = fc.oneof(
	fc.record({
		type: fc.constant("send"),
		by: fc.nat(2),
		seen: fc.option(fc.nat(9), { nil: null }),
	}),
	fc.record({ type: fc.constant("receipt"), by: fc.nat(2), delivered: fc.nat(9), seen: fc.nat(9) }),
	fc.record({ type: fc.constantFrom("edit", "delete", "react"), by: fc.nat(2), seq: fc.nat(9) }),
	fc.record({ type: fc.constantFrom("remove", "add"), by: fc.nat(2) }),
	fc.record({ type: fc.constant("snapshot") }),
);

type Step = { type: string; by: number; seq: number; seen: number | null; delivered: number };

async function take(stage: Stage, { type, by, seq, seen, delivered }: Step): Promise<unknown> {
	const user = ["ann", "bob", "cy"][by] as string;
	const member = stage.state.members.get(user);
	const { head } = stage.state;
	if (type === "snapshot") return saveSnapshot(stage);
	if (type === "add") return member?.active ? null : stage.add(user);
	if (member === undefined || !member.active) return null;
	if (type === "remove") return stage.state.active > 1 ? stage.remove(user) : null;
	if (type === "send") {
		return stage.send(user, "x", { seenUpTo: seen === null ? null : Math.min(seen, head) });
	}
	if (type === "receipt") {
		const to = Math.max(member.delivered, Math.min(delivered, head));
		return stage.receipt(user, to, Math.max(member.seen, Math.min(seen ?? 0, head)));
	}
	if (seq < 1 || seq > head) return null;
	if (type === "edit") return stage.edit(user, seq, "y");
	return type === "delete" ? stage.delete(user, seq) : stage.react(user, seq, "👍");
}

t.test("any history recovers to the state it made", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
			const stage = new Stage("c");
			await stage.create("group", "ann", "bob");
			for (const one of steps) await take(stage, one as Step);
			assert.deepEqual(said(await recovered(stage.journal, "c")), said(stage.state));
		}),
		{ numRuns: 150 },
	);
});

t.test("a missing or damaged row is named, not read around", async (t) => {
	const stage = new Stage("c");
	await stage.create("group", "ann", "bob");
	for (let i = 0; i < 5; i += 1) await stage.send("ann", "x");
	await stage.receipt("bob", 5, 5);
	const break_ = async (key: Uint8Array, value: Uint8Array | null, said: RegExp): Promise<void> => {
		const before = stage.journal.get(key) as Uint8Array;
		await stage.journal.commit({ keys: [key], values: [value] });
		await t.rejects(recover(stage.journal, "conversation", "c"), {
			code: "JOURNAL_DAMAGED",
			message: said,
		});
		await stage.journal.commit({ keys: [key], values: [before] });
	};
	const garbage = Uint8Array.of(1, 2, 3, 4, 5, 6);
	await break_(messageKey("c", 3), null, /message c\/3: the row is missing/);
	await break_(messageKey("c", 3), garbage, /message c\/3: its checksum does not match/);
	await break_(watermarkKey("c", "bob"), garbage, /watermark c\/bob: its checksum/);
	t.equal((await recover(stage.journal, "conversation", "c")).events.length, 8);
});
