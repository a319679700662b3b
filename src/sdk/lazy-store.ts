// A store of the session layer that has the heads of all conversations, and rows only of those
// that were needed. Not here: where rows are until then, on a disk (`kept-store.ts`) or with the
// tab that leads (`followed.ts`).

import { MemoryStore } from "../client/memory-store.js";
import type { Glance } from "./glance.js";
import { LazyRows } from "./lazy-rows.js";

/** Above so many conversations at once the rows of all are read in one go. */
const apartMax = 50;

/** Rows that are not at hand, by conversation. */
export type Away = ReadonlyMap<string, LazyRows>;

export abstract class LazyStore extends MemoryStore {
	/** As the views are now; absent: to be made from the rows. */
	protected glances = new Map<string, Glance>();
	protected readonly reading = new Map<string, Promise<void>>();

	/** What a list shows of the messages of a conversation; null: its rows have to tell. */
	glance(conversation: string): Glance | null {
		return this.glances.get(conversation) ?? null;
	}

	protected away(conversation: string): LazyRows | null {
		const rows = this.content.views.get(conversation)?.rows;
		return rows instanceof LazyRows && rows.away ? rows : null;
	}

	override fetch(conversations: Iterable<string>): Promise<void> | null {
		const away = new Map<string, LazyRows>();
		const reading = new Set<Promise<void>>();
		for (const conversation of conversations) {
			const rows = this.away(conversation);
			if (rows === null) continue;
			const known = this.reading.get(conversation);
			if (known === undefined) away.set(conversation, rows);
			else reading.add(known);
		}
		for (const part of away.size > apartMax ? [away] : [...away].map((one) => new Map([one]))) {
			const read = this.read(part).then(() => {
				for (const conversation of part.keys()) this.reading.delete(conversation);
			});
			for (const conversation of part.keys()) this.reading.set(conversation, read);
			reading.add(read);
		}
		return reading.size === 0 ? null : Promise.all(reading).then(() => {});
	}

	/** Brings these rows in one go. Never fails. */
	protected abstract read(away: Away): Promise<void>;
}
