// What the layer tells its user. Every callback is optional and contained: one that throws is told
// to `fault` and changes nothing here, because state is stored before anybody hears of it.

import type { ErrorCode } from "../base/errors.js";
import type {
	Change,
	ListEntry,
	PresenceState,
	ServerOp,
	WireMessage,
	WireWatermark,
} from "../protocol/frames.js";
import type { Queued } from "./store.js";

export type Welcome = ServerOp & { readonly type: "welcome" };

export type Phase =
	| { readonly type: "connecting" }
	| { readonly type: "ready"; readonly welcome: Welcome }
	/** Between two connections; `retryAt` on the monotonic clock. */
	| { readonly type: "waiting"; readonly code: ErrorCode | null; readonly retryAt: number }
	/** Until started again: by the user, or for a reason that connecting again does not cure. */
	| { readonly type: "stopped"; readonly code: ErrorCode | null };

export interface Events {
	phase?(phase: Phase): void;
	/** A message is held for the first time. Own sends of this device are told by `answered`. */
	message?(conversation: string, message: WireMessage): void;
	/** A held message changed: edited, deleted, expired, hidden, reactions. */
	row?(conversation: string, message: WireMessage): void;
	/** Any other change, and row changes too, as they came. */
	changed?(conversation: string, change: Change, position: number, at: number): void;
	status?(conversation: string, watermarks: readonly WireWatermark[]): void;
	/** A write is durable at the server. `link` is the link it made, if any. */
	answered?(item: Queued, outcome: Outcome): void;
	/** A write is refused for good. */
	refused?(item: Queued, code: ErrorCode, detail: string): void;
	listed?(entries: readonly ListEntry[], last: boolean): void;
	/** The view starts again from the list; null: all of them do. */
	reset?(conversation: string | null): void;
	/** This installation has another device id and outbox from now on. */
	forked?(code: ErrorCode): void;
	presence?(users: readonly PresenceEntry[]): void;
	typed?(conversation: string, user: string, on: boolean): void;
	/** A tab that shares the store has queued a write. */
	queued?(conversation: string | null): void;
	/** The store is another copy than before: of the same, and perhaps of later. */
	replaced?(): void;
	fault?(where: string, cause: unknown): void;
}

export type PresenceEntry = (ServerOp & { readonly type: "presence" })["users"][number] & {
	readonly state: PresenceState;
};

export interface Outcome {
	readonly seq: number;
	readonly position: number;
	readonly at: number;
	readonly link: string | null;
}

export type Emit = <K extends keyof Events>(
	name: K,
	...args: Parameters<NonNullable<Events[K]>>
) => void;

/** Calls callbacks so that none of them can break the caller. */
export function contain(events: Events): Emit {
	return (name, ...args) => {
		try {
			const callback = events[name] as ((...values: unknown[]) => void) | undefined;
			callback?.apply(events, args);
		} catch (cause) {
			report(events, name, cause);
		}
	};
}

function report(events: Events, where: string, cause: unknown): void {
	try {
		events.fault?.(where, cause);
	} catch {
		// The last resort has failed too; there is nobody left to tell.
	}
}
