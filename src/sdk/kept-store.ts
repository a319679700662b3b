// The store of the session layer with a disk behind it: reads and changes are of memory, and what
// has changed follows in order, as batches that are whole or not there. Rows are read when their
// conversation is needed. Not here: the disk itself, and what it gets under which key (`kept.ts`).

import type { Clock } from "../base/clock.js";
import { freshNames, type OwnView } from "../client/memory-store.js";
import type { Began, Queued, ViewChange } from "../client/store.js";
import type { WireMessage, WriteCommand } from "../protocol/frames.js";
import type { Glance, GlanceOf } from "./glance.js";
import { type KeptHead, keptHead, marksInHead, Pages } from "./heads.js";
import {
	type Batch,
	type Disk,
	fill,
	format,
	gap,
	type KeptIdentity,
	type KeptItem,
	type KeptStream,
	key,
	kinds,
	listIn,
	rowKey,
	viewKinds,
} from "./kept.js";
import { type Block, rowsIn } from "./lazy-rows.js";
import { type Away, LazyStore } from "./lazy-store.js";
import type { Heads } from "./tab-words.js";

export interface KeptOptions {
	readonly clock: Clock;
	/** From now on memory is all there is. */
	readonly onFailed: (cause: unknown) => void;
	readonly glanceOf: GlanceOf;
}

export class KeptStore extends LazyStore {
	private readonly disk: Disk;
	private readonly pages = new Pages();
	private readonly options: KeptOptions;
	private dirty = new Set<string>();
	private cleared = new Set<string>();
	private writing: Promise<void> | null = null;
	private following: Promise<void> | null = null;
	private failed = false;

	private constructor(disk: Disk, options: KeptOptions) {
		super(freshNames(options.clock));
		this.disk = disk;
		this.options = options;
	}

	/**
	 * What the disk has, or a new installation.
	 *
	 * Errors: the disk's; Error when a newer version of the SDK has written it.
	 */
	static async open(disk: Disk, options: KeptOptions): Promise<KeptStore> {
		const store = new KeptStore(disk, options);
		const entries = new Map(await disk.load(key(kinds.row, "")));
		const found = fill(entries, store.content, store.pages, store.glances);
		if (found !== format) {
			if (found !== null) store.forgetViews();
			store.mark(kinds.identity);
			await store.durable();
		}
		return store;
	}

	private forgetViews(): void {
		this.content.identity = { ...this.content.identity, listed: false };
		for (const kind of viewKinds) this.cleared.add(key(kind, ""));
	}

	/** All but rows, to be sent to another tab. */
	heads(): Heads {
		const { views: all, ...content } = this.content;
		const views = [...all.values()].map((view) => {
			this.glanceNow(view);
			return { ...view, rows: view.rows.size, watermarks: new Map(view.watermarks) };
		});
		return { content, views, glances: this.glances };
	}

	/** With a disk that cannot be read, memory is all there is. */
	protected override async read(away: Away): Promise<void> {
		const blocks = new Map<string, [number, Block][]>();
		const [first = ""] = away.keys();
		try {
			const prefix = away.size > 1 ? key(kinds.row, "") : key(kinds.row, first, "");
			for (const [name, block] of await this.disk.rows(prefix)) {
				const [, conversation = "", at] = name.split(gap);
				listIn(blocks, conversation).push([Number(at), block]);
			}
		} catch (cause) {
			this.fail(cause);
		}
		for (const [conversation, rows] of away) rows.come(blocks.get(conversation) ?? []);
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
		await Promise.all(this.reading.values());
		this.failed = true;
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
		this.markHead(conversation);
		const marks = this.content.views.get(conversation)?.watermarks;
		if (watermarks !== undefined && (marks?.size ?? 0) > marksInHead) {
			this.mark(key(kinds.marks, conversation));
		}
		for (const { seq } of rows ?? []) this.mark(rowKey(conversation, seq));
	}

	private forget(conversation: string): void {
		this.cleared.add(key(kinds.row, conversation, ""));
		this.mark(key(kinds.marks, conversation));
		this.markHead(conversation);
	}

	private markHead(conversation: string): void {
		this.glances.delete(conversation);
		this.mark(key(kinds.page, this.pages.of(conversation)));
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
			this.fail(cause);
		}
	}

	/** Whoever waits goes on: from here on memory is all there is, and that is said. */
	private fail(cause: unknown): void {
		if (this.failed) return;
		this.failed = true;
		this.dirty.clear();
		this.options.onFailed(cause);
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
				return { identity, refs, format } satisfies KeptIdentity;
			case kinds.page:
				return this.keptPage(Number(first));
			case kinds.row:
				return keptRows(views.get(first ?? ""), Number(second));
			case kinds.marks: {
				const marks = views.get(first ?? "")?.watermarks;
				return marks && marks.size > marksInHead ? [...marks.values()] : undefined;
			}
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

	private keptPage(page: number): KeptHead[] | undefined {
		const heads = this.pages.on(page).flatMap((conversation) => {
			const view = this.content.views.get(conversation);
			return view === undefined ? [] : [keptHead({ view, glance: this.glanceNow(view) })];
		});
		return heads.length === 0 ? undefined : heads;
	}

	private glanceNow(view: OwnView): Glance | null {
		const { conversation } = view;
		const known = this.glance(conversation);
		if (known !== null) return known;
		const glance = this.away(conversation) ? null : this.options.glanceOf(view);
		if (glance !== null) this.glances.set(conversation, glance);
		return glance;
	}
}

function keptRows(view: OwnView | undefined, block: number): WireMessage[] | undefined {
	const rows = view === undefined ? [] : rowsIn(view.rows, block);
	return rows.length === 0 ? undefined : rows;
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
