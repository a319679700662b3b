// What clients say, as plain data: commands, the writes that carry them, and all other operations.
// Import it from `frames.ts`.

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
			/** The generation that the server last called current, and the one it offered; 0: never. */
			readonly accepted: number;
			readonly offered: number;
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
