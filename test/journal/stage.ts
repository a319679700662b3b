// A conversation that happens over a journal: facts are evolved and indexed by the domain, encoded,
// and committed one by one, as its actor would. What readers then find is the test's matter.

import { systemClock } from "../../src/base/clock.js";
import { type Conversation, initial } from "../../src/domain/conversation.js";
import { evolve } from "../../src/domain/conversation-evolve.js";
import { index, messageRow } from "../../src/domain/conversation-index.js";
import type { Content, ConversationEvent, ConversationKind } from "../../src/domain/event.js";
import type { MessageRow } from "../../src/domain/index-row.js";
import type { Journal } from "../../src/journal/journal.js";
import { messageKey, reactionKey } from "../../src/journal/keys.js";
import { memoryStore, openMemory } from "../../src/journal/memory.js";
import { decodeMessage, encodeConversationRows } from "../../src/journal/rows.js";

export class Stage {
	readonly state: Conversation;
	readonly #sent = new Map<string, number>();

	constructor(
		readonly id: string,
		readonly journal: Journal = openMemory(memoryStore(systemClock)),
	) {
		this.state = initial(id);
	}

	get position(): number {
		return this.state.position;
	}

	async apply(event: ConversationEvent): Promise<number> {
		const before = "seq" in event ? this.#row(event.seq) : null;
		evolve(this.state, event);
		const had = event.type === "reacted" && this.#reacted(event.seq, event.by);
		const row = messageRow(this.state.position, event, before, had);
		const out = { keys: [], values: [] };
		const rows = index(this.state, event, row, before);
		encodeConversationRows(out, this.id, this.state.position, event, rows);
		await this.journal.commit(out);
		return this.state.position;
	}

	create(kind: ConversationKind, ...users: string[]): Promise<number> {
		const members = users.map((user, i) => ({ user, role: i === 0 ? "owner" : "member" }) as const);
		const by = users[0] as string;
		return this.apply({ type: "created", at: this.#at, by, kind, title: "t", members });
	}

	send(by: string, text: string, more: Partial<SentEvent> = {}): Promise<number> {
		const n = (this.#sent.get(by) ?? 0) + 1;
		this.#sent.set(by, n);
		const outbox = Buffer.from(by).toString("hex").padEnd(32, "0").slice(0, 32);
		return this.apply({
			type: "sent",
			at: this.#at,
			by,
			write: { outbox, n, answered: n - 1, hash: n },
			seq: this.state.head + 1,
			message: contentOf(text),
			withheldFrom: null,
			seenUpTo: null,
			...more,
		});
	}

	edit(by: string, seq: number, text: string): Promise<number> {
		return this.apply({ type: "edited", at: this.#at, by, seq, message: contentOf(text) });
	}

	delete(by: string, seq: number): Promise<number> {
		return this.apply({ type: "deleted", at: this.#at, by, seq });
	}

	hide(by: string, seq: number): Promise<number> {
		return this.apply({ type: "hidden", at: this.#at, by, seq });
	}

	react(by: string, seq: number, emoji: string | null): Promise<number> {
		return this.apply({ type: "reacted", at: this.#at, by, seq, emoji });
	}

	add(...users: string[]): Promise<number> {
		return this.apply({ type: "added", at: this.#at, by: "ann", users, via: "member" });
	}

	remove(...users: string[]): Promise<number> {
		return this.apply({ type: "removed", at: this.#at, by: "ann", users });
	}

	receipt(user: string, delivered: number, seen: number): Promise<number> {
		const pair = { user, delivered, deliveredAt: this.#at, seen, seenAt: this.#at };
		return this.apply({ type: "receipts", at: this.#at, by: user, pairs: [pair] });
	}

	get #at(): number {
		return 1_767_225_600_000 + this.state.position;
	}

	#reacted(seq: number, user: string): boolean {
		return this.journal.get(reactionKey(this.id, seq, user)) !== undefined;
	}

	#row(seq: number): MessageRow | null {
		const key = messageKey(this.id, seq);
		const value = this.journal.get(key);
		return value === undefined ? null : decodeMessage(key, value, this.id);
	}
}

type SentEvent = Extract<ConversationEvent, { type: "sent" }>;

export function contentOf(text: string): Content {
	return {
		id: new Uint8Array(8),
		contentType: "text/plain",
		content: Buffer.from(text),
		replyTo: null,
		mentions: [],
		media: [],
		expiresAt: null,
		clientTime: null,
	};
}

/** A row in one word: `3 three`, `3 deleted`, `3 skip`; reactions follow. */
export function wordOf(row: {
	readonly seq: number;
	readonly state: string;
	readonly message?: Content | null;
	readonly reactions?: readonly { readonly user: string; readonly emoji: string }[];
}): string {
	const text = row.message == null ? row.state : Buffer.from(row.message.content).toString();
	const reactions = (row.reactions ?? []).map(({ user, emoji }) => ` ${user}:${emoji}`);
	return `${row.seq} ${text}${reactions.join("")}`;
}
