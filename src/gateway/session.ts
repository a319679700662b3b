// One authenticated connection of a device, from its first byte to its last: the phase it is in,
// what it may still send, what waits to reach it. What the operations mean is in `handshake.ts` and
// `operations.ts`; who has which sessions is in `audience.ts`. No timers: one sweep judges all.

import type { RouterPort, SessionInfo } from "../../actors/port.js";
import type { Clock } from "../base/clock.js";
import type { ErrorCode } from "../base/errors.js";
import type { Log } from "../base/log.js";
import type { ClientFrame, DecodedOp } from "../protocol/codec.js";
import type { ServerOp } from "../protocol/frames.js";
import { closeCodeOf } from "./close-code.js";
import type { Flusher } from "./flusher.js";
import type { GatewayLimits } from "./limits.js";
import { isPush, Outbox, type Sender } from "./outbox.js";
import type { Transport, TransportHandler } from "./transport.js";

/** Times are of the monotonic clock. */
export type Phase =
	| { readonly name: "handshake" }
	| { readonly name: "authenticating"; readonly since: number }
	| { readonly name: "welcomed"; readonly since: number; readonly info: SessionInfo }
	| { readonly name: "ready"; readonly info: SessionInfo }
	/** Past its outbox bound: pushes are dropped until it has drained. */
	| { readonly name: "lagging"; readonly info: SessionInfo }
	| { readonly name: "closing"; readonly since: number }
	| { readonly name: "closed" };

/** Why a socket is not read: several reasons may hold at once. */
export const hold = { window: 1, backedUp: 2, rate: 4, drain: 8 } as const;

/** What sessions share. */
export interface Hub {
	readonly clock: Clock;
	readonly limits: GatewayLimits;
	readonly router: RouterPort;
	readonly flusher: Flusher;
	readonly log: Log;
	encode(op: ServerOp): Uint8Array;
	decode(bytes: Uint8Array): ClientFrame;
	/** The operations of one frame, for the phase the session is in. */
	operate(session: Session, ops: readonly DecodedOp[]): void;
	/** A ready session ends, or a connection that never was one. */
	left(session: Session, info: SessionInfo | null): void;
	/** The session has drained after pushes were dropped. */
	caughtUp(session: Session, info: SessionInfo): void;
	/** Who may see whom has changed around this user. */
	privacyChanged(user: string): void;
	/** This direct conversation exists, perhaps only now. */
	opened(conversation: string): void;
	/** The session ends, for this reason. */
	ending(code: ErrorCode): void;
	/** The connection is gone. */
	gone(session: Session): void;
}

const handshake: Phase = { name: "handshake" };
const closed: Phase = { name: "closed" };

export class Session implements TransportHandler, Sender {
	readonly hub: Hub;
	readonly transport: Transport;
	readonly serial: number;
	readonly outbox = new Outbox();
	phase: Phase = handshake;
	readonly openedAt: number;
	/** Wall clock, ms; 0 before authentication. */
	expiresAt = 0;
	/**
	 * Nothing is due before this (monotonic): the sweep looks at one field of an idle session.
	 * A lower bound: signs of life do not move it, the judgement that it causes does.
	 */
	dueAt = 0;
	/** Any sign of life; monotonic. */
	heardAt: number;
	pingsUnanswered = 0;
	/** When the last whole message came, and the transport's count then. */
	messageAt: number;
	receivedThen = 0;
	/** Since when a message was seen to be under way; 0: not. */
	unfinishedSince = 0;
	/** Since when the transport has had no room; 0: it has. */
	stalledSince = 0;
	/** Numbered operations that wait for their answer. */
	unanswered = 0;
	/** Operations without number since the last sweep. */
	unnumbered = 0;
	/** Transport pings and pongs since the last whole second. */
	controls = 0;
	holds = 0;
	/** A refresh under way: its request number, and since when. */
	refresh: { readonly request: number; readonly since: number } | null = null;
	/** Presence: the wall clock of the last frame, and whether the person has gone idle. */
	frameAt = 0;
	idle = false;
	watches: Set<string> | null = null;
	/** A write under way whose answer changes who may see whom. */
	privacy: { readonly conversation: string | null; readonly n: number } | null = null;

	constructor(hub: Hub, transport: Transport, serial: number) {
		this.hub = hub;
		this.transport = transport;
		this.serial = serial;
		const now = hub.clock.monotonic();
		this.openedAt = now;
		this.heardAt = now;
		this.messageAt = now;
	}

	/** The session as actors know it; null before `ready` and after the end. */
	get live(): SessionInfo | null {
		return this.phase.name === "ready" || this.phase.name === "lagging" ? this.phase.info : null;
	}

	get over(): boolean {
		return this.phase.name === "closing" || this.phase.name === "closed";
	}

	/** Queues operations and counts the answers among them. The caller schedules the flush. */
	queue(ops: readonly ServerOp[]): boolean {
		const lagging = this.phase.name === "lagging";
		for (const op of ops) {
			if (lagging && isPush(op)) continue;
			if (isAnswer(op)) this.answered();
			if (this.privacy !== null) this.privacyAnswered(op);
			if (op.type === "result" && op.result.type === "open") {
				this.hub.opened(op.result.conversation);
			}
			this.outbox.push(op);
		}
		return !this.outbox.empty;
	}

	/** Queues one operation and flushes at the end of the turn. */
	say(op: ServerOp): void {
		if (this.over) return;
		if (isAnswer(op)) this.answered();
		this.outbox.push(op);
		this.hub.flusher.now(this);
	}

	/** Counts a numbered operation; past the window the socket is not read. */
	asked(): void {
		this.unanswered += 1;
		if (this.unanswered === this.hub.limits.window) this.hold(hold.window);
	}

	/** Asked anew once the change is durable, which the answer says. */
	private privacyAnswered(op: ServerOp): void {
		if (op.type !== "answer" && op.type !== "refused") return;
		if (op.n !== this.privacy?.n || op.conversation !== this.privacy.conversation) return;
		this.privacy = null;
		if (op.type === "answer" && this.live !== null) this.hub.privacyChanged(this.live.user);
	}

	private answered(): void {
		if (this.unanswered > 0) this.unanswered -= 1;
		// Half the window, so that reading does not stop and go with every answer.
		if (this.unanswered <= this.hub.limits.window / 2) this.release(hold.window);
	}

	hold(reason: number): void {
		if (this.over) return;
		if (this.holds === 0) this.transport.pause();
		this.holds |= reason;
	}

	release(reason: number): void {
		if ((this.holds & reason) === 0) return;
		this.holds &= ~reason;
		if (this.holds === 0) this.transport.resume();
	}

	/**
	 * Ends the session. Nothing that waits is delivered any more: who ends a session so that its
	 * answers arrive flushes it first.
	 *
	 * Shape: `closeCode` overrides the error table's, for ends that WebSocket has a code for.
	 */
	end(code: ErrorCode, detail = "", retryAfterMs = 0, closeCode = closeCodeOf(code)): void {
		if (this.over) return;
		const info = this.live;
		const { hub, transport } = this;
		this.phase = { name: "closing", since: hub.clock.monotonic() };
		this.dueAt = 0;
		this.outbox.clear();
		hub.ending(code);
		if (transport.writable) {
			const bytes = hub.encode({ type: "goodbye", code, detail, retryAfterMs });
			transport.send([bytes], bytes.length);
		}
		// A paused socket would not see the peer's half of the close.
		if (this.holds !== 0) transport.resume();
		this.holds = 0;
		transport.close(closeCode, code);
		hub.left(this, info);
	}

	/** Cuts the connection without a word. */
	cut(): void {
		this.transport.terminate();
	}

	// -- From the transport ----------------------------------------------------------------------

	received(bytes: Uint8Array): void {
		const now = this.hub.clock.monotonic();
		this.heardAt = now;
		this.messageAt = now;
		this.receivedThen = this.transport.received;
		this.unfinishedSince = 0;
		this.pingsUnanswered = 0;
		if (this.over) return;
		try {
			const frame = this.hub.decode(bytes);
			if (frame.ok) this.hub.operate(this, frame.ops);
			else this.end(frame.code, frame.detail);
		} catch (error) {
			this.broken(error);
		}
	}

	unreadable(): void {
		this.end("PROTOCOL", "messages are binary");
	}

	controlled(): void {
		this.heardAt = this.hub.clock.monotonic();
		this.pingsUnanswered = 0;
		this.controls += 1;
		if (this.controls > this.hub.limits.controlPerSecond) this.cut();
	}

	drained(): void {
		this.stalledSince = 0;
		if (this.over) return;
		if (!this.outbox.empty) this.hub.flusher.now(this);
		else this.emptied();
	}

	closed(_code: number): void {
		if (this.phase.name === "closed") return;
		const ended = this.phase.name === "closing";
		const info = this.live;
		this.phase = closed;
		this.outbox.clear();
		if (!ended) this.hub.left(this, info);
		this.hub.gone(this);
	}

	// -- From the flush --------------------------------------------------------------------------

	emptied(): void {
		this.release(hold.backedUp);
		if (this.phase.name !== "lagging") return;
		const { info } = this.phase;
		this.phase = { name: "ready", info };
		this.hub.caughtUp(this, info);
	}

	backedUp(waitingBytes: number): void {
		const { limits } = this.hub;
		if (this.over) return;
		// Judged by the next sweep, which notes since when.
		if (this.stalledSince === 0) this.dueAt = 0;
		if (waitingBytes > limits.outboxBytesHard) {
			this.end("SLOW_READER", "more answers wait than the session may have");
			return;
		}
		// Who does not read its answers gets to ask no more. A moment's wait is no reason yet: to stop
		// and go costs two system calls.
		if (waitingBytes > limits.gatherBytesMax * 2) this.hold(hold.backedUp);
		if (waitingBytes > limits.outboxBytesMax && this.phase.name === "ready") {
			this.phase = { name: "lagging", info: this.phase.info };
		}
	}

	broken(error: unknown): void {
		this.hub.log("error", "session.fault", { session: this.serial, error: String(error) });
		this.end("INTERNAL");
	}
}

function isAnswer(op: ServerOp): boolean {
	switch (op.type) {
		case "answer":
		case "refused":
		case "result":
			return true;
		case "error":
			return op.request !== null;
		default:
			return false;
	}
}
