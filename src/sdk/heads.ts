// What a store keeps of conversations apart from their rows, many to an entry: a start reads a few
// large entries instead of ten thousand small ones, which a browser would take seconds for. The
// order of the names is part of the format (`kept-store.ts`).

import type { OwnView } from "../client/memory-store.js";
import type { View } from "../client/store.js";
import type { ListEntry, WireWatermark } from "../protocol/frames.js";
import type { Glance } from "./glance.js";
import { LazyRows } from "./lazy-rows.js";

/** A view without its rows, and what the list shows of them. */
export interface Head {
	readonly view: OwnView;
	/** Null: not known without the rows. */
	readonly glance: Glance | null;
}

/** Plain values in order of their names, which ten thousand heads need not repeat. */
export type KeptHead = readonly unknown[];

/** Conversations of one page: all are written again when one changes. */
const pageHeads = 32;
/** With more members than this watermarks are an entry of their own. */
export const marksInHead = 16;

type Names<T> = readonly (keyof T & string)[];

function names<T>(all: Record<keyof T & string, true>): Names<T> {
	return Object.keys(all) as unknown as Names<T>;
}

const viewNames = names<Omit<View, "rows" | "watermarks" | "entry">>({
	conversation: true,
	position: true,
	held: true,
	top: true,
	foreign: true,
	first: true,
	seen: true,
	reset: true,
});

const entryNames = names<ListEntry>({
	conversation: true,
	kind: true,
	title: true,
	picture: true,
	role: true,
	mutedUntil: true,
	head: true,
	position: true,
	start: true,
	delivered: true,
	seen: true,
	unread: true,
	last: true,
});

const markNames = names<WireWatermark>({
	user: true,
	delivered: true,
	deliveredAt: true,
	seen: true,
	seenAt: true,
});

const lastNames = names<NonNullable<Glance["last"]>>({
	from: true,
	text: true,
	at: true,
	media: true,
});

function valuesOf<T>(names: Names<T>, value: T): unknown[];
function valuesOf<T>(names: Names<T>, value: T | null): unknown[] | null;
function valuesOf<T>(names: Names<T>, value: T | null): unknown[] | null {
	return value && names.map((name) => value[name]);
}

function named<T>(names: Names<T>, values: unknown): T {
	const value: Record<string, unknown> = {};
	for (let at = 0; at < names.length; at += 1) {
		value[names[at] as string] = (values as unknown[])[at];
	}
	return value as T;
}

export function keptHead({ view, glance }: Head): KeptHead {
	const { rows, watermarks, entry } = view;
	const marks = watermarks.size > marksInHead ? [] : [...watermarks.values()];
	return [
		valuesOf(viewNames, view),
		valuesOf(entryNames, entry),
		marks.map((mark) => valuesOf(markNames, mark)),
		rows.size,
		glance && [glance.unread, valuesOf(lastNames, glance.last)],
	];
}

export function headOf(kept: KeptHead): Head {
	const [view, entry, marks, count, glance] = kept;
	const watermarks = (marks as unknown[]).map((mark) => named(markNames, mark));
	const [unread, last] = (glance ?? [0, null]) as [number, unknown[] | null];
	return {
		view: {
			...named(viewNames, view),
			entry: entry ? named(entryNames, entry) : null,
			rows: new LazyRows(count as number),
			watermarks: new Map(watermarks.map((mark) => [mark.user, mark])),
		},
		glance: glance ? { unread, last: last && named(lastNames, last) } : null,
	};
}

/** Which page a conversation is on: never another one. */
export class Pages {
	private readonly pages: string[][] = [];
	private readonly places = new Map<string, number>();

	/** As it was kept. */
	restore(page: number, conversations: readonly string[]): void {
		this.pages[page] = [...conversations];
		for (const conversation of conversations) this.places.set(conversation, page);
	}

	of(conversation: string): number {
		const known = this.places.get(conversation);
		if (known !== undefined) return known;
		const newest = this.pages.length - 1;
		const page = (this.pages[newest]?.length ?? pageHeads) < pageHeads ? newest : newest + 1;
		this.restore(page, [...(this.pages[page] ?? []), conversation]);
		return page;
	}

	on(page: number): readonly string[] {
		return this.pages[page] ?? [];
	}
}
