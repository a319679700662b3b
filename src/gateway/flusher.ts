// The one flush for all sessions that have something to say. Operations of a turn leave as one
// WebSocket message, an operation for many is encoded once, and a turn of the event loop writes to
// a bounded number of sockets.

import type { Clock } from "../base/clock.js";
import type { ServerOp } from "../protocol/frames.js";
import type { GatewayLimits } from "./limits.js";
import type { Sender } from "./outbox.js";

/** Encoded operations remembered at most; forgetting one costs encoding it again. */
const encodedMax = 4_096;
/** A kept piece may have this much beside it in its buffer. */
const slackBytes = 1_024;

export interface Encoder {
	one(op: ServerOp): Uint8Array;
	/** Back to back. */
	many(ops: readonly ServerOp[]): Uint8Array;
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
	private readonly encoder: Encoder;
	/** Operations that more than one session gets, and their bytes once somebody needed them. */
	private readonly shared = new Map<ServerOp, Uint8Array | null>();
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

	constructor(clock: Clock, limits: GatewayLimits, encoder: Encoder) {
		this.clock = clock;
		this.limits = limits;
		this.encoder = encoder;
	}

	/** This very object goes to several sessions: worth remembering until all have it. */
	share(op: ServerOp): void {
		if (!this.shared.has(op)) this.shared.set(op, null);
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
		if (idle || this.shared.size > encodedMax) this.shared.clear();
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
	private write(sender: Sender): void {
		const { outbox, transport } = sender;
		const { gatherBytesMax } = this.limits;
		while (!outbox.empty) {
			if (!transport.writable) {
				outbox.keep(this.keptBytesOf);
				sender.backedUp(outbox.backlogBytes + transport.buffered);
				return;
			}
			if (outbox.hasBacklog) send(sender, outbox.takeBacklog(gatherBytesMax));
			else send(sender, this.encode(outbox.takePending(gatherBytesMax)));
		}
		if (transport.writable) sender.emptied();
		else sender.backedUp(transport.buffered);
	}

	/** What only one session gets is written in one go and not remembered: most of the traffic. */
	private encode(ops: readonly ServerOp[]): Uint8Array[] {
		const { shared, encoder } = this;
		if (shared.size === 0 || !ops.some((op) => shared.has(op))) return [encoder.many(ops)];
		return ops.map((op) => (shared.has(op) ? this.sharedBytesOf(op) : encoder.one(op)));
	}

	private sharedBytesOf(op: ServerOp): Uint8Array {
		let bytes = this.shared.get(op) ?? null;
		if (bytes === null) {
			// Its own buffer, because it may be kept: a piece of a slab would keep the slab.
			bytes = compact(this.encoder.one(op));
			this.shared.set(op, bytes);
		}
		return bytes;
	}

	private readonly keptBytesOf = (op: ServerOp): Uint8Array =>
		this.shared.has(op) ? this.sharedBytesOf(op) : compact(this.encoder.one(op));
}

function send({ transport }: Sender, parts: readonly Uint8Array[]): void {
	let bytes = 0;
	for (const part of parts) bytes += part.length;
	transport.send(parts, bytes);
}

/** Bytes that keep nothing else alive. */
function compact(bytes: Uint8Array): Uint8Array {
	return bytes.buffer.byteLength <= bytes.length + slackBytes ? bytes : bytes.slice();
}
