// What tabs of one database say to each other.

import type { ErrorCode } from "../base/errors.js";
import type { Events, Phase } from "../client/events.js";
import type { Content, OwnView } from "../client/memory-store.js";
import type { Glance } from "./glance.js";

/** What changes a store: told to other tabs call by call, so that their images stay the same. */
export const changes = [
	"began",
	"listed",
	"enqueue",
	"settle",
	"change",
	"settleWith",
	"fork",
	"moved",
	"keep",
] as const;

export type Call =
	| "write"
	| "seen"
	| "request"
	| "history"
	| "watch"
	| "unwatch"
	| "typing"
	| "pulse"
	| "start"
	| "hurry"
	| "check"
	| "keep"
	| "rows";

/** What a store holds, without rows: how many there are, and what lists show of them. */
export interface Heads {
	readonly content: Omit<Content, "views">;
	readonly views: readonly (Omit<OwnView, "rows"> & { readonly rows: number })[];
	readonly glances: Map<string, Glance>;
}

export type Said =
	/** The leader has begun; whoever waits for an answer asks again. */
	| { readonly type: "lead" }
	| { readonly type: "join"; readonly tab: string }
	| { readonly type: "image"; readonly to: string; readonly image: Heads; readonly phase: Phase }
	| { readonly type: "change"; readonly name: string; readonly args: readonly unknown[] }
	| { readonly type: "event"; readonly name: keyof Events; readonly args: readonly unknown[] }
	| {
			readonly type: "call";
			readonly tab: string;
			readonly id: number;
			readonly name: Call;
			readonly args: readonly unknown[];
			/** It was asked before, of a tab that may be gone. */
			readonly again: boolean;
	  }
	| { readonly type: "reply"; readonly to: string; readonly id: number; readonly value: unknown }
	| {
			readonly type: "error";
			readonly to: string;
			readonly id: number;
			readonly code: ErrorCode;
			readonly detail: string;
	  };

/** Each tab has a monotonic clock of its own, so `retryAt` travels as the time of day. */
export function movedPhase(phase: Phase, byMs: number): Phase {
	return phase.type === "waiting" ? { ...phase, retryAt: phase.retryAt + byMs } : phase;
}
