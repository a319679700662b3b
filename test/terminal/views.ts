// A chat as plain data, for tests of what is drawn: two people, a few days, every kind of message.

import type { Frame } from "../../src/terminal/ansi.js";
import { emptyEditor, withText } from "../../src/terminal/editor.js";
import { lineText } from "../../src/terminal/line.js";
import type { ListItem, MessageView, OpenView, View } from "../../src/terminal/view.js";

/** Wednesday, 25 November 2026, 18:12, in the time zone of these tests, which is UTC. */
export const now = Date.UTC(2026, 10, 25, 18, 12);

export function message(seq: number, from: string, minutesAgo: number, text: string): MessageView {
	return {
		key: `k${seq}`,
		seq,
		from,
		at: now - minutesAgo * 60_000,
		text,
		files: [],
		own: from === "ann",
		edited: false,
		deleted: false,
		reply: null,
		reactions: [],
		status: "seen",
		counts: null,
		error: null,
	};
}

export function openView(messages: readonly MessageView[], more: Partial<OpenView> = {}): OpenView {
	return {
		id: "ann~bob",
		title: "bob",
		kind: "direct",
		presence: { type: "online" },
		members: null,
		typing: [],
		messages,
		unreadFrom: null,
		older: "none",
		...more,
	};
}

export function listItem(title: string, more: Partial<ListItem> = {}): ListItem {
	return {
		id: `ann~${title}`,
		title,
		kind: "direct",
		presence: { type: "online" },
		preview: `${title} said something`,
		at: now - 60_000,
		unread: 0,
		muted: false,
		...more,
	};
}

export function viewWith(open: OpenView | null, more: Partial<View> = {}): View {
	return {
		me: "ann",
		now,
		connection: { type: "online" },
		queued: 0,
		transfers: [],
		durable: true,
		list: [listItem("bob")],
		open,
		anchor: null,
		panel: null,
		notice: null,
		editor: emptyEditor,
		...more,
	};
}

export function typing(text: string) {
	return withText(emptyEditor, text);
}

/** The rows as text, blanks at their ends gone. */
export function rowsOf(frame: Frame): string[] {
	return frame.lines.map((line) => lineText(line).trimEnd());
}
