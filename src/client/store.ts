// What a device holds durably, and the transactions that change it. Each method is one transaction:
// all of it or none of it is there after a crash. Adapters stand beside (`memory-store.ts`).

import type { ListEntry, WireMessage, WireWatermark, WriteCommand } from "../protocol/frames.js";

/** Who this installation is to the server. */
export interface Identity {
	readonly device: string;
	/** Hex, 32 digits; made together with the storage. */
	readonly outbox: string;
	/** The generation that the server called current last, and the one it offered; 0: never. */
	readonly accepted: number;
	readonly offered: number;
	/** The history that positions belong to; null: none yet. */
	readonly epoch: string | null;
	/** The whole conversation list is stored. */
	readonly listed: boolean;
}

/** What a welcome says to be stored. */
export interface Began {
	readonly current: number;
	readonly generation: number;
	readonly epoch: string;
}

/** A write that waits for its final outcome. */
export interface Queued {
	/** The device's own name for it, which survives a move to another outbox. */
	readonly ref: number;
	readonly conversation: string | null;
	readonly outbox: string;
	/** Its number in (outbox, conversation); 0: not numbered yet (behind a move). */
	readonly n: number;
	readonly command: WriteCommand;
	/** Highest `seq` held when it was queued: its own row, if there is one, lies above. */
	readonly headAt: number;
	/** It was said under a former outbox: it may have been done, though nobody told. */
	readonly moved: boolean;
	/** It has its final outcome; kept only while an earlier number has none. */
	readonly settled: boolean;
}

/** The numbers of (this outbox, one conversation). */
export interface Stream {
	readonly conversation: string | null;
	/** The number that the next write gets. Never goes back. */
	readonly next: number;
	/** Every number up to here has a final outcome. */
	readonly answered: number;
	/** `answered + 1 … next − 1`, without holes. */
	readonly queue: readonly Queued[];
}

/** One conversation as this device has it. */
export interface View {
	readonly conversation: string;
	/** The cursor: everything visible up to here is held. */
	readonly position: number;
	/** Highest `seq` held without a gap: what may be confirmed. */
	readonly held: number;
	/** Highest `seq` met; above `held` only in the middle of a pull. */
	readonly top: number;
	/** Highest `seq` met that came from someone else. */
	readonly foreign: number;
	/** Everything visible from this `seq` up to `held` is held. */
	readonly first: number;
	/** What the person has seen, as said; may be ahead of what the server knows. */
	readonly seen: number;
	readonly rows: ReadonlyMap<number, WireMessage>;
	readonly watermarks: ReadonlyMap<string, WireWatermark>;
	/** The entry of the list that this view last met; null: it came by a push or a mark. */
	readonly entry: ListEntry | null;
	/** The position is not kept by the server any more: start again from the list. */
	readonly reset: boolean;
}

/** What one step changes in a view. Absent: unchanged. */
export interface ViewChange {
	readonly position?: number;
	readonly held?: number;
	readonly top?: number;
	readonly foreign?: number;
	readonly first?: number;
	readonly seen?: number;
	readonly rows?: readonly WireMessage[];
	readonly watermarks?: readonly WireWatermark[];
	readonly entry?: ListEntry;
	readonly reset?: boolean;
	/** Forget rows and watermarks before the rest is applied. */
	readonly clear?: boolean;
}

/** Reads are of the last transaction; what they return must not be kept across one. */
export interface ClientStore {
	identity(): Identity;
	/** The welcome's generations, and its epoch: another one forgets all views and the list. */
	began(welcome: Began): void;
	/** Every page of the list is stored. */
	listed(): void;

	stream(conversation: string | null): Stream | undefined;
	streams(): Iterable<Stream>;
	/** Number and keep a write; behind a move of the same conversation it waits without a number. */
	enqueue(conversation: string | null, command: WriteCommand): Queued;
	/** A final outcome. `answered` passes over every settled number in front. */
	settle(conversation: string | null, n: number): void;

	view(conversation: string): View | undefined;
	views(): Iterable<View>;
	/**
	 * Rows of a view may be read and changed only when they are at hand, and then stay so. Null:
	 * those of these conversations are; else it resolves when they are.
	 */
	fetch(conversations: Iterable<string>): Promise<void> | null;
	/** Creates the view when there is none. */
	change(conversation: string, change: ViewChange): void;
	/** An answer and what it shows of the conversation, in one. */
	settleWith(conversation: string, n: number, change: ViewChange): void;

	/**
	 * Another device id, another outbox, or both; views stay. Under another outbox unsettled writes
	 * wait in `moving`, in order.
	 */
	fork(names: { readonly device?: string; readonly outbox?: string }): void;
	/** Writes of former outboxes that are not in the present one yet, in order. */
	moving(): Iterable<string | null>;
	movingOf(conversation: string | null): readonly Queued[];
	/** One conversation's move: those found in history are done, the rest gets new numbers. */
	moved(conversation: string | null, found: ReadonlySet<number>): void;

	/** Whatever else is worth keeping, by name: plain data; undefined: nothing. */
	note(name: string): unknown;
	keep(name: string, value: unknown): void;
}
