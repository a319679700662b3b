// What waits to leave for one session, and the one flush for all sessions that have something. An
// operation is encoded once however many sessions it goes to, operations of a turn leave as one
// WebSocket message, and a turn of the event loop writes to a bounded number of sockets.

import type { Clock } from "../base/clock.js";
import type { ServerOp } from "../protocol/frames.js";
import type { GatewayLimits } from "./limits.js";
import type { Transport } from "./transport.js";

const noOps: ServerOp[] = [];
const noBytes: Uint8Array[] = [];
/** Encoded operations remembered at most; forgetting one costs encoding it again. */
const encodedMax = 4_096;

/** Whom the flush writes for. A session is one; what happens at its bounds is its own business. */
export interface Sender {
	readonly transport: Transport;
	readonly outbox: Outbox;
	/** Everything has left, and the transport has room. */
	emptied(): void;
	/** The transport has no room, and so many bytes wait. */
	backedUp(waitingBytes: number): void;
	/** An operation could not be encoded or sent: a fault of ours, contained to this session. */
	broken(error: unknown): void;
}

/** Queued for the flush of this turn, for the next round of a large fan-out, or not at all. */
type Queued = "no" | "now" | "round";

/** An idle outbox owns no arrays: there are tens of thousands of them. */
export class Outbox {
	/** As they came; encoded when they leave, so that one buffer serves all who get them. */
	pending: ServerOp[] = noOps;
	/** Encoded and waiting for room, in front of `pending`. */
	backlog: Uint8Array[] = noBytes;
	backlogBytes = 0;
	queued: Queued = "no";

	get empty(): boolean {
		return this.pending.length === 0 && this.backlog.length === 0;
	}

	push(op: ServerOp): void {
		if (this.pending === noOps) this.pending = [op];
		else this.pending.push(op);
	}

	clear(): void {
		this.pending = noOps;
		this.backlog = noBytes;
		this.backlogBytes = 0;
	}
}

/** Pushes may be dropped and are repaired by a pull; everything else is owed. */
export function isPush(op: ServerOp): boolean {
	switch (op.type) {
		case "message":
		case "skip":
		case "status":
		case "changed":
		case "presence":
		case "typed":
		case "marks":
			return true;
		default:
			return false;
	}
}

/**
 * Writes for everybody who has something to send.
 *
 * Order: per session, operations leave in the order of `push`, whichever queue it is in: a fan-out
 *        fills the outboxes at once and only the writing is spread over turns.
 */
export class Flusher {
	private readonly clock: Clock;
	private readonly limits: GatewayLimits;
	private readonly encode: (op: ServerOp) => Uint8Array;
	/** Encoded in this burst; kept only until nobody waits. */
	private readonly encoded = new Map<ServerOp, Uint8Array>();
	private readonly parts: Uint8Array[] = [];
	private urgent: Sender[] = [];
	private urgentHead = 0;
	/** The round that is being written, and the one that gathers meanwhile. */
	private round: Sender[] = [];
	private roundHead = 0;
	private gathering: Sender[] = [];
	private roundAt = Number.NEGATIVE_INFINITY;
	private scheduled = false;
	private sleeping = false;
	private readonly turn = () => this.flush();
	private readonly awake = () => {
		this.sleeping = false;
		this.schedule();
	};

	constructor(clock: Clock, limits: GatewayLimits, encode: (op: ServerOp) => Uint8Array) {
		this.clock = clock;
		this.limits = limits;
		this.encode = encode;
	}

	/** Flushes this session at the end of the turn. */
	now(sender: Sender): void {
		if (sender.outbox.queued === "now") return;
		// One that waits in a round is flushed now instead; the round finds it empty.
		sender.outbox.queued = "now";
		this.urgent.push(sender);
		this.schedule();
	}

	/** Flushes this session in the next round of large fan-outs. */
	inRound(sender: Sender): void {
		if (sender.outbox.queued !== "no") return;
		sender.outbox.queued = "round";
		this.gathering.push(sender);
		this.schedule();
	}

	private schedule(): void {
		if (this.scheduled) return;
		this.scheduled = true;
		this.clock.soon(this.turn);
	}

	private flush(): void {
		this.scheduled = false;
		let budget = this.limits.sendsPerTurn;
		for (; budget > 0 && this.urgentHead < this.urgent.length; budget -= 1) {
			this.one(this.urgent[this.urgentHead++] as Sender, "now");
		}
		if (this.urgentHead < this.urgent.length) this.schedule();
		else {
			this.urgent = [];
			this.urgentHead = 0;
		}
		for (; budget > 0 && this.beginRound(); budget -= 1) {
			this.one(this.round[this.roundHead++] as Sender, "round");
		}
		if (this.roundHead < this.round.length) this.schedule();
		const idle = this.urgent.length === 0 && this.roundHead >= this.round.length;
		if (idle || this.encoded.size > encodedMax) this.encoded.clear();
	}

	/**
	 * True while a round has somebody left. Rounds keep a distance, so that a busy group costs each
	 * of its members a write per distance, not a write per message.
	 */
	private beginRound(): boolean {
		if (this.roundHead < this.round.length) return true;
		this.round = [];
		this.roundHead = 0;
		if (this.gathering.length === 0) return false;
		const now = this.clock.monotonic();
		const waitMs = this.roundAt + this.limits.fanOutGatherMs - now;
		if (waitMs > 0) {
			if (!this.sleeping) this.clock.after(Math.ceil(waitMs), this.awake);
			this.sleeping = true;
			return false;
		}
		this.roundAt = now;
		this.round = this.gathering;
		this.gathering = [];
		return true;
	}

	private one(sender: Sender, queue: "now" | "round"): void {
		const { outbox } = sender;
		if (outbox.queued === queue) outbox.queued = "no";
		if (outbox.empty) return;
		try {
			this.write(sender);
		} catch (error) {
			outbox.clear();
			sender.broken(error);
		}
	}

	/** Writes until all has left or the transport is full; then keeps the rest as bytes. */
	write(sender: Sender): void {
		const { outbox, transport } = sender;
		while (!outbox.empty) {
			if (!transport.writable) {
				this.keep(outbox);
				sender.backedUp(outbox.backlogBytes + transport.buffered);
				return;
			}
			this.send(outbox, transport);
		}
		if (transport.writable) sender.emptied();
	}

	/** One WebSocket message of as much as may be gathered. */
	private send(outbox: Outbox, transport: Transport): void {
		const { parts } = this;
		let bytes = 0;
		let taken = 0;
		for (const part of outbox.backlog) {
			if (bytes > 0 && bytes + part.length > this.limits.gatherBytesMax) break;
			parts.push(part);
			bytes += part.length;
			taken += 1;
		}
		outbox.backlogBytes -= bytes;
		const rest = taken < outbox.backlog.length;
		outbox.backlog = rest ? outbox.backlog.slice(taken) : noBytes;
		if (!rest) bytes = this.gather(outbox, bytes);
		transport.send(parts, bytes);
		parts.length = 0;
	}

	private gather(outbox: Outbox, already: number): number {
		let bytes = already;
		for (let at = 0; at < outbox.pending.length; at += 1) {
			const part = this.bytesOf(outbox.pending[at] as ServerOp);
			if (bytes > 0 && bytes + part.length > this.limits.gatherBytesMax) {
				outbox.pending = outbox.pending.slice(at);
				return bytes;
			}
			this.parts.push(part);
			bytes += part.length;
		}
		outbox.pending = noOps;
		return bytes;
	}

	/** From here on the session's memory is counted: pushed objects become bytes. */
	private keep(outbox: Outbox): void {
		if (outbox.pending.length === 0) return;
		if (outbox.backlog === noBytes) outbox.backlog = [];
		for (const op of outbox.pending) {
			const part = this.bytesOf(op);
			outbox.backlog.push(part);
			outbox.backlogBytes += part.length;
		}
		outbox.pending = noOps;
	}

	private bytesOf(op: ServerOp): Uint8Array {
		// What only one session gets is not worth remembering.
		if (!isPush(op)) return this.encode(op);
		let bytes = this.encoded.get(op);
		if (bytes === undefined) {
			bytes = this.encode(op);
			this.encoded.set(op, bytes);
		}
		return bytes;
	}
}
