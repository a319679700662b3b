// What waits to leave for one session. When it leaves, and for how many sessions a turn, is decided
// by `flusher.ts`.

import type { ServerOp } from "../protocol/frames.js";
import type { Transport } from "./transport.js";

const noOps: ServerOp[] = [];
const noBytes: Uint8Array[] = [];
/** A page travels alone. */
const pageBytes = 256 * 1_024;

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
	private pending: ServerOp[] = noOps;
	/** Encoded and waiting for room, in front of `pending`. */
	private backlog: Uint8Array[] = noBytes;
	backlogBytes = 0;
	queued: Queued = "no";

	get hasBacklog(): boolean {
		return this.backlog.length > 0;
	}

	get empty(): boolean {
		return this.pending.length === 0 && this.backlog.length === 0;
	}

	push(op: ServerOp): void {
		if (this.pending === noOps) this.pending = [op];
		else this.pending.push(op);
	}

	/** The next operations to leave together: not more than so many bytes, but one at least. */
	takePending(bytesMax: number): ServerOp[] {
		const { pending } = this;
		let bytes = 0;
		let count = 0;
		for (const op of pending) {
			bytes += roughBytes(op);
			if (count > 0 && bytes > bytesMax) break;
			count += 1;
		}
		if (count === pending.length) {
			this.pending = noOps;
			return pending;
		}
		this.pending = pending.slice(count);
		return pending.slice(0, count);
	}

	/** The same of what is encoded already. */
	takeBacklog(bytesMax: number): Uint8Array[] {
		const { backlog } = this;
		let bytes = 0;
		let count = 0;
		for (const part of backlog) {
			if (count > 0 && bytes + part.length > bytesMax) break;
			bytes += part.length;
			count += 1;
		}
		this.backlogBytes -= bytes;
		if (count === backlog.length) {
			this.backlog = noBytes;
			return backlog;
		}
		this.backlog = backlog.slice(count);
		return backlog.slice(0, count);
	}

	/** Keeps all that is pending as bytes, which are counted from here on. */
	keep(bytesOf: (op: ServerOp) => Uint8Array): void {
		if (this.pending.length === 0) return;
		if (this.backlog === noBytes) this.backlog = [];
		for (const op of this.pending) {
			const part = bytesOf(op);
			this.backlog.push(part);
			this.backlogBytes += part.length;
		}
		this.pending = noOps;
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

/** About how many bytes an operation takes: to gather by, without encoding it. */
export function roughBytes(op: ServerOp): number {
	switch (op.type) {
		case "message":
			return 256 + (op.message.body?.content.length ?? 0);
		case "changed":
			return op.change.type === "row" ? 256 + (op.change.message.body?.content.length ?? 0) : 512;
		case "status":
			return 128 + 128 * op.watermarks.length;
		case "presence":
			return 64 + 128 * op.users.length;
		case "marks":
			return 64 + 128 * op.marks.length;
		case "result":
			// Pages are cut by bytes where they are made, to what a client takes in one message.
			return op.result.type === "ping" || op.result.type === "refresh" ? 64 : pageBytes;
		default:
			return 256;
	}
}
