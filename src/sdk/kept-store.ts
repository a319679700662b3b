// The store of the session layer with a disk behind it: reads and changes are of memory, and what
// has changed follows in order, as batches that are whole or not there. Not here: the disk itself.

import type { Clock } from "../base/clock.js";
import {
	type Content,
	emptyView,
	freshNames,
	MemoryStore,
	type OwnView,
} from "../client/memory-store.js";
import type { Began, Identity, Queued, View, ViewChange } from "../client/store.js";
import type { WireMessage, WireWatermark, WriteCommand } from "../protocol/frames.js";
import { type Block, blockOf, LazyRows, rowsIn } from "./lazy-rows.js";

/** Plain data by key. */
export interface Batch {
	readonly put: ReadonlyMap<string, unknown>;
	readonly remove: ReadonlySet<string>;
	/** Everything below these keys goes, before anything is put. */
	readonly clear: ReadonlySet<string>;
}

/** Whether rows of a conversation are kept under this key, as a list. */
export function isRows(name: string): boolean {
	return name.startsWith(`${kinds.row}${gap}`);
}

export interface Disk {
	/** All entries, in no order. */
	load(): Promise<Iterable<readonly [key: string, value: unknown]>>;
	/** What was loaded as rows, to be read when somebody looks at them. */
	rows(value: unknown): Block;
	/** One transaction; resolves when it is durable. */
	write(batch: Batch): Promise<void>;
	close(): Promise<void>;
}

/** Between the parts of a key: no id may hold it. */
const gap = "\0";
const kinds = {
	identity: "i",
	view: "v",
	row: "r",
	stream: "s",
	item: "q",
	note: "n",
	mark: "w",
} as const;

interface KeptIdentity {
	readonly identity: Identity;
	readonly refs: number;
}

interface KeptStream {
	readonly conversation: string | null;
	readonly next: number;
	readonly answered: number;
}

type KeptView = Omit<View, "rows" | "watermarks">;

type KeptItem = Queued & { readonly waits: boolean };

function key(...parts: readonly (string | number)[]): string {
	return parts.join(gap);
}

/** Behind every key that begins so: a key ends with the gap, or goes on after it. */
export function endOf(prefix: string): string {
	return `${prefix.slice(0, -gap.length)}\x01`;
}

function rowKey(conversation: string, seq: number): string {
	return key(kinds.row, conversation, blockOf(seq));
}

export class KeptStore extends MemoryStore {
	private readonly disk: Disk;
	private readonly onFailed: (cause: unknown) => void;
	private dirty = new Set<string>();
	private cleared = new Set<string>();
	private writing: Promise<void> | null = null;
	private following: Promise<void> | null = null;
	private failed = false;

	private constructor(disk: Disk, content: Content, onFailed: (cause: unknown) => void) {
		super(content.identity);
		this.disk = disk;
		this.content = content;
		this.onFailed = onFailed;
	}

	/** What the disk has, or a new installation. `onFailed`: from now on memory is all there is. */
	static async open(
		disk: Disk,
		clock: Clock,
		onFailed: (cause: unknown) => void,
	): Promise<KeptStore> {
		const loaded = contentOf(disk, await disk.load());
		const fresh = { ...freshNames(clock), accepted: 0, offered: 0, epoch: null, listed: false };
		const store = new KeptStore(disk, loaded ?? { ...nothing(), identity: fresh }, onFailed);
		if (loaded === null) {
			store.mark(kinds.identity);
			await store.durable();
		}
		return store;
	}

	/** Resolves when all changes so far are on the disk; at once when it has failed. */
	durable(): Promise<void> {
		if (this.dirty.size === 0 && this.cleared.size === 0) {
			return this.writing ?? Promise.resolve();
		}
		this.schedule();
		return this.following ?? Promise.resolve();
	}

	async close(): Promise<void> {
		await this.durable();
		await this.disk.close();
	}

	override began(welcome: Began): void {
		const views = [...this.content.views.keys()];
		super.began(welcome);
		this.mark(kinds.identity);
		if (this.content.views.size > 0) return;
		for (const conversation of views) this.forget(conversation);
	}

	override listed(): void {
		super.listed();
		this.mark(kinds.identity);
	}

	override enqueue(conversation: string | null, command: WriteCommand): Queued {
		const item = super.enqueue(conversation, command);
		this.mark(kinds.identity);
		this.markItem(item);
		this.markStream(conversation);
		return item;
	}

	override settle(conversation: string | null, n: number): void {
		this.leaving(conversation, n);
		super.settle(conversation, n);
	}

	override settleWith(conversation: string, n: number, change: ViewChange): void {
		this.leaving(conversation, n);
		super.settleWith(conversation, n, change);
		this.noteChange(conversation, change);
	}

	override change(conversation: string, change: ViewChange): void {
		super.change(conversation, change);
		this.noteChange(conversation, change);
	}

	override fork(names: { readonly device?: string; readonly outbox?: string }): void {
		// Marked before: what is final leaves the queues on the way.
		for (const { conversation, queue } of this.content.streams.values()) {
			this.markStream(conversation);
			for (const item of queue) this.markItem(item);
		}
		super.fork(names);
		this.mark(kinds.identity);
	}

	override moved(conversation: string | null, found: ReadonlySet<number>): void {
		const waiting = [...this.movingOf(conversation)];
		super.moved(conversation, found);
		this.markStream(conversation);
		for (const item of waiting) this.markItem(item);
	}

	override keep(name: string, value: unknown): void {
		super.keep(name, value);
		this.mark(key(kinds.note, name));
	}

	private noteChange(conversation: string, { rows, watermarks, clear }: ViewChange): void {
		if (clear) this.forget(conversation);
		this.mark(key(kinds.view, conversation));
		for (const { user } of watermarks ?? []) this.mark(key(kinds.mark, conversation, user));
		for (const { seq } of rows ?? []) this.mark(rowKey(conversation, seq));
	}

	private forget(conversation: string): void {
		this.cleared.add(key(kinds.row, conversation, ""));
		this.cleared.add(key(kinds.mark, conversation, ""));
		this.mark(key(kinds.view, conversation));
	}

	private leaving(conversation: string | null, n: number): void {
		const stream = this.content.streams.get(conversation);
		for (const item of stream?.queue ?? []) {
			if (!item.settled && item.n !== n) break;
			this.markItem(item);
		}
		const item = stream?.queue[n - stream.answered - 1];
		if (item !== undefined) this.markItem(item);
		this.markStream(conversation);
	}

	private markItem({ ref, conversation }: Queued): void {
		this.mark(conversation === null ? key(kinds.item, ref) : key(kinds.item, ref, conversation));
	}

	private markStream(conversation: string | null): void {
		this.mark(conversation === null ? kinds.stream : key(kinds.stream, conversation));
	}

	private mark(name: string): void {
		if (this.failed) return;
		this.dirty.add(name);
		this.schedule();
	}

	/** One batch is written at a time; what gathers meanwhile is the next. */
	private schedule(): void {
		if (this.following !== null || this.failed) return;
		const before = this.writing ?? Promise.resolve();
		this.following = before.then(() => this.write());
	}

	private async write(): Promise<void> {
		const { dirty, cleared } = this;
		this.writing = this.following;
		this.following = null;
		this.dirty = new Set();
		this.cleared = new Set();
		if (this.failed) return;
		try {
			await this.disk.write(this.batch(dirty, cleared));
		} catch (cause) {
			// Whoever waits goes on: from here on memory is all there is, and that is said.
			this.failed = true;
			this.dirty.clear();
			this.onFailed(cause);
		}
	}

	private batch(dirty: ReadonlySet<string>, clear: ReadonlySet<string>): Batch {
		const put = new Map<string, unknown>();
		const remove = new Set<string>();
		for (const name of dirty) {
			const value = this.keptUnder(name);
			if (value === undefined) remove.add(name);
			else put.set(name, value);
		}
		return { put, remove, clear };
	}

	/** What is to be kept under a key now; undefined: nothing. */
	private keptUnder(name: string): unknown {
		const [kind = "", first, second] = name.split(gap);
		const { identity, refs, streams, views, moving, notes } = this.content;
		switch (kind) {
			case kinds.identity:
				return { identity, refs } satisfies KeptIdentity;
			case kinds.view:
				return keptView(views.get(first ?? ""));
			case kinds.row:
				return keptRows(views.get(first ?? ""), Number(second));
			case kinds.mark:
				return views.get(first ?? "")?.watermarks.get(second ?? "");
			case kinds.stream: {
				const stream = streams.get(first ?? null);
				if (stream === undefined) return undefined;
				const { conversation, next, answered } = stream;
				return { conversation, next, answered } satisfies KeptStream;
			}
			case kinds.item: {
				const ref = Number(first);
				const item = byRef(streams.get(second ?? null)?.queue ?? [], ref);
				if (item !== undefined) return { ...item, waits: false } satisfies KeptItem;
				const waiting = byRef(moving.get(second ?? null) ?? [], ref);
				return waiting && ({ ...waiting, waits: true } satisfies KeptItem);
			}
			default:
				return notes.get(first ?? "");
		}
	}
}

function keptRows(view: OwnView | undefined, block: number): WireMessage[] | undefined {
	const rows = view === undefined ? [] : rowsIn(view.rows, block);
	return rows.length === 0 ? undefined : rows;
}

function keptView(view: OwnView | undefined): KeptView | undefined {
	if (view === undefined) return undefined;
	const { rows: _, watermarks: __, ...rest } = view;
	return rest;
}

/** Queues are in order of their refs. */
function byRef(queue: readonly Queued[], ref: number): Queued | undefined {
	let low = 0;
	let high = queue.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((queue[middle]?.ref ?? 0) < ref) low = middle + 1;
		else high = middle;
	}
	return queue[low]?.ref === ref ? queue[low] : undefined;
}

function nothing(): Omit<Content, "identity"> {
	return {
		refs: 0,
		streams: new Map(),
		views: new Map(),
		moving: new Map(),
		notes: new Map(),
	};
}

/** Null: nothing was kept. */
function contentOf(disk: Disk, entries: Iterable<readonly [string, unknown]>): Content | null {
	const content = nothing() as Content;
	const items: KeptItem[] = [];
	let found = false;
	for (const [name, value] of entries) {
		const [kind, first = "", second] = name.split(gap);
		if (kind === kinds.identity) {
			Object.assign(content, value as KeptIdentity);
			found = true;
		} else if (kind === kinds.view) {
			Object.assign(viewIn(content, first), value as KeptView);
		} else if (kind === kinds.mark) {
			viewIn(content, first).watermarks.set(second ?? "", value as WireWatermark);
		} else if (kind === kinds.row) {
			const { rows } = viewIn(content, first);
			(rows as LazyRows).wait(Number(second), disk.rows(value));
		} else if (kind === kinds.stream) {
			const stream = value as KeptStream;
			content.streams.set(stream.conversation, { ...stream, queue: [] });
		} else if (kind === kinds.item) items.push(value as KeptItem);
		else content.notes.set(first, value);
	}
	// In the order in which they were queued.
	for (const { waits, ...item } of items.sort((one, two) => one.ref - two.ref)) {
		const queue = waits ? listIn(content.moving, item.conversation) : null;
		(queue ?? content.streams.get(item.conversation)?.queue)?.push(item);
	}
	return found ? content : null;
}

function viewIn({ views }: Content, conversation: string): OwnView {
	const known = views.get(conversation);
	if (known !== undefined) return known;
	const view = { ...emptyView(conversation), rows: new LazyRows() };
	views.set(conversation, view);
	return view;
}

function listIn(all: Map<string | null, Queued[]>, conversation: string | null): Queued[] {
	const known = all.get(conversation) ?? [];
	all.set(conversation, known);
	return known;
}
