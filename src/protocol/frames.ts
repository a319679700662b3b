// The operations of protocol `colloquy.v1` as plain data: what clients say and what servers say.
// docs/protocol.md is normative; `codec.ts` gives these their bytes. A WebSocket message holds one
// or more operations, each one MessagePack array, back to back.

import type { ErrorCode } from "../base/errors.js";

export const subprotocol = "colloquy.v1";
export const protocolVersion = 1;

/** First element of every operation. Clients speak below 64, servers from 64. */
export const opCode = {
	hello: 1,
	ready: 2,
	write: 3,
	delivered: 4,
	seen: 5,
	history: 6,
	list: 7,
	listed: 8,
	pull: 9,
	held: 10,
	open: 11,
	watch: 12,
	unwatch: 13,
	typing: 14,
	pulse: 15,
	refresh: 16,
	ping: 17,
	profiles: 18,
	info: 19,
	logout: 20,
	receipts: 21,
	welcome: 64,
	answer: 65,
	refused: 66,
	result: 67,
	error: 68,
	message: 69,
	skip: 70,
	status: 71,
	changed: 72,
	presence: 73,
	typed: 74,
	marks: 75,
	drain: 76,
	goodbye: 77,
} as const;

/** First element of a write's command. */
export const commandCode = {
	send: 1,
	edit: 2,
	delete: 3,
	hide: 4,
	react: 5,
	create: 6,
	add: 7,
	remove: 8,
	leave: 9,
	join: 10,
	role: 11,
	describe: 12,
	link: 13,
	mute: 14,
	block: 15,
	unblock: 16,
	profile: 17,
	privacy: 18,
} as const;

export interface Media {
	readonly hash: Uint8Array;
	readonly size: number;
	readonly contentType: string;
	readonly name: string;
	readonly ticket: Uint8Array;
}

/** Opaque content and what goes with it. */
export interface Body {
	readonly id: Uint8Array;
	readonly contentType: string;
	readonly content: Uint8Array;
	readonly replyTo: number | null;
	readonly mentions: readonly string[];
	readonly media: readonly Media[];
}

export type WriteCommand =
	| (Body & {
			readonly type: "send";
			readonly ttlMs: number | null;
			readonly clientTime: number | null;
			readonly seenUpTo: number | null;
	  })
	| (Body & { readonly type: "edit"; readonly seq: number })
	| { readonly type: "delete"; readonly seq: number }
	| { readonly type: "hide"; readonly seq: number }
	| { readonly type: "react"; readonly seq: number; readonly emoji: string | null }
	| {
			readonly type: "create";
			readonly kind: "group" | "channel";
			readonly title: string;
			readonly members: readonly string[];
	  }
	| { readonly type: "add"; readonly users: readonly string[] }
	| { readonly type: "remove"; readonly users: readonly string[] }
	| { readonly type: "leave" }
	| { readonly type: "join"; readonly link: string }
	| { readonly type: "role"; readonly user: string; readonly role: "owner" | "admin" | "member" }
	| {
			readonly type: "describe";
			readonly title: string | null;
			readonly picture: string | null;
			readonly description: string | null;
	  }
	| { readonly type: "link"; readonly on: boolean }
	| { readonly type: "mute"; readonly until: number }
	| { readonly type: "block" }
	| { readonly type: "unblock" }
	| { readonly type: "profile"; readonly name: string; readonly picture: string }
	| { readonly type: "privacy"; readonly presence: "everyone" | "contacts" | "nobody" };

/** A writing operation in its outbox. `conversation` null: the user's own entity. */
export interface WriteOp {
	readonly type: "write";
	readonly conversation: string | null;
	readonly n: number;
	readonly answered: number;
	readonly command: WriteCommand;
	/** Fingerprint of the command's bytes. Computed by the decoder, not on the wire. */
	readonly hash: number;
}

export type ClientOp =
	| {
			readonly type: "hello";
			readonly version: number;
			readonly token: string;
			readonly device: string;
			readonly generation: number;
			/** Hex, 32 digits; 16 bytes on the wire. */
			readonly outbox: string;
			readonly client: string;
	  }
	| { readonly type: "ready"; readonly generation: number }
	| WriteOp
	| { readonly type: "delivered"; readonly conversation: string; readonly seq: number }
	| { readonly type: "seen"; readonly conversation: string; readonly seq: number }
	| {
			readonly type: "history";
			readonly request: number;
			readonly conversation: string;
			/** Exclusive upper bound; null: from the newest. */
			readonly before: number | null;
			readonly limit: number;
	  }
	| {
			readonly type: "list";
			readonly request: number;
			readonly cursor: string | null;
			readonly limit: number;
	  }
	| { readonly type: "listed" }
	| {
			readonly type: "pull";
			readonly request: number;
			readonly conversation: string;
			readonly position: number;
			readonly until: number | null;
			readonly limit: number;
			/** The device holds no row of this conversation: nothing that it holds can be stale. */
			readonly fresh: boolean;
	  }
	| {
			readonly type: "held";
			readonly held: readonly { readonly conversation: string; readonly position: number }[];
	  }
	| { readonly type: "open"; readonly request: number; readonly user: string }
	| { readonly type: "watch"; readonly users: readonly string[] }
	| { readonly type: "unwatch"; readonly users: readonly string[] }
	| { readonly type: "typing"; readonly conversation: string; readonly on: boolean }
	/** `active` false: the person has gone idle (away). */
	| { readonly type: "pulse"; readonly active: boolean }
	| { readonly type: "refresh"; readonly request: number; readonly token: string }
	| { readonly type: "ping"; readonly request: number }
	| { readonly type: "profiles"; readonly request: number; readonly users: readonly string[] }
	/** Conversation's facts and a page of members, in id order after `cursor`. */
	| {
			readonly type: "info";
			readonly request: number;
			readonly conversation: string;
			readonly cursor: string | null;
			readonly limit: number;
	  }
	/** Sign this device (null) or another one of the user out: it is forgotten with its outbox. */
	| { readonly type: "logout"; readonly request: number; readonly device: string | null }
	/** Who has it: counts, and in groups the watermarks of each member. */
	| {
			readonly type: "receipts";
			readonly request: number;
			readonly conversation: string;
			readonly seq: number;
	  };

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
			/** Store it, then send `ready` with it. */
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
