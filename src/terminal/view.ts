// What a chat screen shows, as plain data. Whoever knows the client makes it; whoever draws it
// knows nothing else. Texts are as others wrote them: drawing makes them harmless.

import type { Editor } from "./editor.js";
import type { Line } from "./line.js";

export type Status = "queued" | "sent" | "delivered" | "seen" | "refused";

export interface FileView {
	readonly name: string;
	readonly size: number;
	readonly contentType: string;
}

/** An upload or a download that is under way. */
export interface TransferView {
	readonly way: "up" | "down";
	readonly name: string;
	/** Bytes. */
	readonly done: number;
	readonly size: number;
}

export interface MessageView {
	/** Stable over the life of the message, also while it has no number. */
	readonly key: string;
	/** Its number; null while it is queued. */
	readonly seq: number | null;
	readonly from: string;
	/** ms since 1970 */
	readonly at: number;
	readonly text: string;
	readonly files: readonly FileView[];
	readonly own: boolean;
	readonly edited: boolean;
	readonly deleted: boolean;
	/** What it answers to, as far as that is known here. */
	readonly reply: { readonly from: string; readonly text: string } | null;
	readonly reactions: readonly { readonly emoji: string; readonly users: readonly string[] }[];
	readonly status: Status;
	/** How many of the others have it, in a conversation of several; null in a direct one. */
	readonly counts: {
		readonly delivered: number;
		readonly seen: number;
		readonly of: number;
	} | null;
	/** Why it was refused. */
	readonly error: string | null;
}

export type PresenceView =
	| { readonly type: "online" | "away" | "hidden" }
	/** `lastSeen` in ms since 1970; null: nobody says. */
	| { readonly type: "offline"; readonly lastSeen: number | null };

export interface ListItem {
	readonly id: string;
	readonly title: string;
	readonly kind: "direct" | "group" | "channel";
	readonly presence: PresenceView | null;
	/** The last message on one line. */
	readonly preview: string;
	/** ms since 1970; null: nothing was said yet. */
	readonly at: number | null;
	readonly unread: number;
	readonly muted: boolean;
}

export interface OpenView {
	readonly id: string;
	readonly title: string;
	readonly kind: "direct" | "group" | "channel";
	readonly presence: PresenceView | null;
	/** How many belong to it; null in a direct conversation. */
	readonly members: number | null;
	readonly typing: readonly string[];
	/** Oldest first. */
	readonly messages: readonly MessageView[];
	/** The first message that was unread when the conversation was opened; null: none was. */
	readonly unreadFrom: number | null;
	/** `more`: older messages can be asked for. */
	readonly older: "more" | "asking" | "none";
}

export type ConnectionView =
	| { readonly type: "online" }
	| { readonly type: "connecting" }
	/** `retryInMs` null: it was not said when. */
	| { readonly type: "offline"; readonly reason: string | null; readonly retryInMs: number | null }
	/** It will not try again. */
	| { readonly type: "closed"; readonly reason: string };

/** The lowest line that is shown: a row of one message. Null: the newest. */
export type Anchor = { readonly key: string; readonly row: number } | null;

export interface Panel {
	readonly title: string;
	readonly lines: readonly Line[];
	/** Lines above what is shown; left out: none. */
	readonly from?: number;
}

export interface View {
	readonly me: string;
	/** ms since 1970, for "today" and "last seen" */
	readonly now: number;
	readonly connection: ConnectionView;
	/** Own messages and other writes that the server has not answered. */
	readonly queued: number;
	readonly transfers: readonly TransferView[];
	/** What is queued is kept on disk; false: in memory only. */
	readonly durable: boolean;
	readonly list: readonly ListItem[];
	/** Null: the list of conversations is all there is. */
	readonly open: OpenView | null;
	readonly anchor: Anchor;
	readonly panel: Panel | null;
	/** One line that says how the last command went. */
	readonly notice: { readonly tone: "good" | "bad" | "faint"; readonly text: string } | null;
	readonly editor: Editor;
}
