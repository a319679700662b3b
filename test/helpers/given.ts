// given(facts).when(wish).then(fact): a case of the domain as one expression. Facts are evolved,
// the wish is decided, and what it makes is evolved, reacted to and indexed, as an actor does.
// Wishes and facts have short builders in test/domain/words.ts. Not here: bytes, actors, sessions.

import assert from "node:assert/strict";
import t from "tap";
import { type Conversation, initial } from "../../src/domain/conversation.js";
import type { ConversationCommand } from "../../src/domain/conversation-command.js";
import { type Caps, decide } from "../../src/domain/conversation-decide.js";
import { evolve, recovered } from "../../src/domain/conversation-evolve.js";
import { index, messageRow } from "../../src/domain/conversation-index.js";
import { react } from "../../src/domain/conversation-react.js";
import type { Decision } from "../../src/domain/decision.js";
import type { Effect, PushEffect, Shown } from "../../src/domain/effect.js";
import type { ConversationEvent, UserEvent } from "../../src/domain/event.js";
import type { IndexRow, MessageRow } from "../../src/domain/index-row.js";
import {
	decideUser,
	evolveUser,
	indexUser,
	initialUser,
	reactUser,
	type User,
	type UserCaps,
	type UserCommand,
} from "../../src/domain/user.js";

export const caps: Caps = { groupMembersMax: 5, channelMembersMax: 6, reactionsPerMessageMax: 2 };
export const userCaps: UserCaps = {
	devicesPerUserMax: 2,
	deviceForgottenAfterMs: 1000,
	heldPerDeviceMax: 3,
};

/** One case of a specification. */
export function spec(title: string, run: () => unknown): void {
	t.test(title, async () => {
		run();
	});
}

export function given(...events: readonly ConversationEvent[]): Stage {
	return new Stage(initial("c"), new Map()).and(...events);
}

export function givenUser(...events: readonly UserEvent[]): UserStage {
	const state = initialUser("ann");
	for (const event of events) evolveUser(state, event);
	return new UserStage(state);
}

/** What a told user hears: where it continues from and what is shown. */
export type Told = readonly string[];

export class Stage {
	/** Who has a reaction on which message, as `seq/user`. */
	private readonly reactors = new Set<string>();

	constructor(
		readonly state: Conversation,
		readonly rows: Map<number, MessageRow>,
	) {}

	/** More facts. */
	and(...events: readonly ConversationEvent[]): this {
		for (const event of events) this.happen(event);
		return this;
	}

	/** A crash: marks are uncertain from here on. */
	recovered(): this {
		recovered(this.state);
		return this;
	}

	when(command: ConversationCommand): Outcome {
		const row = "row" in command ? (this.rows.get(command.seq) ?? null) : null;
		const had = command.type === "react" && this.reactors.has(`${command.seq}/${command.by}`);
		const stored = "row" in command ? { ...command, row, had } : command;
		const decision = decide(this.state, stored as ConversationCommand, caps);
		if (decision.type !== "accepted") return new Outcome(this, decision, [], []);
		const { pushes, index } = this.happen(decision.event);
		return new Outcome(this, decision, pushes, index);
	}

	/** What the state says. */
	holds<T>(select: (state: Conversation) => T, expected: T): this {
		assert.deepEqual(select(this.state), expected);
		return this;
	}

	private happen(event: ConversationEvent): { pushes: PushEffect[]; index: IndexRow[] } {
		evolve(this.state, event);
		const seq = "seq" in event ? event.seq : 0;
		const before = this.rows.get(seq) ?? null;
		const reactor = `${seq}/${event.by}`;
		const row = messageRow(this.state.position, event, before, this.reactors.has(reactor));
		if (event.type === "reacted") {
			if (event.emoji === null) this.reactors.delete(reactor);
			else this.reactors.add(reactor);
		}
		if (row !== null) this.rows.set(seq, row);
		return {
			index: index(this.state, event, row, before),
			pushes: react(this.state, event, row),
		};
	}
}

/** Facts compared as what happened: when, and by which write, is not what a case is about. */
function fact(event: object): object {
	const { at, write, ...rest } = event as Record<string, unknown>;
	return rest;
}

class Decided<Event extends object> {
	constructor(
		readonly decision: Decision<Event>,
		readonly rows: readonly IndexRow[],
	) {}

	// biome-ignore lint/suspicious/noThenProperty: the house style's word; `spec` awaits no case
	then(expected: Event): this {
		assert.equal(this.decision.type, "accepted");
		if (this.decision.type === "accepted") {
			assert.deepEqual(fact(this.decision.event), fact(expected));
		}
		return this;
	}

	thenAccepted(): this {
		assert.equal(this.decision.type, "accepted");
		return this;
	}

	thenRejected(code: string): this {
		const { decision } = this;
		assert.equal(decision.type === "rejected" ? decision.rejection.code : decision.type, code);
		return this;
	}

	thenNothing(): this {
		assert.equal(this.decision.type, "nothing");
		return this;
	}

	/** Each given row is among those asked for; a field left out may be anything. */
	thenRows(...expected: readonly object[]): this {
		for (const row of expected) {
			const found = this.rows.some((one) => matches(one, row));
			assert.ok(found, `${JSON.stringify(row)} is not in ${JSON.stringify(this.rows)}`);
		}
		return this;
	}

	/** The types of all rows asked for, in order. */
	thenRowTypes(...types: readonly IndexRow["type"][]): this {
		assert.deepEqual(
			this.rows.map((row) => row.type),
			types,
		);
		return this;
	}
}

function matches(value: unknown, expected: unknown): boolean {
	if (typeof expected !== "object" || expected === null) return Object.is(value, expected);
	if (typeof value !== "object" || value === null) return false;
	return Object.entries(expected).every(([key, part]) =>
		matches((value as Record<string, unknown>)[key], part),
	);
}

export class Outcome extends Decided<ConversationEvent> {
	constructor(
		readonly stage: Stage,
		decision: Decision<ConversationEvent>,
		readonly pushes: readonly PushEffect[],
		rows: readonly IndexRow[],
	) {
		super(decision, rows);
	}

	/** Who is told what, each "from what"; nobody else is told anything. */
	thenTells(expected: Readonly<Record<string, string | Told>>): this {
		const wanted = Object.entries(expected).map(([user, told]) => [user, [told].flat()]);
		assert.deepEqual(told(this.pushes), Object.fromEntries(wanted));
		return this;
	}

	/** Who has a mark put by this. */
	thenMarks(...users: readonly string[]): this {
		const marked = this.rows.flatMap((row) => (row.type === "pending" && row.on ? [row.user] : []));
		assert.deepEqual(marked.sort(), [...users].sort());
		return this;
	}

	thenState<T>(select: (state: Conversation) => T, expected: T): this {
		this.stage.holds(select, expected);
		return this;
	}

	when(command: ConversationCommand): Outcome {
		return this.stage.when(command);
	}

	get and(): Stage {
		return this.stage;
	}
}

/** Pushes by user, in words: the exceptions of a push go before what everyone hears. */
export function told(pushes: readonly PushEffect[]): Record<string, string[]> {
	const heard: Record<string, string[]> = {};
	const tell = (user: string, from: number, shown: Shown) => {
		heard[user] = [...(heard[user] ?? []), `${from} ${words(shown)}`];
	};
	for (const { everyone, some } of pushes) {
		for (const { user, from, shown } of some) tell(user, from, shown);
		for (const user of everyone?.users ?? []) {
			if (everyone === null || some.some((one) => one.user === user)) continue;
			tell(user, everyone.from, everyone.shown);
		}
	}
	return heard;
}

function words(shown: Shown): string {
	switch (shown.type) {
		case "event":
			return shown.event.type;
		case "status":
			return shown.watermarks.map((w) => `${w.user} ${w.delivered}/${w.seen}`).join(", ");
		default:
			return shown.type;
	}
}

export class UserStage {
	constructor(readonly state: User) {}

	when(command: UserCommand): UserOutcome {
		const decision = decideUser(this.state, command, userCaps);
		if (decision.type !== "accepted") return new UserOutcome(this, decision, [], []);
		evolveUser(this.state, decision.event);
		const effects = reactUser(this.state, decision.event);
		return new UserOutcome(this, decision, effects, indexUser(this.state, decision.event));
	}

	holds<T>(select: (state: User) => T, expected: T): this {
		assert.deepEqual(select(this.state), expected);
		return this;
	}
}

export class UserOutcome extends Decided<UserEvent> {
	constructor(
		readonly stage: UserStage,
		decision: Decision<UserEvent>,
		readonly effects: readonly Effect[],
		rows: readonly IndexRow[],
	) {
		super(decision, rows);
	}

	thenEffects(...expected: readonly Effect[]): this {
		assert.deepEqual(this.effects, expected);
		return this;
	}

	thenState<T>(select: (state: User) => T, expected: T): this {
		this.stage.holds(select, expected);
		return this;
	}

	when(command: UserCommand): UserOutcome {
		return this.stage.when(command);
	}
}
