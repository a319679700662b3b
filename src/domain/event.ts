// The facts that conversations and users record. One closed union each; every event is plain data,
// carries its time, and is enough for `evolve`. How events become rows: `journal/rows.ts`.

export type ConversationKind = "direct" | "group" | "channel";
export type Role = "owner" | "admin" | "member";

/** A send's place in its outbox, kept with what it made, so that a repeat is recognised. */
export interface Write {
	/** Hex name of the outbox: 32 digits. */
	readonly outbox: string;
	readonly n: number;
	/** Every number up to here has a final outcome that the client has stored. */
	readonly answered: number;
	/** Fingerprint of the whole send, `answered` excepted. */
	readonly hash: number;
}

/** Where bytes live that a message shows: content hash, size, type, name, the sender's ticket. */
export interface MediaReference {
	readonly hash: Uint8Array;
	readonly size: number;
	readonly contentType: string;
	readonly name: string;
	readonly ticket: Uint8Array;
}

/** What a sender wrote. `content` is opaque to the broker. */
export interface Content {
	/** Random, made by the client; part of the send's fingerprint. 8–16 bytes. */
	readonly id: Uint8Array;
	readonly contentType: string;
	readonly content: Uint8Array;
	readonly replyTo: number | null;
	readonly mentions: readonly string[];
	readonly media: readonly MediaReference[];
	/** When it expires, in ms since 1970; null: never. */
	readonly expiresAt: number | null;
	/** The client's own clock, shown as such, never used for order. */
	readonly clientTime: number | null;
}

/** Highest `seq` delivered and seen, each with its time in ms; `seen` as said, not yet clamped. */
export interface Watermark {
	readonly delivered: number;
	readonly deliveredAt: number;
	readonly seen: number;
	readonly seenAt: number;
}

export interface ReceiptPair extends Watermark {
	readonly user: string;
}

/** Visible from `from` to `to` (both `seq`, inclusive; `to` null: still a member). */
export interface Interval {
	readonly from: number;
	readonly fromPosition: number;
	to: number | null;
	/** The conversation ends here for the removed member. */
	toPosition: number | null;
}

/** Status as it stood when the message was withheld or expired; null: derived from watermarks. */
export type FrozenStatus = "sent" | "delivered" | "seen";

interface Base {
	/** ms since 1970 */
	readonly at: number;
	/** Who caused it. */
	readonly by: string;
	/** Present on events that came through an outbox. */
	readonly write?: Write;
}

export type ConversationEvent =
	| (Base & {
			readonly type: "created";
			readonly kind: ConversationKind;
			readonly title: string;
			readonly members: readonly { readonly user: string; readonly role: Role }[];
	  })
	| (Base & {
			readonly type: "sent";
			readonly seq: number;
			/** Null when read back after the content was deleted or has expired. */
			readonly message: Content | null;
			/** The member from whom a block withholds it (direct conversations). */
			readonly withheldFrom: string | null;
			/** `seen` that rides on the send; null: none. */
			readonly seenUpTo: number | null;
	  })
	/** `message` is null when read back: the edited text stands in the message's row. */
	| (Base & { readonly type: "edited"; readonly seq: number; readonly message: Content | null })
	| (Base & { readonly type: "deleted"; readonly seq: number })
	| (Base & { readonly type: "expired"; readonly seq: number; readonly frozen: FrozenStatus })
	| (Base & { readonly type: "hidden"; readonly seq: number })
	| (Base & { readonly type: "reacted"; readonly seq: number; readonly emoji: string | null })
	| (Base & {
			readonly type: "added";
			readonly users: readonly string[];
			readonly via: "member" | "link";
	  })
	| (Base & { readonly type: "removed"; readonly users: readonly string[] })
	| (Base & { readonly type: "role"; readonly user: string; readonly role: Role })
	| (Base & {
			readonly type: "described";
			readonly title: string | null;
			readonly picture: string | null;
			readonly description: string | null;
	  })
	| (Base & { readonly type: "link"; readonly link: string | null })
	| (Base & { readonly type: "muted"; readonly until: number })
	| (Base & { readonly type: "blocked"; readonly on: boolean })
	| (Base & { readonly type: "receipts"; readonly pairs: readonly ReceiptPair[] })
	/** Every device of the user held `position`: the mark is dropped. */
	| (Base & { readonly type: "levelled"; readonly user: string; readonly position: number });

export type Visibility = "everyone" | "contacts" | "nobody";

export type UserEvent =
	| (Base & { readonly type: "registered" })
	| (Base & {
			readonly type: "device-current";
			readonly device: string;
			readonly generation: number;
			readonly outbox: string;
	  })
	| (Base & { readonly type: "device-listed"; readonly device: string })
	| (Base & {
			readonly type: "device-dropped";
			readonly device: string;
			readonly reason: "unseen" | "logout";
	  })
	| (Base & {
			readonly type: "device-held";
			readonly device: string;
			readonly held: readonly { readonly conversation: string; readonly position: number }[];
	  })
	| (Base & { readonly type: "profiled"; readonly name: string; readonly picture: string })
	| (Base & { readonly type: "privacy"; readonly presence: Visibility })
	/** A device that stays connected; noted once in a while. */
	| (Base & { readonly type: "device-seen"; readonly device: string })
	| (Base & { readonly type: "revoked"; readonly before: number; readonly device: string | null });
