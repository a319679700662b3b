// What a run of pull items or pushes changes in a view. Pure: from the view as stored to a change
// of it and what to tell. Rules Y5 (never an older row) and gapless `held` are here and nowhere
// else.

import type {
	Change,
	ListEntry,
	PullItem,
	WireMessage,
	WireWatermark,
} from "../protocol/frames.js";
import { idOf } from "./own.js";
import type { View, ViewChange } from "./store.js";

/** Items that take a device from `from` to `position`, whichever way they came. */
export interface Step {
	readonly conversation: string;
	readonly from: number;
	readonly position: number;
	readonly items: readonly PullItem[];
	/**
	 * This device's own write: its outcome is told as such, not as news. What it does to a row
	 * depends on the row as it is when the step is taken, which may be after a pull.
	 */
	readonly own: ((view: View | undefined) => readonly PullItem[]) | null;
	/** A change as a push tells it: the row without its reactions, which only readers look up. */
	readonly pushed?: true;
}

export function itemsOf(step: Step, view: View | undefined): readonly PullItem[] {
	return step.own === null ? step.items : step.own(view);
}

/** What to tell, in order, once the change is stored. */
export type Note =
	| { readonly type: "message"; readonly message: WireMessage }
	| { readonly type: "row"; readonly message: WireMessage }
	| {
			readonly type: "changed";
			readonly change: Change;
			readonly position: number;
			readonly at: number;
	  }
	| { readonly type: "status"; readonly watermarks: readonly WireWatermark[] };

export interface Taken {
	readonly change: ViewChange;
	readonly notes: readonly Note[];
	/** Something changed a row that is not held, and is held nowhere now. */
	readonly missed: boolean;
}

/**
 * Apply items in order.
 *
 * Shape: `complete` is false in the middle of a pull, where a higher `seq` may come before a lower
 *        one (a row stands where it last changed): `held` then grows only without a gap.
 */
export function take(
	view: View | undefined,
	items: readonly PullItem[],
	position: number,
	complete: boolean,
	me: string,
	pushed = false,
): Taken {
	const draft = new Draft(view, me, pushed);
	for (const item of items) draft.add(item);
	return draft.finish(Math.max(position, view?.position ?? 0), complete);
}

/** No version of a row comes after this one. */
const lastVersion = Number.MAX_SAFE_INTEGER;

class Draft {
	private readonly view: View | undefined;
	private readonly me: string;
	private readonly pushed: boolean;
	private missed = false;
	private readonly rows = new Map<number, WireMessage>();
	private readonly watermarks = new Map<string, WireWatermark>();
	private readonly notes: Note[] = [];
	private entry: ListEntry | null;
	private held: number;
	private foreign: number;
	private top: number;

	constructor(view: View | undefined, me: string, pushed: boolean) {
		this.view = view;
		this.me = me;
		this.pushed = pushed;
		this.entry = view?.entry ?? null;
		this.held = view?.held ?? 0;
		this.foreign = view?.foreign ?? 0;
		this.top = view?.top ?? 0;
	}

	add(item: PullItem): void {
		if (item.type === "message") this.message(item.message);
		else if (item.type === "status") this.status(item.watermarks);
		else this.changed(item.change, item.position, item.at);
	}

	finish(position: number, complete: boolean): Taken {
		const { rows, watermarks, top, foreign, notes, missed } = this;
		const held = complete ? Math.max(this.held, top) : this.held;
		const { entry } = this;
		return {
			change: {
				...(entry === null || entry === this.view?.entry ? {} : { entry }),
				position,
				held,
				top,
				foreign,
				rows: [...rows.values()],
				watermarks: [...watermarks.values()],
			},
			notes,
			missed,
		};
	}

	private row(seq: number): WireMessage | undefined {
		return this.rows.get(seq) ?? this.view?.rows.get(seq);
	}

	private message(message: WireMessage): void {
		const { seq } = message;
		const before = this.row(seq);
		if (this.put(message)) {
			if (before === undefined) this.notes.push({ type: "message", message });
			else if (before.changed < message.changed) this.notes.push({ type: "row", message });
		}
		if (seq === this.held + 1) this.held = seq;
		if (seq > this.top) this.top = seq;
		if (message.state !== "skip" && message.sender !== this.me && seq > this.foreign) {
			this.foreign = seq;
		}
	}

	/** [Y5] A row is never replaced by an older one. */
	private put(message: WireMessage): boolean {
		const before = this.row(message.seq);
		if (before !== undefined && before.changed > message.changed) return false;
		this.rows.set(message.seq, message);
		return true;
	}

	/** Only what moves on is told: a pull may have brought a watermark ahead of a push. */
	private status(watermarks: readonly WireWatermark[]): void {
		const moved: WireWatermark[] = [];
		for (const mark of watermarks) {
			const before = this.watermarks.get(mark.user) ?? this.view?.watermarks.get(mark.user);
			const now = before === undefined ? mark : later(before, mark);
			this.watermarks.set(mark.user, now);
			const same = before?.delivered === now.delivered && before.seen === now.seen;
			if (!same) moved.push(now);
		}
		if (moved.length > 0) this.notes.push({ type: "status", watermarks: moved });
	}

	private changed(change: Change, position: number, at: number): void {
		const message = this.changedRow(change, position);
		if (message !== null && this.put(message)) this.notes.push({ type: "row", message });
		// What the list was told with is newer than what only leads up to it.
		if (this.entry !== null && position > this.entry.position) {
			this.entry = folded(this.entry, change, this.me);
		}
		this.notes.push({ type: "changed", change, position, at });
	}

	private changedRow(change: Change, position: number): WireMessage | null {
		if (change.type === "row") {
			const { message } = change;
			if (!this.pushed || message.state !== "live") return message;
			const before = this.known(message.seq);
			return before && { ...message, reactions: before.reactions };
		}
		if (change.type === "hidden") {
			const before = this.known(change.seq);
			// Its id stays: a fork finds its own sends by it. What comes later changes it no
			// more: other members do not know that it is hidden here.
			if (before === null) return null;
			const id = idOf(before);
			return { ...before, state: "skip", body: null, changed: lastVersion, reactions: [], id };
		}
		if (change.type !== "reacted") return null;
		const before = this.known(change.seq);
		return before && { ...reacted(before, change.user, change.emoji), changed: position };
	}

	/** A row that is not held stays unheld: whoever asks for it later gets it as it is then. */
	private known(seq: number): WireMessage | null {
		const row = this.row(seq);
		this.missed ||= row === undefined;
		return row ?? null;
	}
}

function reacted(row: WireMessage, user: string, emoji: string | null): WireMessage {
	const others = row.reactions.filter((one) => one.user !== user);
	return { ...row, reactions: emoji === null ? others : [...others, { user, emoji }] };
}

/** The entry of the list as it would be told after a change. */
export function folded(entry: ListEntry, change: Change, me: string): ListEntry {
	switch (change.type) {
		case "described": {
			const { title, picture } = change;
			return { ...entry, title: title ?? entry.title, picture: picture ?? entry.picture };
		}
		case "muted":
			return { ...entry, mutedUntil: change.until };
		case "role":
			return change.user === me ? { ...entry, role: change.role } : entry;
		case "added":
			return change.users.includes(me) ? { ...entry, role: "member" } : entry;
		case "removed":
			return change.users.includes(me) ? { ...entry, role: "removed" } : entry;
		default:
			return entry;
	}
}

/** Watermarks never go back, whatever order they were told in. */
function later(one: WireWatermark, two: WireWatermark): WireWatermark {
	const delivered = two.delivered >= one.delivered ? two : one;
	const seen = two.seen >= one.seen ? two : one;
	return {
		user: two.user,
		delivered: delivered.delivered,
		deliveredAt: delivered.deliveredAt,
		seen: seen.seen,
		seenAt: seen.seenAt,
	};
}

/**
 * Whether a step tells anything to a view at this position. A status may share its position with
 * the message that it came with (`seenUpTo`), and hearing one twice does nothing.
 */
export function news(step: Step, position: number): boolean {
	if (step.position !== position) return step.position > position;
	return step.own === null && step.items.every((item) => item.type === "status");
}

/**
 * A page of history: rows only, at any place; neither the cursor nor `held` moves.
 *
 * Shape: `before` as it was asked: the page is everything visible from its lowest row up to there.
 */
export function takeHistory(
	view: View | undefined,
	before: number | null,
	messages: readonly WireMessage[],
	more: boolean,
): ViewChange {
	const rows = messages.filter((message) => {
		const known = view?.rows.get(message.seq);
		return known === undefined || known.changed < message.changed;
	});
	const first = view?.first ?? 1;
	// Only a page that joins what is held makes it reach further down.
	if (before !== null && before < first) return { rows };
	if (!more || messages.length === 0) return { rows, first: 1 };
	const lowest = messages.reduce((least, one) => Math.min(least, one.seq), first);
	return { rows, first: lowest };
}
