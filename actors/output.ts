// What an actor hands to the commit pipeline beside rows: it leaves once the position it was
// decided at is committed. Plain data, but for `call`, the answer to one who waits inside the
// process.

import type { BrokerError } from "../src/base/errors.js";
import type { Effect } from "../src/domain/effect.js";
import type { ServerOp } from "../src/protocol/frames.js";
import type { SessionInfo } from "./port.js";

export type Output =
	/** `direct`: past the user's actor, as the pushes of a large conversation go: in one order. */
	| {
			readonly type: "reply";
			readonly session: SessionInfo;
			readonly op: ServerOp;
			readonly direct: boolean;
	  }
	/** To all sessions of the listed users but one: no position, no promise. */
	| {
			readonly type: "tell";
			readonly users: readonly string[];
			readonly except: string;
			readonly op: ServerOp;
	  }
	| { readonly type: "marks"; readonly session: SessionInfo }
	| {
			readonly type: "call";
			readonly done: () => void;
			readonly failed: (error: BrokerError) => void;
	  }
	/** `origin`: the session that caused it and learns of it by its answer. */
	| {
			readonly type: "effect";
			readonly effect: Effect;
			readonly origin: SessionInfo | null;
			readonly direct: boolean;
	  };

/**
 * What a session hears instead when the commit failed: the outcome is unknown, send it again.
 * Null when nothing was promised.
 */
export function outcomeUnknown(op: ServerOp): ServerOp | null {
	switch (op.type) {
		case "answer":
		case "refused":
			return {
				type: "refused",
				conversation: op.conversation,
				n: op.n,
				code: "JOURNAL_IO",
				detail: "",
				expected: null,
			};
		case "result":
		case "error":
			return op.request === null
				? null
				: { type: "error", request: op.request, code: "JOURNAL_IO", detail: "" };
		default:
			return null;
	}
}
