// What servers say, as plain data: messages, changes, results, and the operations that carry them.
// Import it from `frames.ts`.

import type { ErrorCode } from "../base/errors.js";
import type { Body } from "./client-frames.js";

/** A message as readers get it. */
export interface WireMessage {
	readonly seq: number;
	readonly position: number;
	readonly changed: number;
	readonly at: number;
	readonly sender: string;
	/** `deleted`, `expired`: no content. `skip`: nothing to see, the device just advances. */
	readonly state: "live" | "deleted" | "expired" | "skip";
	readonly body: Body | null;
	readonly editedAt: number | null;
	readonly expiresAt: number | null;
	readonly clientTime: number | null;
	/** Frozen status of a withheld or expired message, for its sender. */
	readonly frozen: "sent" | "delivered" | "seen" | null;
	/** Only to the sender's own devices. */
	readonly outbox: string | null;
	readonly n: number | null;
	readonly reactions: readonly { readonly user: string; readonly emoji: string }[];
	/** The send's random id where `body` is null, with `outbox` and `n`. */
	readonly id: Uint8Array | null;
}

export interface WireWatermark {
	readonly user: string;
	readonly delivered: number;
	readonly deliveredAt: number;
	/** As it takes effect: never above `delivered`. */
	readonly seen: number;
	readonly seenAt: number;
}

export interface WireMember {
	readonly user: string;
	readonly role: "owner" | "admin" | "member";
}

/** A change of a conversation other than a new message or a receipt. */
export type Change =
	| {
			readonly type: "created";
			readonly kind: "direct" | "group" | "channel";
			readonly title: string;
	  }
	/** Edited, deleted or expired: the row as it is now. */
	| { readonly type: "row"; readonly message: WireMessage }
	| { readonly type: "hidden"; readonly seq: number }
	| {
			readonly type: "reacted";
			readonly seq: number;
			readonly user: string;
			readonly emoji: string | null;
	  }
	| { readonly type: "added"; readonly users: readonly string[]; readonly by: string }
	| { readonly type: "removed"; readonly users: readonly string[]; readonly by: string }
	| { readonly type: "role"; readonly user: string; readonly role: "owner" | "admin" | "member" }
	| {
			readonly type: "described";
			readonly title: string | null;
			readonly picture: string | null;
			readonly description: string | null;
	  }
	| { readonly type: "link"; readonly link: string | null }
	| { readonly type: "muted"; readonly until: number }
	| { readonly type: "blocked"; readonly by: string; readonly on: boolean }
	/** Of a newer server: it moves the position and nothing else. Only decoded, never sent. */
	| { readonly type: "unknown"; readonly code: number };

/** One entry of a pull, in position order. */
export type PullItem =
	| { readonly type: "message"; readonly message: WireMessage }
	| {
			readonly type: "change";
			readonly position: number;
			readonly at: number;
			readonly change: Change;
	  }
	| {
			readonly type: "status";
			readonly position: number;
			readonly watermarks: readonly WireWatermark[];
	  };

export interface ListEntry {
	readonly conversation: string;
	readonly kind: "direct" | "group" | "channel";
	readonly title: string;
	readonly picture: string;
	readonly role: "owner" | "admin" | "member" | "removed";
	readonly mutedUntil: number;
	readonly head: number;
	readonly position: number;
	/** Where a new device's cursor starts: the position of the row at `delivered`. */
	readonly start: number;
	readonly delivered: number;
	readonly seen: number;
	/** Others' visible living messages after `seen`, counted up to 1,000. */
	readonly unread: number;
	readonly last: WireMessage | null;
}

export interface Limits {
	readonly frameBytes: number;
	readonly contentBytes: number;
	readonly window: number;
	readonly pageItems: number;
	readonly pulseMs: number;
}

export type PresenceState = "online" | "away" | "offline";

/** The payload of `result`, by the request it answers. */
export type Result =
	| { readonly type: "history"; readonly messages: readonly WireMessage[]; readonly more: boolean }
	| {
			readonly type: "list";
			readonly entries: readonly ListEntry[];
			readonly cursor: string | null;
	  }
	| {
			readonly type: "pull";
			readonly items: readonly PullItem[];
			/** The device's position once these are applied. */
			readonly position: number;
			readonly until: number;
			readonly done: boolean;
	  }
	| { readonly type: "open"; readonly conversation: string }
	| { readonly type: "refresh"; readonly expiresAt: number }
	| { readonly type: "ping"; readonly now: number }
	| {
			readonly type: "profiles";
			readonly profiles: readonly {
				readonly user: string;
				readonly name: string;
				readonly picture: string;
			}[];
	  }
	| {
			readonly type: "info";
			readonly kind: "direct" | "group" | "channel";
			readonly title: string;
			readonly picture: string;
			readonly description: string;
			/** Only to owners and admins. */
			readonly link: string | null;
			readonly createdAt: number;
			readonly createdBy: string;
			readonly members: number;
			readonly page: readonly WireMember[];
			readonly cursor: string | null;
	  }
	| { readonly type: "logout" }
	| {
			readonly type: "receipts";
			readonly delivered: number;
			readonly seen: number;
			readonly watermarks: readonly WireWatermark[];
	  };

export type ServerOp =
	| {
			readonly type: "welcome";
			readonly version: number;
			readonly user: string;
			readonly epoch: string;
			readonly session: string;
			/** The generation that this device is known by; 0: none. Store both, then say `ready`. */
			readonly current: number;
			/** The one offered, which `ready` takes. */
			readonly generation: number;
			/** The device is new: it gets the list, not the marks. */
			readonly fresh: boolean;
			/** What an acknowledgement survives. */
			readonly ack: "memory" | "os" | "fsync" | "replicated+fsync";
			/** The address of the user's actor, and the node it runs on. */
			readonly pid: string;
			readonly node: string;
			readonly now: number;
			readonly expiresAt: number;
			readonly limits: Limits;
			readonly name: string;
			readonly picture: string;
			readonly presence: "everyone" | "contacts" | "nobody";
	  }
	/** A write is durable. Also moves the device from `from` to `position`, as a push does. */
	| {
			readonly type: "answer";
			readonly conversation: string | null;
			readonly n: number;
			readonly from: number;
			readonly position: number;
			/** The message's number (send); the message's or 0 for others. */
			readonly seq: number;
			readonly at: number;
			/** The link just made (`link`), else null. */
			readonly text: string | null;
	  }
	| {
			readonly type: "refused";
			readonly conversation: string | null;
			readonly n: number;
			readonly code: ErrorCode;
			readonly detail: string;
			/** SEND_GAP: the number to go back to. */
			readonly expected: number | null;
	  }
	| { readonly type: "result"; readonly request: number; readonly result: Result }
	/** `request` null: about an operation without a number. */
	| {
			readonly type: "error";
			readonly request: number | null;
			readonly code: ErrorCode;
			readonly detail: string;
	  }
	| {
			readonly type: "message";
			readonly conversation: string;
			readonly from: number;
			readonly message: WireMessage;
	  }
	| {
			readonly type: "skip";
			readonly conversation: string;
			readonly from: number;
			readonly position: number;
			readonly seq: number;
	  }
	| {
			readonly type: "status";
			readonly conversation: string;
			readonly from: number;
			readonly position: number;
			readonly watermarks: readonly WireWatermark[];
	  }
	| {
			readonly type: "changed";
			readonly conversation: string;
			readonly from: number;
			readonly position: number;
			readonly at: number;
			readonly change: Change;
	  }
	| {
			readonly type: "presence";
			readonly users: readonly {
				readonly user: string;
				readonly state: PresenceState;
				/** ms since 1970; 0: never; null: not told. */
				readonly lastSeen: number | null;
			}[];
	  }
	| {
			readonly type: "typed";
			readonly conversation: string;
			readonly user: string;
			readonly on: boolean;
	  }
	| {
			readonly type: "marks";
			readonly marks: readonly { readonly conversation: string; readonly position: number }[];
			/** The last page of the list. */
			readonly last: boolean;
	  }
	| { readonly type: "drain"; readonly retryAfterMs: number; readonly url: string | null }
	| {
			readonly type: "goodbye";
			readonly code: ErrorCode;
			readonly detail: string;
			readonly retryAfterMs: number;
	  };
