// The seam between sessions and actors: batches of plain data in both directions. The gateway
// implements `SessionPort`, the router implements `RouterPort`; either side may one day be on
// another thread or node.

import type { ErrorCode } from "../src/base/errors.js";
import type { ClientOp, Media, ServerOp } from "../src/protocol/frames.js";

/** A session as actors know it. Plain data; `serial` grows with every session of a boot. */
export interface SessionInfo {
	readonly serial: number;
	readonly user: string;
	readonly device: string;
	readonly outbox: string;
	/** The generation that welcome called current, and the one it offered: current from `ready`. */
	readonly current: number;
	readonly generation: number;
	/** When the token was issued that let it in, ms. */
	readonly issuedAt: number;
}

/** Judges and makes the tickets of media references; the key is somebody else's. */
export interface Tickets {
	/** The user presents this reference with its ticket. */
	hold(user: string, reference: Media, now: number): boolean;
	/** A fresh ticket for a reader who is shown the reference. */
	make(user: string, reference: Media): Uint8Array;
}

/** Operations that pass the gateway untouched; hello, refresh, ping and presence end there. */
export type RoutedOp = Exclude<
	ClientOp,
	{ type: "hello" | "refresh" | "ping" | "watch" | "unwatch" | "pulse" }
>;

/** The answer to a hello: what welcome needs, or why there is none. */
export type HelloOutcome =
	| {
			readonly ok: true;
			readonly current: number;
			readonly generation: number;
			readonly fresh: boolean;
			readonly pid: string;
			readonly name: string;
			readonly picture: string;
			readonly presence: "everyone" | "contacts" | "nobody";
	  }
	| { readonly ok: false; readonly code: ErrorCode; readonly detail: string };

/** What the gateway asks of the actors. */
export interface RouterPort {
	/** A verified identity says hello. Creates the user when new; durable before it answers. */
	hello(hello: {
		readonly user: string;
		readonly device: string;
		readonly accepted: number;
		readonly offered: number;
		readonly outbox: string;
		/** When the token was issued, ms; a revocation after it makes it void. */
		readonly issuedAt: number;
	}): Promise<HelloOutcome>;
	/** Operations of one frame, in order. Every op with a number is answered sooner or later. */
	route(session: SessionInfo, ops: readonly RoutedOp[]): void;
	/** The session lagged and has drained, or lost pushes: it gets the marked list again. */
	resync(session: SessionInfo): void;
	/** The session is gone. */
	closed(session: SessionInfo): void;
}

/** What actors ask of the gateway. */
export interface SessionPort {
	/** Queue operations to a session. Unknown and lagging sessions drop pushes silently. */
	deliver(session: number, ops: readonly ServerOp[]): void;
	/**
	 * Queue one operation to all sessions of many users, but for some users and one session; encoded
	 * once, sliced over turns. What is delivered later to one of them comes later.
	 */
	broadcast(
		users: readonly string[],
		op: ServerOp,
		exceptUsers: ReadonlySet<string>,
		exceptSession: number,
	): void;
	/**
	 * The session writes under its outbox. False once a newer one has done so, of a copy of the same
	 * storage that became another device: it outlives any actor, as long as the older one lives.
	 */
	speaks(session: SessionInfo): boolean;
	/** Live, ready sessions of a user on this node. Do not keep the array. */
	sessionsOf(user: string): readonly SessionInfo[];
	/** End the sessions of a user, or of one device, but for `except`. */
	end(user: string, device: string | null, code: ErrorCode, except: number | null): void;
}
