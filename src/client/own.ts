// An answered write of this device, told as the push that it would have been: the server sends the
// answer instead, and the device knows the rest itself.

import type { Body, PullItem, WireMessage, WriteCommand } from "../protocol/frames.js";
import type { Answer } from "./outbox.js";
import type { Queued, View } from "./store.js";

export function ownItems(
	item: Queued,
	answer: Answer,
	view: View | undefined,
	me: string,
): PullItem[] {
	const { command } = item;
	const { position, at } = answer;
	switch (command.type) {
		case "send":
			return [{ type: "message", message: sent(item, command, answer, me) }];
		case "edit": {
			// The row keeps the random id of its send.
			const id = idOf(view?.rows.get(command.seq)) ?? command.id;
			const body = { ...bodyOf(command), id };
			return rowChange(view, command.seq, answer, { body, editedAt: at });
		}
		case "delete":
			return rowChange(view, command.seq, answer, {
				state: "deleted",
				body: null,
				id: idOf(view?.rows.get(command.seq)),
				expiresAt: null,
				clientTime: null,
				reactions: [],
			});
		case "hide":
			return [{ type: "change", position, at, change: { type: "hidden", seq: command.seq } }];
		case "react": {
			const { seq, emoji } = command;
			return [{ type: "change", position, at, change: { type: "reacted", seq, user: me, emoji } }];
		}
		default:
			return facts(command, answer, me);
	}
}

/** The random id of one's own send, of which a row keeps it when its content is gone. */
export function idOf(row: WireMessage | undefined): Uint8Array | null {
	return row === undefined || row.outbox === null ? null : (row.body?.id ?? row.id);
}

function bodyOf(body: Body): Body {
	const { id, contentType, content, replyTo, mentions, media } = body;
	return { id, contentType, content, replyTo, mentions, media };
}

function sent(
	item: Queued,
	command: WriteCommand & { type: "send" },
	answer: Answer,
	me: string,
): WireMessage {
	const { seq, position, at } = answer;
	return {
		seq,
		position,
		changed: position,
		at,
		sender: me,
		state: "live",
		body: bodyOf(command),
		editedAt: null,
		expiresAt: command.ttlMs === null ? null : at + command.ttlMs,
		clientTime: command.clientTime,
		frozen: null,
		outbox: item.outbox,
		n: item.n,
		reactions: [],
		id: null,
	};
}

/** A row that is not held stays unheld: whoever asks for it later gets it as it is then. */
function rowChange(
	view: View | undefined,
	seq: number,
	answer: Answer,
	fields: Partial<WireMessage>,
): PullItem[] {
	const before = view?.rows.get(seq);
	if (before === undefined) return [];
	const { position, at } = answer;
	const message = { ...before, ...fields, changed: position };
	return [{ type: "change", position, at, change: { type: "row", message } }];
}

type FactCommand = Exclude<WriteCommand, { type: "send" | "edit" | "delete" | "hide" | "react" }>;

function facts(command: FactCommand, answer: Answer, me: string): PullItem[] {
	const { position, at } = answer;
	const change = factOf(command, answer, me);
	return change === null ? [] : [{ type: "change", position, at, change }];
}

function factOf(command: FactCommand, answer: Answer, me: string) {
	switch (command.type) {
		case "create":
			return { type: "created", kind: command.kind, title: command.title } as const;
		case "add":
			return { type: "added", users: command.users, by: me } as const;
		case "join":
			return { type: "added", users: [me], by: me } as const;
		case "remove":
			return { type: "removed", users: command.users, by: me } as const;
		case "leave":
			return { type: "removed", users: [me], by: me } as const;
		case "role":
			return { type: "role", user: command.user, role: command.role } as const;
		case "describe": {
			const { title, picture, description } = command;
			return { type: "described", title, picture, description } as const;
		}
		case "link":
			return { type: "link", link: answer.text } as const;
		case "mute":
			return { type: "muted", until: command.until } as const;
		case "block":
		case "unblock":
			return { type: "blocked", by: me, on: command.type === "block" } as const;
		case "profile":
		case "privacy":
			return null;
		default:
			return command satisfies never;
	}
}
