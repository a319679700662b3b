// What a list of conversations shows of the messages of one: kept beside the view, so that a list
// is there before any message is read. Always made anew of what the view holds; never added to.

import type { View } from "../client/store.js";
import type { Body, WireMessage } from "../protocol/frames.js";
import { textOf } from "./message.js";
import type { ConversationSummary } from "./types.js";
import { seenOf, unreadOf } from "./unread.js";

export interface Glance {
	readonly last: ConversationSummary["last"];
	readonly unread: number;
}

/** Made of a view whose rows are at hand; null: left to be made when it is looked at. */
export type GlanceOf = (view: View) => Glance | null;

/** Above this, counting at each change would cost more than reading the rows at the next start. */
const countedMax = 1_000;

/** To be kept, where it is made in no time and it is known whose messages are unread. */
export function quickGlance(view: View, me: string | null): Glance | null {
	const many = view.held - seenOf(view, me) > countedMax;
	return me === null || many ? null : glanceOf(view, me);
}

export function glanceOf(view: View, me: string | null): Glance {
	return { last: lastOf(view), unread: unreadOf(view, me) };
}

function lastOf(view: View): Glance["last"] {
	for (let seq = view.held; seq >= view.first; seq -= 1) {
		const row = view.rows.get(seq);
		if (row !== undefined && row.state !== "skip") return shown(row);
	}
	return listedLast(view);
}

/** As the server's list told it. */
export function listedLast({ entry }: View): Glance["last"] {
	const last = entry?.last ?? null;
	return last === null || last.state === "skip" ? null : shown(last);
}

function shown({ sender, body, at }: WireMessage): Glance["last"] {
	return inShort(sender, body, at);
}

const noFiles = [] as const;

/** `body` null: it is gone. */
export function inShort(
	from: string,
	body: Pick<Body, "contentType" | "content" | "media"> | null,
	at: number,
): ConversationSummary["last"] {
	const text = body === null ? "" : preview(body.contentType, body.content);
	return { from, text, at, media: body?.media ?? noFiles };
}

/** Characters of a text that a list shows. */
const previewMax = 200;

function preview(contentType: string, content: Uint8Array): string {
	const text = textOf(contentType, content);
	// Never half a character, of those that take two units.
	return text.length <= previewMax
		? text
		: text.slice(0, previewMax).replace(/[\ud800-\udbff]$/, "");
}
