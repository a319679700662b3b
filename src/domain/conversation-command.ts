// Wishes to a conversation. Whatever `decide` cannot know from its state comes in with the command:
// time, ids, randomness, the stored row of an older message, which users exist.

import type { Decision } from "./decision.js";
import type { Content, ConversationEvent, Role, Write } from "./event.js";
import type { MessageRow } from "./index-row.js";

interface Written {
	readonly at: number;
	readonly by: string;
	readonly write: Write;
}

export type ConversationCommand =
	| (Written & {
			readonly type: "send";
			readonly message: Content;
			readonly seenUpTo: number | null;
			/** Which reference has no valid ticket; left out: each has one. */
			readonly noGrant?: string;
	  })
	| (Written & {
			readonly type: "edit";
			readonly seq: number;
			readonly message: Content;
			readonly row: MessageRow | null;
			/** As in a send; a file that the message shows already needs no ticket. */
			readonly noGrant?: string;
	  })
	| (Written & { readonly type: "delete"; readonly seq: number; readonly row: MessageRow | null })
	| (Written & { readonly type: "hide"; readonly seq: number; readonly row: MessageRow | null })
	| (Written & {
			readonly type: "react";
			readonly seq: number;
			readonly emoji: string | null;
			/** Whether this user has a reaction on the message now. */
			readonly had: boolean;
			readonly row: MessageRow | null;
	  })
	| (Written & {
			readonly type: "create";
			readonly kind: "group" | "channel";
			readonly title: string;
			readonly members: readonly string[];
			readonly unknown: readonly string[];
	  })
	| (Written & {
			readonly type: "add";
			readonly users: readonly string[];
			readonly unknown: readonly string[];
	  })
	| (Written & { readonly type: "remove"; readonly users: readonly string[] })
	| (Written & { readonly type: "leave" })
	| (Written & { readonly type: "join"; readonly link: string })
	| (Written & { readonly type: "role"; readonly user: string; readonly role: Role })
	| (Written & {
			readonly type: "describe";
			readonly title: string | null;
			readonly picture: string | null;
			readonly description: string | null;
	  })
	| (Written & { readonly type: "link"; readonly link: string | null })
	| (Written & { readonly type: "mute"; readonly until: number })
	| (Written & { readonly type: "block"; readonly on: boolean })
	/** Get or create the direct conversation; the id names the members. */
	| {
			readonly type: "open";
			readonly at: number;
			readonly by: string;
			readonly members: readonly string[];
	  }
	/** Gathered receipts, each already checked by `checkReceipt`. 0: nothing said. */
	| {
			readonly type: "receipts";
			readonly at: number;
			readonly said: ReadonlyMap<string, { delivered: number; seen: number }>;
	  }
	| {
			readonly type: "expire";
			readonly at: number;
			readonly seq: number;
			readonly row: MessageRow | null;
	  }
	| {
			readonly type: "level";
			readonly at: number;
			readonly user: string;
			readonly position: number;
	  };

export type ConversationDecision = Decision<ConversationEvent>;

/** The fields that every written event shares. */
export function base(command: Written): Written {
	return { at: command.at, by: command.by, write: command.write };
}
