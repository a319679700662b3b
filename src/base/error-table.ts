// The table of every error a client, an embedder or an operator can meet: code → message, what to
// do, whether to retry, WebSocket close code and HTTP status. Codes never change within a major
// version; messages may. docs/protocol.md lists exactly these rows and a test compares.

export interface ErrorRow {
	/** What was wrong. */
	readonly message: string;
	/** What to do about it. */
	readonly action: string;
	readonly retryable: boolean;
	/** 4000–4499: reconnect; 4500–4999: do not. Only codes that may end a socket have one. */
	readonly close?: number;
	readonly http?: number;
}

function row(
	message: string,
	action: string,
	retryable: boolean,
	extra: { close?: number; http?: number } = {},
): ErrorRow {
	return { message, action, retryable, ...extra };
}

export const errorTable = {
	// Ends of a connection after which the client reconnects.
	DRAINING: row("the server is going down", "reconnect after the hint", true, {
		close: 4000,
		http: 503,
	}),
	SLOW_READER: row("the session stopped reading", "reconnect and pull", true, { close: 4001 }),
	HANDSHAKE_TIMEOUT: row("no hello within the deadline", "send hello at once", true, {
		close: 4002,
	}),
	TOO_MANY_CONNECTIONS: row(
		"the server has no room for this connection",
		"wait, then retry",
		true,
		{
			close: 4003,
			http: 503,
		},
	),
	TAKEOVER_LIMIT: row("the same device connects too often", "wait, then retry", true, {
		close: 4004,
	}),
	PING_TIMEOUT: row("the peer did not answer pings", "reconnect", true, { close: 4005 }),
	RATE_LIMITED: row("too many requests", "wait for the hint, then retry", true, {
		close: 4006,
		http: 429,
	}),
	AUTH_EXPIRED: row("the token has expired", "get a fresh token, then reconnect", true, {
		close: 4010,
		http: 401,
	}),
	REDIRECT: row("another server serves this user", "connect to the given address", true, {
		close: 4011,
	}),
	INTERNAL: row("the server met a fault of its own", "retry; report it if it stays", true, {
		close: 4012,
		http: 500,
	}),
	// Ends of a connection after which reconnecting in the same way is useless.
	PROTOCOL: row("the frame does not follow the protocol", "fix the client", false, {
		close: 4500,
		http: 400,
	}),
	AUTH_REJECTED: row("the token was not accepted", "get another token", false, {
		close: 4501,
		http: 401,
	}),
	AUTH_REVOKED: row("the token, user or device was revoked", "sign in again", false, {
		close: 4502,
		http: 401,
	}),
	REPLACED: row("the same device connected again", "keep the newer connection", false, {
		close: 4503,
	}),
	DEVICE_FORKED: row(
		"this device's storage is older than what the server knows",
		"take a new device id, keep the outbox, sync",
		false,
		{ close: 4504 },
	),
	DEVICE_FORGOTTEN: row(
		"the device was unseen for too long and is forgotten",
		"take a new device id and outbox, sync, move unanswered sends",
		false,
		{ close: 4505 },
	),
	DEVICE_LIMIT: row("the user has too many devices", "log one out", false, { close: 4506 }),
	VERSION: row(
		"this protocol version is not spoken here",
		"use a version named in the detail",
		false,
		{
			close: 4507,
		},
	),
	ORIGIN: row("the page's origin is not allowed", "add it to the configuration", false, {
		http: 403,
	}),
	FRAME_TOO_LARGE: row("the frame is over the limit", "send smaller frames", false, {
		close: 1009,
		http: 413,
	}),
	// Answers to operations.
	BAD_REQUEST: row("a field of the operation is not valid", "fix the named field", false, {
		http: 400,
	}),
	OP_UNKNOWN: row("the operation is not known here", "do without it", false),
	ID_INVALID: row("the id breaks the rule for ids", "use an id by the rule", false, { http: 400 }),
	USER_UNKNOWN: row("no such user", "check the id; users exist once they signed in", false, {
		http: 404,
	}),
	CONVERSATION_UNKNOWN: row("no such conversation for this user", "check the id", false, {
		http: 404,
	}),
	CONVERSATION_EXISTS: row("the conversation id is taken", "choose another id", false, {
		http: 409,
	}),
	NOT_A_MEMBER: row("the user is not a member", "ask to be added", false, { http: 403 }),
	NOT_ALLOWED: row("the role does not allow this", "ask an admin", false, { http: 403 }),
	BLOCKED: row("one of the two has blocked the other", "nothing", false, { http: 403 }),
	MEMBER_LIMIT: row("the conversation is full", "remove someone or use a channel", false),
	LAST_OWNER: row("a conversation needs an owner", "make someone else owner first", false),
	LINK_INVALID: row("the link is not valid (any more)", "ask for a new link", false),
	MESSAGE_UNKNOWN: row("no such message, or not visible", "check the number", false, {
		http: 404,
	}),
	MESSAGE_GONE: row("the message was deleted or has expired", "nothing", false),
	MESSAGE_TOO_LARGE: row("the message is over the limit", "send less, or as media", false, {
		http: 413,
	}),
	REACTION_LIMIT: row("too many reactions on this message", "nothing", false),
	MEDIA_NO_GRANT: row("no valid ticket for this media reference", "upload it first", false, {
		http: 403,
	}),
	MEDIA_UNKNOWN: row("no such media, or not visible", "check hash and conversation", false, {
		http: 404,
	}),
	MEDIA_TOO_LARGE: row("the file is over the limit", "upload a smaller one", false, { http: 413 }),
	MEDIA_QUOTA: row("the user's uploads use all the room they have", "delete some", false, {
		http: 413,
	}),
	MEDIA_MISMATCH: row("the bytes are not what was declared", "upload the file again", false, {
		http: 422,
	}),
	MEDIA_IO: row("the media store failed; nothing was stored", "upload again later", true, {
		http: 503,
	}),
	RECEIPT_INVALID: row("the receipt is beyond the last message", "confirm what exists", false),
	SEND_GAP: row("an earlier number is missing", "go back to the expected number", true),
	SEND_CONFLICT: row("the number was used with another content", "move to a new outbox", false),
	SEND_STALE: row("the answer to this number is no longer kept", "move to a new outbox", false),
	SEND_WINDOW: row("too many sends are unanswered", "wait for answers", true),
	SESSION_STALE: row(
		"a newer session of a copy writes under this outbox",
		"move to a new outbox",
		false,
	),
	RESET: row("the position is not kept any more", "start from the list", false),
	JOURNAL_IO: row("the disk failed; the outcome is unknown", "send the same again", true, {
		http: 503,
	}),
	OVERLOADED: row("the queue is full", "wait, then send the same again", true, { http: 503 }),
	UNAVAILABLE: row("the conversation or user is out of order for now", "retry later", true, {
		http: 503,
	}),
	// Said by the SDK itself, never on the wire.
	CLOSED: row("the client was closed", "open another one", false),
	OFFLINE: row("there is no connection", "it is tried again; look at the cause", true),
	TOKEN_FAILED: row("the token callback failed", "look at its cause; it is asked again", true),
	STORAGE_FAILED: row(
		"this device's storage failed",
		"make room or allow storage, then open again; until then all is in memory",
		false,
	),
	// Operators and embedders.
	JOURNAL_CONFLICT: row("a write does not continue the entity's history", "report it", false),
	JOURNAL_CLOSED: row("the journal is closed", "open it first", false),
	JOURNAL_DAMAGED: row("the data folder is damaged", "run verify; restore a backup", false),
	JOURNAL_FORMAT: row("the data folder is of another format", "use the named version", false),
	DATA_LOCKED: row("another process holds the data folder", "stop it first", false),
	CONFIG_INVALID: row("the configuration is not valid", "fix the named key", false),
	NOT_RUNNING: row("no server runs on this data folder", "start it first", false),
} as const satisfies Record<string, ErrorRow>;
