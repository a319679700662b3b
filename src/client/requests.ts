// Questions that wait for an answer, by number. Each is answered once: by the server, or by the end
// of the session.

import type { ErrorCode } from "../base/errors.js";
import type { Result } from "../protocol/frames.js";

export type Reply = (result: Result | null, code: ErrorCode | null, detail: string) => void;

/** Requests unanswered at once. */
const requestsMax = 1_024;

export class Requests {
	private waiting = new Map<number, { readonly reply: Reply; readonly about: string | null }>();
	private last = 0;

	/**
	 * A number for the question; null (and the reply is called) when too many wait. `about`: the
	 * conversation it concerns, if any.
	 */
	add(reply: Reply, about: string | null): number | null {
		if (this.waiting.size >= requestsMax) {
			reply(null, "OVERLOADED", "too many requests are unanswered");
			return null;
		}
		this.last += 1;
		this.waiting.set(this.last, { reply, about });
		return this.last;
	}

	get size(): number {
		return this.waiting.size;
	}

	about(request: number): string | null {
		return this.waiting.get(request)?.about ?? null;
	}

	answer(request: number, result: Result | null, code: ErrorCode | null, detail: string): void {
		const one = this.waiting.get(request);
		this.waiting.delete(request);
		one?.reply(result, code, detail);
	}

	/** The session has ended. A reply may ask again; it will hear the same. */
	end(): void {
		const { waiting } = this;
		this.waiting = new Map();
		for (const { reply } of waiting.values()) reply(null, "UNAVAILABLE", "the session ended");
	}
}
