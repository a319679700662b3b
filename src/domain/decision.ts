// What `decide` returns: one event, nothing to record, or a rejection with its code.

import type { ErrorCode } from "../base/errors.js";

export interface Rejection {
	readonly code: ErrorCode;
	readonly detail: string;
}

export type Decision<Event> =
	| { readonly type: "accepted"; readonly event: Event }
	/** Nothing to record: it is so already. */
	| { readonly type: "nothing" }
	| { readonly type: "rejected"; readonly rejection: Rejection };

const nothing = { type: "nothing" } as const;

export function accept<Event>(event: Event): Decision<Event> {
	return { type: "accepted", event };
}

export function reject(code: ErrorCode, detail = ""): Decision<never> {
	return { type: "rejected", rejection: { code, detail } };
}

export function noChange(): Decision<never> {
	return nothing;
}
