// Effects in the words of the protocol: what a member is shown of an event or a row.

import type { PushEffect, Shown } from "../src/domain/effect.js";
import type { ConversationEvent } from "../src/domain/event.js";
import type { MessageRow } from "../src/domain/index-row.js";
import type { Body, Change, ServerOp, WireMessage } from "../src/protocol/frames.js";
import { hollow } from "../src/protocol/hollow.js";
import type { Tickets } from "./port.js";

/** Who is shown something. `user` empty: many at once, so nobody's tickets stand in it. */
export interface Reader {
	readonly user: string;
	readonly tickets: Tickets;
}

/** A message as a reader gets it; its own place in the outbox only for the sender's devices. */
export function wireMessage(
	row: MessageRow,
	reader: Reader,
	reactions: WireMessage["reactions"] = [],
): WireMessage {
	const own = row.sender === reader.user;
	const { message } = row;
	return {
		seq: row.seq,
		position: row.position,
		changed: row.changed,
		at: row.at,
		sender: row.sender,
		state: row.state,
		body: message === null || message.media.length === 0 ? message : withTickets(message, reader),
		editedAt: row.editedAt,
		expiresAt: message?.expiresAt ?? null,
		clientTime: message?.clientTime ?? null,
		frozen: own ? row.frozen : null,
		outbox: own ? row.write.outbox : null,
		n: own ? row.write.n : null,
		reactions,
		id: own ? row.id : null,
	};
}

function withTickets(body: Body, { user, tickets }: Reader): Body {
	if (user === "") return body;
	const media = body.media.map((one) => ({ ...one, ticket: tickets.make(user, one) }));
	return { ...body, media };
}

/** The operation that shows it to a reader who continues from `from`. */
export function showOp(push: PushEffect, shown: Shown, from: number, reader: Reader): ServerOp {
	const { conversation, position, at } = push;
	switch (shown.type) {
		case "message":
			return { type: "message", conversation, from, message: wireMessage(shown.row, reader) };
		case "skip":
			return { type: "skip", conversation, from, position, seq: shown.seq };
		case "status":
			return { type: "status", conversation, from, position, watermarks: shown.watermarks };
		case "row": {
			const change: Change = { type: "row", message: wireMessage(shown.row, reader) };
			return { type: "changed", conversation, from, position, at, change };
		}
		case "hollow": {
			const change: Change = { type: "row", message: hollow(shown.seq, position, position) };
			return { type: "changed", conversation, from, position, at, change };
		}
		case "event": {
			const change = changeOf(shown.event);
			return { type: "changed", conversation, from, position, at, change };
		}
	}
}

/** An event as a change that members are told of. */
export function changeOf(event: ConversationEvent): Change {
	switch (event.type) {
		case "created":
			return { type: "created", kind: event.kind, title: event.title };
		case "hidden":
			return { type: "hidden", seq: event.seq };
		case "reacted":
			return { type: "reacted", seq: event.seq, user: event.by, emoji: event.emoji };
		case "added":
		case "removed":
			return { type: event.type, users: event.users, by: event.by };
		case "role":
			return { type: "role", user: event.user, role: event.role };
		case "described": {
			const { title, picture, description } = event;
			return { type: "described", title, picture, description };
		}
		case "link":
			return { type: "link", link: event.link };
		case "muted":
			return { type: "muted", until: event.until };
		case "blocked":
			return { type: "blocked", by: event.by, on: event.on };
		default:
			throw new TypeError(`a ${event.type} event is shown by its row`);
	}
}
