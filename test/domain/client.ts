// The outbox of one user's device and what its numbers must mean: the independent side of S1–S5.

import assert from "node:assert/strict";
import type { Write } from "../../src/domain/event.js";
import { outboxOf } from "./words.js";

/** Small, so that histories come to its edge. */
export const window = 6;

export type Outcome =
	| { readonly type: "accepted"; readonly position: number; readonly seq: number }
	/** Decided, and refused for good. */
	| { readonly type: "rejected"; readonly code: string }
	/** Not decided. */
	| { readonly type: "refused"; readonly code: string };

export class Client {
	session = 1;
	private last = 0;
	/** Numbers up to here have an outcome that is not "accepted". */
	private floor = 0;
	/** What the server has heard of `answered` in an accepted write. */
	private heard = 0;
	/** The highest number that was accepted, or recognised, in this session. */
	private reached = 0;
	private readonly made = new Map<number, { write: Write; outcome: Outcome }>();

	constructor(readonly user: string) {}

	/** The next number; so many before it have no stored outcome yet. */
	next(inFlight: number): Write {
		const n = this.last + 1;
		const answered = Math.max(this.floor, this.heard, Math.min(n - 1, n - 1 - inFlight));
		return { outbox: outboxOf(this.user), n, answered, hash: n * 7 };
	}

	/** A number used before, or null when there is none. */
	earlier(back: number, altered: boolean): Write | null {
		const n = this.last - back;
		const known = this.made.get(n);
		if (known === undefined) return null;
		return altered ? { ...known.write, hash: known.write.hash + 1 } : known.write;
	}

	/** What a number must come to; "decide": whatever the domain says. */
	expect(write: Write): Outcome | "decide" {
		if (write.n > this.last) {
			const next = Math.max(write.answered, this.reached) + 1;
			return write.n > next ? { type: "refused", code: "SEND_GAP" } : "decide";
		}
		const known = this.made.get(write.n);
		assert.ok(known !== undefined);
		if (write.n <= this.heard) return { type: "refused", code: "SEND_STALE" };
		if (known.write.hash === write.hash) return known.outcome;
		return { type: "refused", code: "SEND_CONFLICT" };
	}

	learn(write: Write, outcome: Outcome): void {
		if (outcome.type === "refused") return;
		if (outcome.type === "accepted") this.reached = Math.max(this.reached, write.n);
		if (write.n <= this.last) return;
		this.last = write.n;
		if (outcome.type === "rejected") {
			this.floor = write.n;
			return;
		}
		this.made.set(write.n, { write, outcome });
		this.heard = Math.max(this.heard, write.answered);
	}

	reconnect(): void {
		this.session++;
		this.reached = 0;
	}

	/** What a session has reached is soft knowledge, and the session ends with the server anyway. */
	crash(): void {
		this.reconnect();
	}
}
