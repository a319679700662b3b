// What an actor wishes of the world once its events are durable. Plain data; only what may be lost.

import type { ErrorCode } from "../base/errors.js";
import type { ConversationEvent } from "./event.js";
import type { MessageRow } from "./index-row.js";

/** What a push shows, before it is put into the words of the protocol. */
export type Shown =
	| { readonly type: "message"; readonly row: MessageRow }
	| { readonly type: "row"; readonly row: MessageRow }
	| { readonly type: "skip"; readonly seq: number }
	/** The row as it is for those who may not see it. */
	| { readonly type: "hollow"; readonly seq: number }
	| { readonly type: "event"; readonly event: ConversationEvent }
	| { readonly type: "status"; readonly watermarks: readonly EffectiveWatermark[] };

export interface EffectiveWatermark {
	readonly user: string;
	readonly delivered: number;
	readonly deliveredAt: number;
	readonly seen: number;
	readonly seenAt: number;
}

/** Tell members what happened at a position, each continuing from where it was. */
export interface PushEffect {
	readonly type: "push";
	readonly conversation: string;
	readonly position: number;
	readonly at: number;
	/** All of these continue from `from` and are shown the same. */
	readonly everyone: {
		readonly users: readonly string[];
		readonly from: number;
		readonly shown: Shown;
	} | null;
	/** These are shown something else or continue from elsewhere; they override `everyone`. */
	readonly some: readonly { readonly user: string; readonly from: number; readonly shown: Shown }[];
}

/** Tell a conversation that all devices of a user hold a position. */
export interface LevelEffect {
	readonly type: "level";
	readonly conversation: string;
	readonly user: string;
	readonly position: number;
}

/** End sessions of a user: all, or those of one device. */
export interface EndEffect {
	readonly type: "end";
	readonly user: string;
	readonly device: string | null;
	readonly code: ErrorCode;
}

export type Effect = PushEffect | LevelEffect | EndEffect;
