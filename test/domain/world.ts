// One conversation with its rows, its members' devices and an independent account of it. Every step
// is decided by the rules under test and checked against the account; the first breach throws.

import assert from "node:assert/strict";
import type { Conversation, Member } from "../../src/domain/conversation.js";
import type { ConversationCommand } from "../../src/domain/conversation-command.js";
import type { PushEffect, Shown } from "../../src/domain/effect.js";
import type { ConversationEvent, Write } from "../../src/domain/event.js";
import { Client, type Outcome, window } from "./client.js";
import { Reference } from "./reference.js";
import type { Rules } from "./rules.js";
import { Store } from "./store.js";

const caps = { groupMembersMax: 100, channelMembersMax: 100, reactionsPerMessageMax: 2 };

export class World {
	state: Conversation;
	readonly reference = new Reference();
	readonly store = new Store();
	/** Where a device stands that missed nothing: the last position its user was told of. */
	readonly told = new Map<string, number>();
	private readonly clients = new Map<string, Client>();
	/** A second state that must go on exactly as the first. */
	private twin: Conversation | null = null;

	constructor(readonly rules: Rules) {
		this.state = rules.initial("c");
	}

	client(user: string): Client {
		let client = this.clients.get(user);
		if (client === undefined) {
			client = new Client(user);
			this.clients.set(user, client);
		}
		return client;
	}

	/** A new write of a user: through the outbox, then decided. */
	write(user: string, command: (write: Write) => ConversationCommand, inFlight = 0): void {
		const client = this.client(user);
		const write = client.next(inFlight);
		const wanted = client.expect(write);
		const outcome = this.offer(user, write, client.session, command);
		if (wanted === "decide") assert.notEqual(outcome.type, "refused", "the expected number");
		else assert.deepEqual(outcome, wanted, "what the number means");
		client.learn(write, outcome);
	}

	/** A write said again, or its number used for another one. */
	again(user: string, back: number, altered: boolean): void {
		const client = this.client(user);
		const write = client.earlier(back, altered);
		if (write === null) return;
		const wanted = client.expect(write);
		const never = () => assert.fail("an old number is decided again");
		const outcome = this.offer(user, write, client.session, never);
		assert.deepEqual(outcome, wanted, "what a repeat means");
		client.learn(write, outcome);
	}

	private offer(
		user: string,
		write: Write,
		session: number,
		command: (write: Write) => ConversationCommand,
	): Outcome {
		const { outboxes } = this.state;
		const admission = this.rules.admit(outboxes, user, write, session, window);
		if (admission.type === "refuse") return { type: "refused", code: admission.code };
		if (admission.type === "repeat") {
			const { position, seq } = admission.kept;
			return { type: "accepted", position, seq };
		}
		const event = this.decide(command(write));
		if (typeof event === "string") return { type: "rejected", code: event };
		this.rules.noteAccepted(outboxes, user, write, session);
		const box = outboxes.get(user)?.find((one) => one.name === write.outbox);
		assert.ok((box?.kept.length ?? 0) <= window, "kept answers are bounded by the window");
		const seq = event !== null && "seq" in event ? event.seq : 0;
		return { type: "accepted", position: this.state.position, seq };
	}

	/** Gives the event that happened, null for nothing, or the code of the rejection. */
	decide(command: ConversationCommand): ConversationEvent | string | null {
		const decision = this.rules.decide(this.state, command, caps);
		if (this.twin !== null) {
			const other = this.rules.decide(this.twin, command, caps);
			assert.deepEqual(other, decision, "a restored state decides the same");
		}
		if (decision.type === "rejected") return decision.rejection.code;
		if (decision.type === "nothing") return null;
		this.happen(decision.event);
		return decision.event;
	}

	private happen(event: ConversationEvent): void {
		const { rules, state, store, reference } = this;
		const position = state.position + 1;
		const seq = "seq" in event ? event.seq : 0;
		const before = store.messages.get(seq) ?? null;
		if (event.type === "sent") {
			assert.equal(seq, reference.head + 1, "no gap in the numbers");
			assert.equal(event.withheldFrom, reference.withholds(event.by), "from whom it is withheld");
		}
		for (const { user, delivered, seen } of event.type === "receipts" ? event.pairs : []) {
			const was = reference.people.get(user);
			assert.ok(delivered >= (was?.delivered ?? 0) && seen >= (was?.seen ?? 0), "never back");
		}
		rules.evolve(state, event);
		assert.equal(state.position, position);
		const had = store.reactions.has(`${seq}/${event.by}`);
		const row = rules.messageRow(position, event, before, had);
		const rows = rules.index(state, event, row, before);
		const pushes = rules.react(state, event, row);
		if (this.twin !== null) {
			rules.evolve(this.twin, event);
			const restored = rules.index(this.twin, event, row, before);
			assert.deepEqual(sorted(restored), sorted(rows), "a restored state asks for the same rows");
			const heard = [...audience(rules.react(this.twin, event, row))];
			assert.deepEqual(sorted(heard), sorted([...audience(pushes)]), "and tells the same");
		}
		store.commit(position, event, rows);
		if (event.type === "reacted") {
			const on = [...store.reactions].filter((one) => one.startsWith(`${seq}/`)).length;
			assert.equal(row?.reacted, on, "reactions are counted");
			assert.ok(on <= caps.reactionsPerMessageMax, "and bounded");
		}
		this.author(event, position);
		const must = reference.apply(event, position);
		this.listen(event, pushes, must, position);
		this.agree();
	}

	/** The answer to a write goes on from where the author's devices are. */
	private author(event: ConversationEvent, position: number): void {
		const enters = event.type === "added" && event.users.includes(event.by);
		const from = enters ? position - 1 : (this.told.get(event.by) ?? 0);
		if (event.write !== undefined) assert.equal(this.state.trace.authorFrom, from, "the answer");
	}

	private listen(
		event: ConversationEvent,
		pushes: readonly PushEffect[],
		must: ReadonlySet<string>,
		position: number,
	): void {
		const { reference, store, told } = this;
		const entering = event.type === "added" ? event.users : [];
		const leaving = event.type === "removed" ? event.users : [];
		const heard = new Set<string>();
		for (const { user, from, shown } of audience(pushes)) {
			const person = reference.people.get(user);
			assert.ok(person?.active || leaving.includes(user), `${user} is told after its end`);
			if (heard.has(user)) assert.equal(from, position, "a second word on the same position");
			else if (entering.includes(user)) assert.equal(from, position - 1, "a newcomer pulls");
			else assert.equal(from, told.get(user) ?? 0, `${user} continues from what it was told`);
			this.mayBeShown(user, shown);
			heard.add(user);
			told.set(user, position);
		}
		for (const user of must) assert.ok(heard.has(user), `${user} has to hear of ${event.type}`);
		if (reference.isPrivate(event)) assert.deepEqual(heard, new Set(must), "a private matter");
		for (const user of heard) {
			const marked = store.pending.has(user);
			assert.equal(marked, reference.kind !== "channel", `the mark of ${user}`);
		}
		if (event.type === "levelled") {
			assert.ok(event.position >= (told.get(event.user) ?? 0), "a mark dropped too early");
			assert.ok(!store.pending.has(event.user), "a mark that stays");
		}
	}

	private mayBeShown(user: string, shown: Shown): void {
		const { reference } = this;
		switch (shown.type) {
			case "message":
			case "row":
				assert.ok(reference.sees(user, shown.row.seq), `${user} is shown what it may not see`);
				assert.equal(shown.row.message !== null, reference.messages[shown.row.seq - 1]?.living);
				return;
			case "skip":
				assert.equal(reference.messages[shown.seq - 1]?.withheldFrom, user);
				return;
			case "hollow":
				assert.ok(!reference.sees(user, shown.seq), `${user} is kept from what it may see`);
				return;
			case "event":
				if (shown.event.type === "reacted") {
					assert.ok(reference.sees(user, shown.event.seq), "a reaction to what is not seen");
				}
				return;
			case "status":
				for (const mark of shown.watermarks) {
					assert.equal(mark.delivered, reference.people.get(mark.user)?.delivered);
					assert.equal(mark.seen, reference.effective(mark.user), "seen as it takes effect");
				}
		}
	}

	/** The state says what the account says. */
	private agree(): void {
		const { state, reference, store } = this;
		assert.equal(state.head, reference.head);
		assert.deepEqual([...state.activeUsers].sort(), reference.active().sort());
		assert.equal(state.active, state.activeUsers.length);
		for (const [user, person] of reference.people) {
			const member = state.members.get(user) as Member;
			const spans = member.intervals.map(({ from, to }) => ({ from, to }));
			assert.deepEqual(spans, person.stays, `what ${user} may see`);
			assert.deepEqual(store.members.get(user)?.intervals, member.intervals, "the row says so");
			assert.equal(member.role, person.role);
			assert.equal(member.delivered, person.delivered, `delivered of ${user}`);
			assert.equal(member.seen, person.seen, `seen of ${user}`);
			assert.ok(member.delivered <= state.head && member.seen <= state.head);
			if (!person.active) assert.equal(this.rules.concern(state, member), person.end, "the cut");
		}
		const expiring = reference.messages.flatMap(({ living, expiresAt }, i) =>
			living && expiresAt !== null ? [`${expiresAt}/${i + 1}`] : [],
		);
		assert.deepEqual([...store.expiry].sort(), expiring.sort(), "rows of what will expire");
	}

	snapshot(): void {
		this.store.save(this.state, this.rules);
	}

	/** From here on a restored copy goes along. Marks are uncertain in both. */
	restoreTwin(): void {
		const { rules, state } = this;
		const plain = rules.plainConversation(state);
		rules.recovered(state);
		this.twin = rules.conversationFrom(state.id, JSON.parse(JSON.stringify(plain)));
		assert.deepEqual(rules.plainConversation(this.twin), plain);
	}

	/** A new actor from the rows: the same but for soft knowledge, and nobody is left behind. */
	crash(): void {
		const { rules, told, reference } = this;
		const state = this.store.recover(rules, "c");
		assert.deepEqual(hard(state), hard(this.state), "the state after a crash");
		for (const [user, member] of state.members) {
			const now = rules.concern(state, member);
			const was = told.get(user) ?? 0;
			assert.ok(now <= state.position);
			if (reference.people.get(user)?.active) assert.ok(now >= was, `${user} is left behind`);
			else assert.equal(now, was, `the end of ${user}`);
			told.set(user, now);
		}
		this.state = state;
		this.twin = null;
		for (const client of this.clients.values()) client.crash();
	}
}

/** In an order of its own: sets are filled in another order after a restore. */
function sorted(list: readonly object[]): string[] {
	return list.map((one) => JSON.stringify(one)).sort();
}

/** All that must survive: not marks, not where each was told last, not the trace. */
function hard(state: Conversation): object {
	const { trace, unmarked, ahead, members, outboxes, activeUsers, ...facts } = state;
	return {
		...facts,
		activeUsers: [...activeUsers].sort(),
		members: [...members.values()].map(({ marked, last, ...member }) => member),
		outboxes: [...outboxes].map(([user, own]) => [
			user,
			own.map(({ session, reached, kept, ...box }) => ({
				...box,
				kept: kept.map(({ from, ...answer }) => answer),
			})),
		]),
	};
}

function* audience(
	pushes: readonly PushEffect[],
): Generator<{ user: string; from: number; shown: Shown }> {
	for (const { everyone, some } of pushes) {
		yield* some;
		for (const user of everyone?.users ?? []) {
			if (everyone === null || some.some((one) => one.user === user)) continue;
			yield { user, from: everyone.from, shown: everyone.shown };
		}
	}
}
