// What a store keeps under which key, and how a start reads it. Not here: when it is written
// (`kept-store.ts`), and on what (`folder.ts`, `indexed-db.ts`).

import type { Content } from "../client/memory-store.js";
import type { Identity, Queued } from "../client/store.js";
import type { WireWatermark } from "../protocol/frames.js";
import type { Glance } from "./glance.js";
import { headOf, type KeptHead, type Pages } from "./heads.js";
import { type Block, blockOf } from "./lazy-rows.js";
import type { ConversationInfo, Role } from "./types.js";

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
	/** All entries before this key, in no order; each is decoded when it is read. */
	load(before: string): Promise<Iterable<readonly [key: string, read: () => unknown]>>;
	/** Rows whose keys begin so. */
	rows(prefix: string): Promise<Iterable<readonly [key: string, rows: Block]>>;
	/** One transaction; resolves when it is durable. */
	write(batch: Batch): Promise<void>;
	close(): Promise<void>;
}

/** Between the parts of a key: no id may hold it. */
export const gap = "\0";
export const kinds = {
	identity: "i",
	page: "h",
	marks: "m",
	stream: "s",
	item: "q",
	note: "n",
	// Behind all others: a start reads everything before them.
	row: "x",
} as const;

/**
 * Counts on with every change of what is kept. Of an older one identity, queue and notes are taken
 * over, which every format keeps alike; views are forgotten, and asked for again. A newer one is
 * left alone.
 */
export const format = 3;
/** What any format has kept of views. */
export const viewKinds = ["v", "r", "w", kinds.page, kinds.marks, kinds.row];

export interface KeptIdentity {
	readonly identity: Identity;
	readonly refs: number;
	/** Absent: 1. */
	readonly format?: number;
}

export interface KeptStream {
	readonly conversation: string | null;
	readonly next: number;
	readonly answered: number;
}

/** What is known of members, a note: ticks and names are there before anybody has been asked. */
export interface KeptMembers {
	readonly facts: Pick<ConversationInfo, "kind" | "title" | "picture" | "description">;
	readonly roles: readonly (readonly [string, Role])[];
	readonly joinedAt: readonly (readonly [string, number])[];
}

export type KeptItem = Queued & { readonly waits: boolean };

export function key(...parts: readonly (string | number)[]): string {
	return parts.join(gap);
}

/** Behind every key that begins so: a key ends with the gap, or goes on after it. */
export function endOf(prefix: string): string {
	return `${prefix.slice(0, -gap.length)}\x01`;
}

export function rowKey(conversation: string, seq: number): string {
	return key(kinds.row, conversation, blockOf(seq));
}

/**
 * Takes over what was kept. Null: nothing was; else its format.
 *
 * Errors: Error when it is of a newer version.
 */
export function fill(
	entries: ReadonlyMap<string, () => unknown>,
	content: Content,
	pages: Pages,
	glances: Map<string, Glance>,
): number | null {
	const known = entries.get(kinds.identity)?.() as KeptIdentity | undefined;
	if (known === undefined) return null;
	const { identity, refs, format: found = 1 } = known;
	if (found > format) throw new Error(`kept by a newer version, as format ${found}`);
	Object.assign(content, { identity, refs });
	const items: KeptItem[] = [];
	const marks: [conversation: string, WireWatermark[]][] = [];
	for (const [name, read] of entries) {
		const [kind, first = ""] = name.split(gap);
		if (kind === kinds.stream) {
			const stream = read() as KeptStream;
			content.streams.set(stream.conversation, { ...stream, queue: [] });
		} else if (kind === kinds.item) items.push(read() as KeptItem);
		else if (kind === kinds.note) content.notes.set(first, read());
		// Views of an older format are not even looked at.
		else if (found < format) continue;
		else if (kind === kinds.marks) marks.push([first, read() as WireWatermark[]]);
		else if (kind === kinds.page) {
			const heads = (read() as KeptHead[]).map(headOf);
			pages.restore(
				Number(first),
				heads.map(({ view }) => view.conversation),
			);
			for (const { view, glance } of heads) {
				content.views.set(view.conversation, view);
				if (glance !== null) glances.set(view.conversation, glance);
			}
		}
	}
	for (const [conversation, all] of marks) {
		const watermarks = content.views.get(conversation)?.watermarks;
		for (const mark of all) watermarks?.set(mark.user, mark);
	}
	// In the order in which they were queued.
	for (const { waits, ...item } of items.sort((one, two) => one.ref - two.ref)) {
		const queue = waits ? listIn(content.moving, item.conversation) : null;
		(queue ?? content.streams.get(item.conversation)?.queue)?.push(item);
	}
	return found;
}

/** The list under a key, made when there is none. */
export function listIn<K, V>(all: Map<K, V[]>, key: K): V[] {
	const known = all.get(key) ?? [];
	all.set(key, known);
	return known;
}
