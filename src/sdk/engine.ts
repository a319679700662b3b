// What the SDK stands on: a device of the session layer, or a tab that asks the one tab which has
// it. And what conversations need of their client.

import type { Clock } from "../base/clock.js";
import type { Device } from "../client/device.js";
import type { Outcome } from "../client/events.js";
import type { ClientStore, Queued } from "../client/store.js";
import type { Request, Unnumbered } from "../client/sync.js";
import type { Result, WriteCommand } from "../protocol/frames.js";
import type { Glance } from "./glance.js";
import type { Hub, Live } from "./hub.js";
import type { ClientError } from "./types.js";

export type Reads = Pick<
	ClientStore,
	"identity" | "view" | "views" | "fetch" | "stream" | "streams" | "moving" | "movingOf"
> & {
	/** What the list shows of its messages, where that is known without them; null: it is not. */
	glance?(conversation: string): Glance | null;
};

export interface Engine
	extends Pick<
		Device,
		| "start"
		| "flush"
		| "stop"
		| "hurry"
		| "check"
		| "write"
		| "seen"
		| "history"
		| "watch"
		| "unwatch"
		| "typing"
		| "pulse"
	> {
	readonly store: Reads;
	request(request: Unnumbered): Promise<Result>;
}

/** Who hears what became of a write. */
export interface Pending {
	/** It is durable on this device. */
	stored(): void;
	answered(outcome: Outcome): void;
	refused(error: ClientError): void;
}

export type ResultOf<T extends Request["type"]> = Result & { readonly type: T };

/** The client, as its conversations see it. */
export interface Home {
	readonly hub: Hub;
	readonly clock: Clock;
	readonly user: string | null;
	/** Null while the storage is being opened. */
	readonly reads: Reads | null;
	readonly connected: boolean;
	/** Whether the whole list of conversations is stored. */
	readonly listed: Live<boolean>;
	readonly contentBytesMax: number;
	/**
	 * Queue a write; before the storage is open it waits for that.
	 *
	 * Errors: TypeError; of one that waited, `pending` is told.
	 */
	write(conversation: string | null, command: WriteCommand, pending: Pending): void;
	/** Hear of a write that was queued before. */
	follow(item: Queued, pending: Pending): void;
	/** The same, for those who only want to know the end of it. */
	done(conversation: string | null, command: WriteCommand): Promise<Outcome>;
	/** Waits for a connection, and asks again after one that broke. Errors: final ones; CLOSED. */
	ask<T extends Request["type"]>(
		request: Unnumbered<Request & { readonly type: T }>,
	): Promise<ResultOf<T>>;
	history(conversation: string, before: number | null, limit: number): Promise<ResultOf<"history">>;
	/** Runs at once, or when the storage is open. */
	opened(run: (engine: Engine) => void): void;
	/** What is worth keeping beside what the session layer keeps, by name; undefined: nothing. */
	note(name: string): unknown;
	keep(name: string, value: unknown): void;
	/** A list shows something of this conversation that has changed. */
	changed(conversation: string): void;
}

/** Runs when a conversation's rows are at hand, in the store that there is by then. */
export function atHand(home: Home, conversation: string, run: () => void): void {
	const reading = home.reads?.fetch([conversation]) ?? null;
	if (reading === null) run();
	else void reading.then(() => atHand(home, conversation, run));
}
