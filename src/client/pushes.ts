// A push of the server as the step that it is: the same items as in a pull.

import type { ServerOp } from "../protocol/frames.js";
import { hollow } from "../protocol/hollow.js";
import type { Step } from "./step.js";

export function stepOf(
	op: ServerOp & { readonly type: "message" | "skip" | "status" | "changed" },
): Step {
	const { conversation, from } = op;
	switch (op.type) {
		case "message": {
			const { message } = op;
			const items = [{ type: "message", message }] as const;
			return { conversation, from, position: message.position, items, own: null };
		}
		case "skip":
			return { ...skipStep(op), own: null };
		case "status": {
			const { position, watermarks } = op;
			const items = [{ type: "status", position, watermarks }] as const;
			return { conversation, from, position, items, own: null };
		}
		case "changed": {
			const { position, at, change } = op;
			const items = [{ type: "change", position, at, change }] as const;
			return { conversation, from, position, items, own: null, pushed: true };
		}
		default:
			return op satisfies never;
	}
}

function skipStep(op: ServerOp & { readonly type: "skip" }): Omit<Step, "own"> {
	const { conversation, from, position, seq } = op;
	const message = hollow(seq, position, position);
	return { conversation, from, position, items: [{ type: "message", message }] };
}
