// What tabs of one database say to each other.

import type { ErrorCode } from "../base/errors.js";
import type { Events, Phase } from "../client/events.js";
import type { Image } from "../client/memory-store.js";

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
	| "keep";

export type Said =
	/** The leader has begun; whoever waits for an answer asks again. */
	| { readonly type: "lead" }
	| { readonly type: "join"; readonly tab: string }
	| { readonly type: "image"; readonly to: string; readonly image: Image; readonly phase: Phase }
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
