// Operations of the protocol as commands of the domain: adds time, chance and what the store knows.

import type { ConversationCommand } from "../src/domain/conversation-command.js";
import type { Content, Write } from "../src/domain/event.js";
import type { MessageRow } from "../src/domain/index-row.js";
import { shows } from "../src/domain/media.js";
import type { Body, WriteOp } from "../src/protocol/frames.js";
import type { ConversationContext } from "./conversation.js";
import type { SessionInfo } from "./port.js";

/** Random bytes of a join link; nobody guesses 128 bits. */
const linkBytes = 16;

const none = new Uint8Array(0);

/** The stored message that a command is about, and whether its author has a reaction on it. */
export interface About {
	readonly row: MessageRow | null;
	readonly had: boolean;
}

/** Null: the command belongs to the user's own entity. */
export function commandOf(
	op: WriteOp,
	session: SessionInfo,
	write: Write,
	{ row, had }: About,
	at: number,
	broker: Pick<ConversationContext, "clock" | "userExists" | "tickets">,
): ConversationCommand | null {
	const { command } = op;
	const by = session.user;
	if (command.type === "send") {
		// Written out: spreading an object costs more than all the rest of this path.
		const { ttlMs, clientTime, seenUpTo } = command;
		const expiresAt = ttlMs === null ? null : at + ttlMs;
		const message = content(command, expiresAt, clientTime);
		const send = { type: "send", at, by, write, message, seenUpTo } as const;
		return command.media.length === 0
			? send
			: { ...send, ...grants(command, null, at, by, broker) };
	}
	const base = { at, by, write };
	switch (command.type) {
		case "edit":
			return {
				...base,
				type: "edit",
				seq: command.seq,
				message: content(command, null, null),
				row,
				...grants(command, row, at, by, broker),
			};
		case "delete":
		case "hide":
			return { ...base, type: command.type, seq: command.seq, row };
		case "react":
			return { ...base, type: "react", seq: command.seq, emoji: command.emoji, had, row };
		case "create": {
			const { kind, title, members } = command;
			const unknown = members.filter((user) => !broker.userExists(user));
			return { ...base, type: "create", kind, title, members, unknown };
		}
		case "add": {
			const unknown = command.users.filter((user) => !broker.userExists(user));
			return { ...base, type: "add", users: command.users, unknown };
		}
		case "remove":
			return { ...base, type: "remove", users: command.users };
		case "leave":
			return { ...base, type: "leave" };
		case "join":
			return { ...base, type: "join", link: command.link };
		case "role":
			return { ...base, type: "role", user: command.user, role: command.role };
		case "describe": {
			const { title, picture, description } = command;
			return { ...base, type: "describe", title, picture, description };
		}
		case "link": {
			const bytes = command.on ? broker.clock.randomBytes(linkBytes) : null;
			const link = bytes && Buffer.from(bytes).toString("base64url");
			return { ...base, type: "link", link };
		}
		case "mute":
			return { ...base, type: "mute", until: command.until };
		case "block":
		case "unblock":
			return { ...base, type: "block", on: command.type === "block" };
		case "profile":
		case "privacy":
			return null;
		default:
			return command satisfies never;
	}
}

/** The first reference that its sender may not make. */
function grants(
	{ media }: Body,
	row: MessageRow | null,
	now: number,
	by: string,
	{ tickets }: Pick<ConversationContext, "tickets">,
): { readonly noGrant?: string } {
	// What the message shows already is referenced, so it is there and its author may see it.
	const shown = row?.message?.media ?? [];
	const at = media.findIndex((one) => !shows(shown, one.hash) && !tickets.hold(by, one, now));
	return at < 0 ? {} : { noGrant: `media ${at}` };
}

function content(body: Body, expiresAt: number | null, clientTime: number | null): Content {
	const { id, contentType, replyTo, mentions, media } = body;
	return {
		id,
		contentType,
		content: body.content,
		replyTo,
		mentions,
		// A ticket is for its sender's eyes: readers get their own with what they are shown.
		media: media.length === 0 ? media : media.map((one) => ({ ...one, ticket: none })),
		expiresAt,
		clientTime,
	};
}
