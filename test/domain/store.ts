// What stays of a conversation after a crash: rows by key, each as its last writer left it. Events
// of receipts have no row of their own, so an older one is gone once each of its watermarks moved.

import type { Conversation } from "../../src/domain/conversation.js";
import type { ConversationEvent, ReceiptPair } from "../../src/domain/event.js";
import type { IndexRow, MemberRow, MessageRow, WatermarkRow } from "../../src/domain/index-row.js";
import type { Plain } from "../../src/domain/snapshot.js";
import type { Rules } from "./rules.js";

export class Store {
	readonly messages = new Map<number, MessageRow>();
	readonly members = new Map<string, MemberRow>();
	readonly pending = new Set<string>();
	/** Living messages that expire, as `at/seq`. */
	readonly expiry = new Set<string>();
	/** Who has a reaction on which message, as `seq/user`. */
	readonly reactions = new Set<string>();
	private readonly watermarks = new Map<string, WatermarkRow>();
	private readonly events = new Map<number, ConversationEvent>();
	private snapshot: { position: number; head: number; plain: string } | null = null;

	commit(position: number, event: ConversationEvent, rows: readonly IndexRow[]): void {
		if (event.type === "edited") this.events.set(position, { ...event, message: null });
		else if (event.type !== "sent" && event.type !== "receipts") this.events.set(position, event);
		for (const row of rows) this.put(row);
	}

	private put(row: IndexRow): void {
		switch (row.type) {
			case "message":
				this.messages.set(row.row.seq, row.row);
				return;
			case "member":
				this.members.set(row.user, row.row);
				return;
			case "watermark":
				this.watermarks.set(row.user, row.row);
				return;
			case "pending":
				if (row.on) this.pending.add(row.user);
				else this.pending.delete(row.user);
				return;
			case "reaction":
				if (row.emoji === null) this.reactions.delete(`${row.seq}/${row.user}`);
				else this.reactions.add(`${row.seq}/${row.user}`);
				return;
			case "expiry":
				if (row.on) this.expiry.add(`${row.at}/${row.seq}`);
				else this.expiry.delete(`${row.at}/${row.seq}`);
				return;
			default:
				return;
		}
	}

	/** As bytes would have it: nothing is shared with the state. */
	save(state: Conversation, rules: Rules): void {
		const plain = JSON.stringify(rules.plainConversation(state));
		this.snapshot = { position: state.position, head: state.head, plain };
	}

	/** The state that a new actor makes of the rows. */
	recover(rules: Rules, id: string): Conversation {
		const { snapshot } = this;
		const state =
			snapshot === null
				? rules.initial(id)
				: rules.conversationFrom(id, JSON.parse(snapshot.plain) as Plain);
		const from = snapshot?.position ?? 0;
		const found = [...this.events].filter(([position]) => position > from);
		for (const row of this.messages.values()) {
			if (row.seq > (snapshot?.head ?? 0)) found.push([row.position, sentOf(row)]);
		}
		found.push(...this.receipts(from));
		// Stable: at one position the watermark comes after what it came with.
		found.sort(([one], [other]) => one - other);
		for (const [position, event] of found) rules.evolve(state, event, position);
		rules.recovered(state);
		return state;
	}

	private receipts(from: number): [number, ConversationEvent][] {
		const together = new Map<number, ReceiptPair[]>();
		for (const [user, { position, ...watermark }] of this.watermarks) {
			if (position <= from) continue;
			together.set(position, [...(together.get(position) ?? []), { user, ...watermark }]);
		}
		return [...together].map(([position, pairs]) => [
			position,
			{ type: "receipts", at: 0, by: pairs[0]?.user ?? "", pairs },
		]);
	}
}

function sentOf(row: MessageRow): ConversationEvent {
	const { at, sender: by, write, seq, message, withheldFrom, seenUpTo } = row;
	return { type: "sent", at, by, write, seq, message, withheldFrom, seenUpTo };
}
