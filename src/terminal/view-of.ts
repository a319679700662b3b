// From the client's live objects to what a screen shows: plain data, of one moment. The one place
// where the two meet.

import { directMembers } from "../base/ids.js";
import type {
	Client,
	ClientError,
	Conversation,
	ConversationSummary,
	Message,
} from "../sdk/types.js";
import type { Chat } from "./chat.js";
import type { Editor } from "./editor.js";
import type {
	Anchor,
	ConnectionView,
	ListItem,
	MessageView,
	OpenView,
	PresenceView,
	View,
} from "./view.js";

export function viewOf(chat: Chat, editor: Editor, anchor: Anchor): View {
	const { client, clock, notice, panel } = chat;
	const now = clock.now();
	const state = client.state.snapshot();
	return {
		me: client.user ?? "",
		now,
		connection: connectionView(client, now),
		queued: state.queued,
		transfers: chat.transfers,
		durable: isDurable(client),
		list: client.conversations.snapshot().map((summary) => listItem(client, summary)),
		open: chat.opened === null ? null : openView(chat, chat.opened),
		anchor,
		panel,
		notice: notice?.text === "" ? null : notice,
		editor,
	};
}

/** Before the storage is open nobody knows, and nothing is wrong. */
function isDurable(client: Client): boolean {
	const { durable, error } = client.storage.snapshot();
	return durable || error === null;
}

function connectionView(client: Client, now: number): ConnectionView {
	const { type, reason, retryAt } = client.state.snapshot();
	const why = reason === null ? null : reasonOf(reason);
	switch (type) {
		case "connected":
			return { type: "online" };
		case "connecting":
			return { type: "connecting" };
		case "waiting":
		case "offline":
			return {
				type: "offline",
				reason: why,
				retryInMs: retryAt === null ? null : Math.max(0, retryAt - now),
			};
		case "closed":
			return { type: "closed", reason: why ?? "the client was closed" };
		default:
			return type satisfies never;
	}
}

const networkReasons: Readonly<Record<string, string>> = {
	ECONNREFUSED: "nobody listens there",
	ENOTFOUND: "no such host",
	EAI_AGAIN: "names cannot be looked up",
	ECONNRESET: "the connection was cut",
	ETIMEDOUT: "no answer",
	EHOSTUNREACH: "no way there",
	ENETUNREACH: "no network",
};

/** In few words; what the system says stands at the end of a chain of causes. */
function reasonOf(reason: ClientError): string | null {
	if (reason.code !== "OFFLINE") return reason.message;
	const code = /\bE[A-Z_]{3,}\b/.exec(reason.detail)?.[0] ?? "";
	return networkReasons[code] ?? null;
}

/** The other member of a direct conversation; oneself where there is no other. */
function otherOf(id: string, me: string | null): string | null {
	const members = directMembers(id);
	return members === null ? null : (members.find((user) => user !== me) ?? members[0]);
}

export function listItem(client: Client, summary: ConversationSummary): ListItem {
	const { id, last, unread, muted } = summary;
	const other = otherOf(id, client.user);
	const kind = kindOf(id, summary.kind);
	const by = last === null || other !== null ? "" : `${last.from}: `;
	return {
		id,
		title: other ?? (summary.title === "" ? id : summary.title),
		kind,
		presence: other === null ? null : presenceView(client, other),
		preview: last === null ? "" : by + inShort(last),
		at: last?.at ?? null,
		unread,
		muted,
	};
}

function kindOf(id: string, kind: ConversationSummary["kind"]): ListItem["kind"] {
	return kind ?? (directMembers(id) === null ? "group" : "direct");
}

/** Without a connection nobody knows: "offline" would be said of the wrong one. */
function presenceView(client: Client, user: string): PresenceView {
	if (client.state.snapshot().type !== "connected") return { type: "hidden" };
	const { type, lastSeen } = client.presence(user).snapshot();
	if (type !== "offline") return { type };
	return { type, lastSeen: typeof lastSeen === "number" ? lastSeen : null };
}

function openView(chat: Chat, conversation: Conversation): OpenView {
	const { client, unreadFrom, older } = chat;
	const { id } = conversation;
	const info = conversation.info.snapshot();
	const other = otherOf(id, client.user);
	const messages = conversation.messages.snapshot();
	const kind = kindOf(id, info.kind);
	const numbers = new Map<number, Message>();
	for (const message of messages) if (message.seq !== null) numbers.set(message.seq, message);
	return {
		id,
		title: other ?? (info.title === "" ? id : info.title),
		kind,
		presence: other === null ? null : presenceView(client, other),
		members: kind === "direct" || info.members.length === 0 ? null : info.members.length,
		typing: conversation.typing.snapshot(),
		messages: messages.map((message) => messageView(message, kind, numbers)),
		unreadFrom,
		older,
	};
}

/**
 * Views of messages that have not changed since: a screen is drawn often, a message changes
 * seldom.
 */
const made = new WeakMap<Message, { readonly revision: number; readonly view: MessageView }>();

function messageView(
	message: Message,
	kind: ListItem["kind"],
	numbers: ReadonlyMap<number, Message>,
): MessageView {
	const known = made.get(message);
	// What others have, and what an answer refers to, changes without the message itself.
	const alone = message.replyTo === null && (kind === "direct" || !message.own);
	if (alone && known?.revision === message.revision) return known.view;
	const { key, seq, from, at, own, edited, deleted, status, replyTo } = message;
	const answered = replyTo === null ? undefined : numbers.get(replyTo);
	const unknown = replyTo === null ? null : { from: `#${replyTo}`, text: "" };
	const view: MessageView = {
		key,
		seq,
		from,
		at,
		text: contentText(message),
		files: message.media,
		own,
		edited,
		deleted,
		reply:
			answered === undefined
				? unknown
				: { from: answered.from, text: answered.deleted ? "deleted" : inShort(answered) },
		reactions: [...message.reactions].map(([emoji, users]) => ({ emoji, users })),
		status,
		counts: kind === "direct" ? null : message.counts,
		error: message.error?.message ?? null,
	};
	made.set(message, { revision: message.revision, view });
	return view;
}

/** Of a message that is only files their names, or what they are. */
function inShort({ text, media }: Pick<Message, "text"> & { readonly media: Files }): string {
	if (text !== "" || media.length === 0) return text;
	return `[${media.map(({ name, contentType }) => name || contentType).join(", ")}]`;
}

type Files = NonNullable<ConversationSummary["last"]>["media"];

function contentText({ text, contentType, content, deleted }: Message): string {
	if (deleted || contentType.startsWith("text/")) return text;
	return `[${content.length} bytes of ${contentType}]`;
}
