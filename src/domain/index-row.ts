// Rows that the pure `index(state, event)` asks for, written in the same batch as the event. Plain
// data: `journal/rows.ts` gives them their bytes. Whatever must survive is one of these rows.

import type {
	Content,
	ConversationKind,
	FrozenStatus,
	Interval,
	Role,
	Visibility,
	Watermark,
	Write,
} from "./event.js";

/** One message: the row at (conversation, seq). Edits rewrite it, delete and expiry empty it. */
export interface MessageRow {
	readonly seq: number;
	/** Where it was sent. */
	readonly position: number;
	/** Where the row last changed. */
	readonly changed: number;
	readonly at: number;
	readonly sender: string;
	readonly write: Write;
	readonly state: "live" | "deleted" | "expired";
	/** Null in a tombstone. */
	readonly message: Content | null;
	/** The send's random id in a tombstone, for its sender to find it by; else null. */
	readonly id: Uint8Array | null;
	readonly editedAt: number | null;
	readonly withheldFrom: string | null;
	readonly frozen: FrozenStatus | null;
	readonly seenUpTo: number | null;
	/** Users with a reaction on it; not kept in a tombstone. */
	readonly reacted: number;
}

/** What a user may see of a conversation, and the user's own settings in it. */
export interface MemberRow {
	readonly kind: ConversationKind;
	readonly role: Role;
	readonly intervals: readonly Interval[];
	readonly mutedUntil: number;
	readonly position: number;
}

export interface InfoRow {
	readonly kind: ConversationKind;
	readonly title: string;
	readonly picture: string;
	readonly description: string;
	readonly link: string | null;
	readonly createdAt: number;
	readonly createdBy: string;
	readonly members: number;
	readonly position: number;
}

export interface WatermarkRow extends Watermark {
	/** Where it last changed. */
	readonly position: number;
}

/** Public facts of a user; the row's presence means that the user exists. */
export interface UserRow {
	readonly name: string;
	readonly picture: string;
	readonly presence: Visibility;
	readonly createdAt: number;
}

export type IndexRow =
	| { readonly type: "message"; readonly conversation: string; readonly row: MessageRow }
	| {
			readonly type: "member";
			readonly user: string;
			readonly conversation: string;
			readonly row: MemberRow;
	  }
	| { readonly type: "info"; readonly conversation: string; readonly row: InfoRow }
	| {
			readonly type: "watermark";
			readonly conversation: string;
			readonly user: string;
			readonly row: WatermarkRow;
	  }
	| {
			readonly type: "pending";
			readonly user: string;
			readonly conversation: string;
			readonly on: boolean;
	  }
	| {
			readonly type: "reaction";
			readonly conversation: string;
			readonly seq: number;
			readonly user: string;
			/** Null takes it back. */
			readonly emoji: string | null;
	  }
	| {
			readonly type: "hidden";
			readonly user: string;
			readonly conversation: string;
			readonly seq: number;
	  }
	| {
			readonly type: "blocked";
			readonly user: string;
			readonly other: string;
			readonly on: boolean;
	  }
	| {
			readonly type: "expiry";
			readonly at: number;
			readonly conversation: string;
			readonly seq: number;
			readonly on: boolean;
	  }
	/** A living message references the file with this hash. */
	| {
			readonly type: "reference";
			readonly hash: Uint8Array;
			readonly conversation: string;
			readonly seq: number;
			readonly on: boolean;
	  }
	/** A reference to the file has gone; perhaps it was the last. */
	| { readonly type: "loose"; readonly hash: Uint8Array; readonly at: number }
	| { readonly type: "user"; readonly user: string; readonly row: UserRow };
