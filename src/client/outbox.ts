// Sends of one session: go-back-N per (outbox, conversation), design §5 S1–S4 and S6. What is
// queued and what is final stands in the store; here is only what is in flight, and dies with the
// session.

import type { Clock } from "../base/clock.js";
import type { ErrorCode } from "../base/errors.js";
import type { ServerOp, WriteOp } from "../protocol/frames.js";
import { retried } from "./ending.js";
import type { ClientStore, Queued, Stream, ViewChange } from "./store.js";

export type Answer = ServerOp & { readonly type: "answer" };
export type Refusal = ServerOp & { readonly type: "refused" };

/** What a refusal means for the session. */
export type Verdict =
	/** The write has failed for good; `item` is null when it was no longer waiting. */
	| { readonly type: "failed"; readonly item: Queued | null }
	/** It goes again. */
	| { readonly type: "again" }
	/** Nothing more is decided under this outbox. */
	| { readonly type: "forked" };

interface Flight {
	readonly conversation: string | null;
	/** Next number to hand to the connection. */
	next: number;
	readonly flying: Set<number>;
	/** Something has to go again once all in flight is answered (S4). */
	back: boolean;
	/** Something became final since the last going back. */
	progress: boolean;
	/** The server asked for patience, not only for an earlier number. */
	busy: boolean;
	/** Rounds without progress, for the back-off. */
	idleRounds: number;
	/** Monotonic time before which nothing goes. */
	notBefore: number;
}

/** Unanswered writes of a session, over all conversations; each has its own window besides. */
export const flyingMax = 4_096;
/** After these nothing more is said under this outbox: it has other writes, or another voice. */
const closing: readonly ErrorCode[] = ["SEND_STALE", "SEND_CONFLICT", "SESSION_STALE"];
const backOffBaseMs = 50;
const backOffMaxMs = 10_000;

export class Outbox {
	private readonly store: ClientStore;
	private readonly clock: Clock;
	private readonly window: number;
	private readonly flights = new Map<string | null, Flight>();
	/** Flights that may have something to send, in order of their turn. */
	private readonly due = new Set<Flight>();
	private flying = 0;
	/** A retry is waiting; the owner asks again at this time. */
	wakeAt: number | null = null;

	constructor(store: ClientStore, clock: Clock, window: number) {
		this.store = store;
		this.clock = clock;
		this.window = window;
		for (const stream of store.streams())
			if (stream.queue.length > 0) this.wake(stream.conversation);
	}

	/** Something was queued. */
	wake(conversation: string | null): void {
		this.due.add(this.flight(conversation));
	}

	/** Writes said and not answered. */
	get unanswered(): number {
		return this.flying;
	}

	get hasDue(): boolean {
		return this.due.size > 0;
	}

	/** The next writes for the connection, one stream after the other so that none starves. */
	take(limit: number): WriteOp[] {
		const ops: WriteOp[] = [];
		const now = this.clock.monotonic();
		this.wakeAt = null;
		for (const flight of this.due) {
			if (ops.length >= limit || this.flying >= flyingMax) break;
			if (flight.notBefore > now) {
				this.wakeAt = Math.min(this.wakeAt ?? flight.notBefore, flight.notBefore);
				continue;
			}
			this.due.delete(flight);
			this.fill(flight, ops, limit);
		}
		return ops;
	}

	private fill(flight: Flight, ops: WriteOp[], limit: number): void {
		const stream = this.store.stream(flight.conversation);
		// While something has to go again, whatever follows would only meet a gap.
		if (stream === undefined || flight.back) return;
		flight.next = Math.max(flight.next, stream.answered + 1);
		const end = Math.min(stream.next - 1, stream.answered + this.window);
		while (flight.next <= end) {
			if (ops.length >= limit || this.flying >= flyingMax) {
				this.due.add(flight);
				return;
			}
			const item = stream.queue[flight.next - stream.answered - 1];
			flight.next += 1;
			if (item !== undefined && !item.settled) ops.push(this.launch(flight, stream, item));
		}
	}

	private launch(flight: Flight, stream: Stream, item: Queued): WriteOp {
		flight.flying.add(item.n);
		this.flying += 1;
		const { conversation, n, command } = item;
		// `answered` is what the store holds at this moment, so it is stored before it is said (S2).
		return { type: "write", conversation, n, answered: stream.answered, command, hash: 0 };
	}

	/** A durable answer. Null: a late one of something already final. */
	answered(op: Answer, change: ViewChange | null): Queued | null {
		const item = this.waiting(op.conversation, op.n);
		if (item !== null) {
			if (change === null || op.conversation === null) this.store.settle(op.conversation, op.n);
			else this.store.settleWith(op.conversation, op.n, change);
		} else if (change !== null && op.conversation !== null) {
			this.store.change(op.conversation, change);
		}
		this.landed(op.conversation, op.n, item !== null);
		return item;
	}

	/** The queued write that an answer is about, if it still waits for one. */
	waiting(conversation: string | null, n: number): Queued | null {
		const stream = this.store.stream(conversation);
		const item = stream?.queue[n - stream.answered - 1];
		return item === undefined || item.settled ? null : item;
	}

	refused(op: Refusal): Verdict {
		if (closing.includes(op.code)) return { type: "forked" };
		if (retried(op.code)) {
			const flight = this.flight(op.conversation);
			flight.back = true;
			flight.busy ||= op.code !== "SEND_GAP";
			this.landed(op.conversation, op.n, false);
			return { type: "again" };
		}
		const item = this.waiting(op.conversation, op.n);
		if (item !== null) this.store.settle(op.conversation, op.n);
		this.landed(op.conversation, op.n, item !== null);
		return { type: "failed", item };
	}

	/** One of a flight is back; the last one of a round decides where the next round begins. */
	private landed(conversation: string | null, n: number, final: boolean): void {
		const flight = this.flight(conversation);
		if (flight.flying.delete(n)) this.flying -= 1;
		flight.progress ||= final;
		this.due.add(flight);
		if (!flight.back || flight.flying.size > 0) return;
		flight.back = false;
		flight.next = 0;
		const calm = flight.progress && !flight.busy;
		flight.idleRounds = calm ? 0 : flight.progress ? 1 : flight.idleRounds + 1;
		flight.progress = false;
		flight.busy = false;
		if (flight.idleRounds > 0) flight.notBefore = this.clock.monotonic() + this.delay(flight);
	}

	/** Half fixed, half random: a round without progress never repeats at once, nor in step. */
	private delay(flight: Flight): number {
		const full = Math.min(backOffMaxMs, backOffBaseMs * 2 ** Math.min(flight.idleRounds, 16));
		return full / 2 + (this.clock.random() * full) / 2;
	}

	private flight(conversation: string | null): Flight {
		let flight = this.flights.get(conversation);
		if (flight === undefined) {
			flight = {
				conversation,
				next: 0,
				flying: new Set(),
				back: false,
				progress: false,
				busy: false,
				idleRounds: 0,
				notBefore: 0,
			};
			this.flights.set(conversation, flight);
		}
		return flight;
	}
}
