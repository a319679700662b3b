// What a store keeps of conversations apart from their rows, many to an entry: a start reads a few
// large entries instead of ten thousand small ones, which a browser would take seconds for. The
// order of the names is part of the format (`kept-store.ts`).

import type { OwnView } from "../client/memory-store.js";
import type { ListEntry } from "../protocol/frames.js";
import type { Glance } from "./glance.js";
import { LateMap } from "./late-map.js";
import { LazyRows } from "./lazy-rows.js";

/** A view without its rows, and what the list shows of them. */
export interface Head {
	readonly view: OwnView;
	/** Null: not known without the rows. */
	readonly glance: Glance | null;
}

// Plain values in a fixed order, which ten thousand heads need not name again.

type KeptView = readonly [
	conversation: string,
	position: number,
	held: number,
	top: number,
	foreign: number,
	first: number,
	seen: number,
	reset: boolean,
];

type KeptEntry = readonly [
	conversation: string,
	kind: ListEntry["kind"],
	title: string,
	picture: string,
	role: ListEntry["role"],
	mutedUntil: number,
	head: number,
	position: number,
	start: number,
	delivered: number,
	seen: number,
	unread: number,
	last: ListEntry["last"],
];

type KeptMark = readonly [
	user: string,
	delivered: number,
	deliveredAt: number,
	seen: number,
	seenAt: number,
];

type Last = NonNullable<Glance["last"]>;
type KeptLast = readonly [from: string, text: string, at: number, media: Last["media"]];

export type KeptHead = readonly [
	view: KeptView,
	entry: KeptEntry | null,
	marks: readonly KeptMark[],
	rows: number,
	glance: readonly [unread: number, last: KeptLast | null] | null,
];

/** Conversations of one page: all are written again when one changes. */
const pageHeads = 32;
/** With more members than this watermarks are an entry of their own. */
export const marksInHead = 16;

export function keptHead({ view, glance }: Head): KeptHead {
	const { conversation, position, held, top, foreign, first, seen, reset } = view;
	const { entry, rows, watermarks } = view;
	const marks = watermarks.size > marksInHead ? [] : [...watermarks.values()];
	return [
		[conversation, position, held, top, foreign, first, seen, reset],
		entry && (entryNames.map((name) => entry[name]) as unknown as KeptEntry),
		marks.map((mark) => [mark.user, mark.delivered, mark.deliveredAt, mark.seen, mark.seenAt]),
		rows.size,
		glance && [glance.unread, glance.last && keptLast(glance.last)],
	];
}

export function headOf([view, entry, marks, count, glance]: KeptHead): Head {
	const [conversation, position, held, top, foreign, first, seen, reset] = view;
	return {
		view: {
			conversation,
			position,
			held,
			top,
			foreign,
			first,
			seen,
			rows: new LazyRows(count),
			watermarks: new LateMap(() => new Map(marks.map(markOf))),
			entry: entry && entryOf(entry),
			reset,
		},
		glance: glance && { unread: glance[0], last: glance[1] && lastOf(glance[1]) },
	};
}

function entryOf([
	conversation,
	kind,
	title,
	picture,
	role,
	mutedUntil,
	head,
	position,
	start,
	delivered,
	seen,
	unread,
	last,
]: KeptEntry): ListEntry {
	return {
		conversation,
		kind,
		title,
		picture,
		role,
		mutedUntil,
		head,
		position,
		start,
		delivered,
		seen,
		unread,
		last,
	};
}

/** In the order in which they are read. */
const entryNames = Object.keys(entryOf([] as unknown as KeptEntry)) as (keyof ListEntry)[];

function markOf([user, delivered, deliveredAt, seen, seenAt]: KeptMark) {
	return [user, { user, delivered, deliveredAt, seen, seenAt }] as const;
}

function keptLast({ from, text, at, media }: Last): KeptLast {
	return [from, text, at, media];
}

function lastOf([from, text, at, media]: KeptLast): Last {
	return { from, text, at, media };
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
