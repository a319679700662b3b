// The one list of a conversation: rows held without a gap, oldest first, then what was sent here
// and is not among them yet. Each row is one object for as long as it is shown. Not here: where
// rows come from, and who is told.

import type { View } from "../client/store.js";
import type { WireMessage } from "../protocol/frames.js";
import { nowhere, type Reach } from "./members.js";
import { keyOf, LiveMessage, type Place, type Send } from "./message.js";
import type { Message } from "./types.js";
import { rowsOf } from "./unread.js";

export class Timeline {
	/** Arrivals up to this number were told to the application, or are older than it. */
	told = 0;
	private readonly place: Place;
	private shown: LiveMessage[] = [];
	private tail: LiveMessage[] = [];
	/** Own ones whose status can still move, by number. */
	private unsettled: LiveMessage[] = [];
	private first = 1;
	private held = 0;
	private reach = nowhere;

	constructor(place: Place) {
		this.place = place;
	}

	list(): readonly Message[] {
		return [...this.shown, ...this.tail];
	}

	/** A message of this device on its way; `at`: behind so many of them. */
	queue(command: Send, at = this.tail.length, elsewhere = false): LiveMessage {
		const message = new LiveMessage(this.place, command, elsewhere);
		this.tail.splice(at, 0, message);
		this.place.changed();
		return message;
	}

	pending(key: string): LiveMessage | undefined {
		return this.tail.find((one) => one.key === key);
	}

	drop(message: LiveMessage): void {
		const at = this.tail.indexOf(message);
		if (at >= 0) this.tail.splice(at, 1);
	}

	/** Shows what the view holds without a gap, and takes off what it does not hold any more. */
	follow(view: View | undefined): void {
		if (view === undefined) return;
		if (view.first > this.first || view.held < this.held) {
			this.rebuild(view);
			return;
		}
		if (view.first < this.first) {
			const before = this.take(rowsOf(view, view.first, this.first - 1));
			this.shown.unshift(...before);
			this.unsettled.sort((one, two) => (one.seq ?? 0) - (two.seq ?? 0));
		}
		if (view.held > this.held) {
			const fresh = this.take(rowsOf(view, Math.max(this.held + 1, view.first), view.held));
			for (const message of fresh) this.shown.push(message);
			this.arrived(fresh, view.held);
		}
		this.first = view.first;
		this.held = view.held;
	}

	private rebuild(view: View): void {
		const known = new Map(this.shown.map((one) => [one.seq, one]));
		this.unsettled = [];
		this.shown = rowsOf(view, view.first, view.held).flatMap((row) => {
			const before = known.get(row.seq);
			if (before === undefined) return this.take([row]);
			before.becomes(row);
			if (before.open) this.unsettled.push(before);
			return row.state === "skip" ? [] : [before];
		});
		this.first = view.first;
		this.held = view.held;
		this.place.changed();
		this.arrived(this.shown, view.held);
	}

	/** Rows changed without a word: a page of history brings them as they are now. */
	refresh(view: View | undefined): void {
		if (view === undefined) return;
		for (const message of [...this.shown]) {
			const row = view.rows.get(message.seq ?? 0);
			if (row !== undefined) this.change(row);
		}
	}

	/** Another history: what was numbered in the former one is gone. */
	restart(): void {
		this.shown = [];
		this.unsettled = [];
		this.first = 1;
		this.held = 0;
		this.told = 0;
		this.reach = nowhere;
		this.place.changed();
	}

	private take(rows: readonly WireMessage[]): LiveMessage[] {
		const taken: LiveMessage[] = [];
		for (const row of rows) {
			const own = this.ownOf(row);
			if (row.state === "skip") continue;
			own?.becomes(row);
			const message = own ?? new LiveMessage(this.place, row);
			if (message.open) {
				this.unsettled.push(message);
				this.apply(message);
			}
			taken.push(message);
		}
		if (taken.length > 0) this.place.changed();
		return taken;
	}

	/** The object of a row that was sent here, taken from the end of the list. */
	private ownOf(row: WireMessage): LiveMessage | undefined {
		if (this.tail.length === 0 || row.outbox === null) return undefined;
		// Answered ones know their number, and most are.
		const found = this.tail.find((one) => one.seq === row.seq) ?? this.sentAs(row);
		if (found !== undefined) this.drop(found);
		return found;
	}

	private sentAs(row: WireMessage): LiveMessage | undefined {
		const id = row.body?.id ?? row.id;
		return id === null ? undefined : this.pending(keyOf(id));
	}

	private arrived(messages: readonly LiveMessage[], held: number): void {
		const { hub } = this.place;
		for (const message of messages) {
			if ((message.seq ?? 0) <= this.told || message.here) continue;
			if (hub.heard("message")) hub.emit("message", message);
		}
		this.told = Math.max(this.told, held);
	}

	/** The next one after this number that was not sent here. */
	arrivalAfter(seq: number): LiveMessage | null {
		for (let at = placeOf(this.shown, seq + 1); at < this.shown.length; at += 1) {
			const message = this.shown[at];
			if (message !== undefined && !message.here) return message;
		}
		return null;
	}

	at(seq: number): LiveMessage | null {
		const found = this.shown[placeOf(this.shown, seq)];
		return found?.seq === seq ? found : null;
	}

	change(row: WireMessage): void {
		const message = this.at(row.seq);
		if (message === null) return;
		if (row.state === "skip") {
			this.shown.splice(placeOf(this.shown, row.seq), 1);
			this.place.changed();
		} else message.becomes(row);
	}

	/** The person has seen others' messages from one number to another. */
	saw(from: number, to: number): void {
		for (let at = placeOf(this.shown, from + 1); at < this.shown.length; at += 1) {
			const message = this.shown[at];
			if (message === undefined || (message.seq ?? 0) > to) break;
			if (message.own) continue;
			message.changed();
			message.settle();
		}
	}

	/** Looks only at what lies between where readers were and where they are: all others stay. */
	measure(reach: Reach): void {
		const before = this.reach;
		this.reach = reach;
		for (const message of this.between(before.delivered, reach.delivered)) this.apply(message);
		for (const message of this.between(before.seen, reach.seen)) this.apply(message);
		for (const message of this.between(reach.from, reach.to)) message.changed();
		this.unsettled.splice(0, placeOf(this.unsettled, reach.seen + 1));
	}

	/** Those of the unsettled after one number and up to another. */
	private between(from: number, to: number): readonly LiveMessage[] {
		const { unsettled } = this;
		return unsettled.slice(placeOf(unsettled, from + 1), placeOf(unsettled, to + 1));
	}

	private apply(message: LiveMessage): void {
		const seq = message.seq ?? 0;
		if (seq <= this.reach.seen) message.reach(3);
		else if (seq <= this.reach.delivered) message.reach(2);
	}

	/** The newest own one that may have gone further than is known here. */
	newestOpen(): number | null {
		return this.unsettled.findLast((one) => one.open)?.seq ?? null;
	}
}

/** Where a number stands in a list that is sorted by them, or would. */
function placeOf(list: readonly LiveMessage[], seq: number): number {
	let low = 0;
	let high = list.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((list[middle]?.seq ?? 0) < seq) low = middle + 1;
		else high = middle;
	}
	return low;
}
