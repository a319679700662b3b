// The store of a tab that follows another one: heads of all conversations, and rows only of those
// that are looked at, asked for by then. It is changed as the leader's is, call by call, in order.

import type { ViewChange } from "../client/store.js";
import type { WireMessage } from "../protocol/frames.js";
import { LazyRows } from "./lazy-rows.js";
import { type Away, LazyStore } from "./lazy-store.js";
import type { Heads } from "./tab-words.js";

export type AskRows = (conversation: string) => Promise<ReadonlyMap<number, WireMessage>>;

export class Followed extends LazyStore {
	private readonly ask: AskRows;

	/** `ask`: rows as they are when all changes up to the answer have been heard. */
	constructor({ content, views, glances }: Heads, ask: AskRows) {
		super(content.identity);
		this.content = { ...content, views: new Map() };
		for (const view of views) {
			this.content.views.set(view.conversation, { ...view, rows: new LazyRows(view.rows) });
		}
		this.glances = glances;
		this.ask = ask;
	}

	protected override async read(away: Away): Promise<void> {
		for (const [conversation, rows] of away) {
			const all = await this.ask(conversation);
			rows.clear();
			for (const [seq, row] of all) rows.set(seq, row);
		}
	}

	protected override apply(conversation: string, change: ViewChange): void {
		this.glances.delete(conversation);
		// Rows of what is not at hand are the leader's to tell, these among them.
		const later = this.away(conversation) !== null && !change.clear;
		super.apply(conversation, later ? { ...change, rows: [] } : change);
	}
}
