// Questions that wait for an answer, by number. Each is answered once: by the server, or by the end
// of the session.

import type { ErrorCode } from "../base/errors.js";
import type { Result } from "../protocol/frames.js";

export type Reply = (result: Result | null, code: ErrorCode | null, detail: string) => void;

/** Requests unanswered at once. */
const requestsMax = 1_024;

export class Requests {
	private waiting = new Map<number, Reply>();
	private last = 0;

	/** A number for the question; null (and the reply is called) when too many wait. */
	add(reply: Reply): number | null {
		if (this.waiting.size >= requestsMax) {
			reply(null, "OVERLOADED", "too many requests are unanswered");
			return null;
		}
		this.last += 1;
		this.waiting.set(this.last, reply);
		return this.last;
	}

	get size(): number {
		return this.waiting.size;
	}

	answer(request: number, result: Result | null, code: ErrorCode | null, detail: string): void {
		const reply = this.waiting.get(request);
		this.waiting.delete(request);
		reply?.(result, code, detail);
	}

	/** The session has ended. A reply may ask again; it will hear the same. */
	end(): void {
		const { waiting } = this;
		this.waiting = new Map();
		for (const reply of waiting.values()) reply(null, "UNAVAILABLE", "the session ended");
	}
}
