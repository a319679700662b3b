// The readable reference of `ClientStore`: everything in maps of this process. `before` and `after`
// let a test crash around each transaction.

import type { WireMessage, WireWatermark, WriteCommand } from "../protocol/frames.js";
import type { Began, ClientStore, Identity, Queued, Stream, View, ViewChange } from "./store.js";

export { freshNames, hex } from "./names.js";

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type OwnStream = Mutable<Omit<Stream, "queue">> & { queue: Mutable<Queued>[] };
export type OwnView = Mutable<Omit<View, "rows" | "watermarks">> & {
	rows: Table<number, WireMessage>;
	watermarks: Table<string, WireWatermark>;
};

/** Of a map what a view needs. */
export interface Table<K, V> extends ReadonlyMap<K, V> {
	set(key: K, value: V): unknown;
	clear(): void;
}

/** All that a store holds. */
export interface Content {
	identity: Identity;
	refs: number;
	streams: Map<string | null, OwnStream>;
	views: Map<string, OwnView>;
	moving: Map<string | null, Queued[]>;
	notes: Map<string, unknown>;
}

/** Called around each transaction, by its name. What `before` throws leaves nothing changed. */
export interface StoreHooks {
	before?(transaction: string): void;
	after?(transaction: string): void;
}

export function emptyView(conversation: string): OwnView {
	return {
		conversation,
		position: 0,
		held: 0,
		top: 0,
		foreign: 0,
		first: 1,
		seen: 0,
		rows: new Map(),
		watermarks: new Map(),
		entry: null,
		reset: false,
	};
}

/** A row of its own: decoded content is a view of the whole frame, which it would keep alive. */
function detached(row: WireMessage): WireMessage {
	const { body, id } = row;
	if (body === null) return id === null ? row : { ...row, id: Uint8Array.from(id) };
	if (body.content.byteLength === body.content.buffer.byteLength) return row;
	return {
		...row,
		body: { ...body, id: Uint8Array.from(body.id), content: Uint8Array.from(body.content) },
	};
}

export class MemoryStore implements ClientStore {
	hooks: StoreHooks = {};
	protected content: Content;

	constructor(names: { readonly device: string; readonly outbox: string }) {
		this.content = {
			identity: { ...names, accepted: 0, offered: 0, epoch: null, listed: false },
			refs: 0,
			streams: new Map(),
			views: new Map(),
			moving: new Map(),
			notes: new Map(),
		};
	}

	identity(): Identity {
		return this.content.identity;
	}

	began({ current, generation, epoch }: Began): void {
		this.transact("began", () => {
			const { identity } = this.content;
			const same = identity.epoch === null || identity.epoch === epoch;
			// Positions and numbers of another history mean nothing here: all starts from the list.
			if (!same) this.content.views.clear();
			const listed = same && identity.listed;
			const generations = { accepted: current, offered: generation };
			this.content.identity = { ...identity, ...generations, epoch, listed };
		});
	}

	listed(): void {
		this.transact("listed", () => {
			this.content.identity = { ...this.content.identity, listed: true };
		});
	}

	stream(conversation: string | null): Stream | undefined {
		return this.content.streams.get(conversation);
	}

	streams(): Iterable<Stream> {
		return this.content.streams.values();
	}

	enqueue(conversation: string | null, command: WriteCommand): Queued {
		return this.transact("enqueue", () => {
			const headAt = conversation === null ? 0 : (this.content.views.get(conversation)?.held ?? 0);
			this.content.refs += 1;
			const { outbox } = this.content.identity;
			const ref = this.content.refs;
			const fixed = { ref, conversation, outbox, command, headAt };
			const item = { ...fixed, n: 0, moved: false, settled: false };
			const waiting = this.content.moving.get(conversation);
			if (waiting === undefined) return this.number(item);
			waiting.push(item);
			return item;
		});
	}

	settle(conversation: string | null, n: number): void {
		this.transact("settle", () => this.pass(conversation, n));
	}

	view(conversation: string): View | undefined {
		return this.content.views.get(conversation);
	}

	views(): Iterable<View> {
		return this.content.views.values();
	}

	/** All rows are at hand. */
	fetch(_conversations: Iterable<string>): Promise<void> | null {
		return null;
	}

	change(conversation: string, change: ViewChange): void {
		this.transact("change", () => this.apply(conversation, change));
	}

	settleWith(conversation: string, n: number, change: ViewChange): void {
		this.transact("settleWith", () => {
			this.pass(conversation, n);
			this.apply(conversation, change);
		});
	}

	fork({ device, outbox }: { readonly device?: string; readonly outbox?: string }): void {
		this.transact("fork", () => {
			if (device !== undefined) {
				const unheard = { accepted: 0, offered: 0, listed: false };
				this.content.identity = { ...this.content.identity, ...unheard, device };
			}
			if (outbox === undefined) return;
			const { identity, streams, moving } = this.content;
			this.content.identity = { ...identity, outbox };
			for (const [conversation, stream] of streams) {
				const open = stream.queue.filter((item) => !item.settled);
				// A fork while an earlier move is unfinished: what was numbered since comes after it only
				// when it was queued later, and `moved` empties a conversation before it numbers.
				if (open.length > 0)
					moving.set(conversation, [...open, ...(moving.get(conversation) ?? [])]);
			}
			streams.clear();
		});
	}

	moving(): Iterable<string | null> {
		return this.content.moving.keys();
	}

	movingOf(conversation: string | null): readonly Queued[] {
		return this.content.moving.get(conversation) ?? [];
	}

	moved(conversation: string | null, found: ReadonlySet<number>): void {
		this.transact("moved", () => {
			const waiting = this.content.moving.get(conversation) ?? [];
			this.content.moving.delete(conversation);
			for (const item of waiting) {
				if (!found.has(item.ref)) this.number({ ...item, moved: item.moved || item.n > 0 });
			}
		});
	}

	note(name: string): unknown {
		return this.content.notes.get(name);
	}

	keep(name: string, value: unknown): void {
		this.transact("keep", () => this.content.notes.set(name, value));
	}

	private transact<T>(name: string, run: () => T): T {
		this.hooks.before?.(name);
		const result = run();
		this.hooks.after?.(name);
		return result;
	}

	private number(item: Queued): Queued {
		const { streams, identity } = this.content;
		let stream = streams.get(item.conversation);
		if (stream === undefined) {
			stream = { conversation: item.conversation, next: 1, answered: 0, queue: [] };
			streams.set(item.conversation, stream);
		}
		const numbered = { ...item, outbox: identity.outbox, n: stream.next };
		stream.next += 1;
		stream.queue.push(numbered);
		return numbered;
	}

	private pass(conversation: string | null, n: number): void {
		const stream = this.content.streams.get(conversation);
		const item = stream?.queue[n - stream.answered - 1];
		if (stream === undefined || item === undefined) return;
		item.settled = true;
		let done = 0;
		while (stream.queue[done]?.settled === true) done += 1;
		stream.answered += done;
		stream.queue.splice(0, done);
	}

	protected apply(conversation: string, change: ViewChange): void {
		let view = this.content.views.get(conversation);
		if (view === undefined) {
			view = emptyView(conversation);
			this.content.views.set(conversation, view);
		}
		const { rows, watermarks, clear, ...fields } = change;
		if (clear === true) {
			view.rows.clear();
			view.watermarks.clear();
		}
		Object.assign(view, fields);
		for (const row of rows ?? []) view.rows.set(row.seq, detached(row));
		for (const mark of watermarks ?? []) view.watermarks.set(mark.user, mark);
	}
}
