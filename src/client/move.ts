// After a fork: the former outbox's unanswered writes are looked for in history by their ids;
// what is not there goes into the new outbox, in order (design §5, S3). Later writes wait behind.

import type { WireMessage } from "../protocol/frames.js";
import type { Outcome } from "./events.js";
import { idOf } from "./own.js";
import type { Queued } from "./store.js";
import type { Sync, SyncPort } from "./sync.js";

interface MovePort extends SyncPort {
	/** Numbers were given: the outbox has something to send. */
	onMoved(conversation: string | null): void;
}

export class Move {
	private readonly port: MovePort;
	private readonly sync: Sync;
	private listed = false;
	private readonly searching = new Set<string>();

	constructor(port: MovePort, sync: Sync) {
		this.port = port;
		this.sync = sync;
	}

	get pending(): boolean {
		for (const _ of this.port.store.moving()) return true;
		return false;
	}

	/** The list is stored: conversations that it does not name have no history to look into. */
	onListed(): void {
		this.listed = true;
		for (const conversation of [...this.port.store.moving()]) {
			if (conversation === null) this.finish(null, new Map());
			else if (!this.sync.pulling(conversation)) this.onLevel(conversation);
		}
	}

	/** The view holds what the list knew of: rows of former sends are in it or below it. */
	onLevel(conversation: string): void {
		if (!this.listed || this.searching.has(conversation)) return;
		if (this.port.store.movingOf(conversation).length > 0) this.search(conversation);
	}

	private search(conversation: string): void {
		const { store } = this.port;
		const view = store.view(conversation);
		// Those without a number as well: what waited behind a move when a backup was made has been
		// numbered and sent by the storage that the backup was put over.
		const items = store.movingOf(conversation);
		const found = new Map<number, Outcome>();
		for (const item of items) {
			const outcome = find(item, view?.rows.values() ?? []);
			if (outcome !== null) found.set(item.ref, outcome);
			// A conversation that one is in has been created.
			if (item.command.type === "create" && view !== undefined) found.set(item.ref, none);
		}
		const open = items.filter((item) => item.command.type === "send" && !found.has(item.ref));
		const lowest = open.reduce((least, item) => Math.min(least, item.headAt + 1), Infinity);
		if (view === undefined || view.first <= lowest) this.finish(conversation, found);
		else this.history(conversation, view.first);
	}

	/** Rows that a reset has taken from the view: read back to where the oldest write was queued. */
	private history(conversation: string, before: number): void {
		this.searching.add(conversation);
		const limit = this.port.pageItems;
		this.sync.history(conversation, before, limit, (result) => {
			this.searching.delete(conversation);
			// On failure the writes stay where they are, for the next session to move.
			if (result !== null) this.search(conversation);
		});
	}

	private finish(conversation: string | null, found: ReadonlyMap<number, Outcome>): void {
		const { store, emit } = this.port;
		const items = store.movingOf(conversation);
		const refused = passedOver(items, found);
		store.moved(conversation, new Set([...found.keys(), ...refused]));
		for (const item of items) {
			const outcome = found.get(item.ref);
			if (outcome !== undefined) emit("answered", item, outcome);
			else if (refused.has(item.ref)) emit("refused", item, "SEND_STALE", "not in history");
		}
		this.port.onMoved(conversation);
	}
}

/**
 * Sends before one that was found, but not found themselves: the one that was found could only be
 * decided after they had their outcome, which was no. Sent again they would come after it.
 */
function passedOver(items: readonly Queued[], found: ReadonlyMap<number, Outcome>): Set<number> {
	const last = items.findLastIndex(({ ref, command }) => command.type === "send" && found.has(ref));
	const before = items.slice(0, Math.max(last, 0));
	const refused = before.filter(({ ref, command }) => command.type === "send" && !found.has(ref));
	return new Set(refused.map(({ ref }) => ref));
}

const none: Outcome = { seq: 0, position: 0, at: 0, link: null };

/** By its random id: a restored storage gives a number again for another send. */
function find(item: Queued, rows: Iterable<WireMessage>): Outcome | null {
	const { command } = item;
	if (command.type !== "send") return null;
	for (const row of rows) {
		if (sameId(idOf(row), command.id)) {
			return { seq: row.seq, position: row.position, at: row.at, link: null };
		}
	}
	return null;
}

function sameId(stored: Uint8Array | null, id: Uint8Array): boolean {
	return stored?.length === id.length && stored.every((byte, at) => byte === id[at]);
}
