// What applications see of the SDK: the shapes only. A message, a conversation and a client are
// live objects: one for each key, changed in place, with stores and events that tell of changes.
// Not here: how they come about.

import type { Clock } from "../base/clock.js";
import type { BrokerError } from "../base/errors.js";
import type { ClientStore } from "../client/store.js";
import type { Connect } from "../client/transport.js";

/** Every error of the SDK: `code`, `retryable`, `action` and `detail`; docs/errors.md lists all. */
export type ClientError = BrokerError;

/** Why a token is asked for: a fresh one is needed for the last two. */
export type TokenReason = "first" | "reconnect" | "expired" | "refused";

export type TokenSource = string | ((reason: TokenReason) => string | Promise<string>);

export interface ConnectOptions {
	/** `http://host:port`, or `ws://…`, with or without a path. */
	readonly url: string;
	/** A token, or who gives one; asked before each connection and before the last one expires. */
	readonly token: TokenSource;
	/** A folder (Node) or a database's name (browsers); left out: memory only. */
	readonly store?: string | ClientStore;
	readonly clock?: Clock;
	/** How connections are opened; left out: WebSocket. */
	readonly transport?: Connect;
	/** Name and version of the application, for the operator's eyes. */
	readonly client?: string;
}

/**
 * A value that changes. `snapshot` is the same object as long as nothing has changed.
 *
 * Order: a subscriber is called after the change, once for all changes of a turn. Iterating gives
 *        the value now and each later one, newest only, and ends when the client is closed.
 */
export interface Store<T> extends AsyncIterable<T> {
	subscribe(callback: () => void): () => void;
	snapshot(): T;
}

export interface ConnectionState {
	/**
	 * `waiting`: until `retryAt`, then it is tried again. `offline`: there is no network, or the
	 * server refused in a way that trying again does not cure; `retry()` tries all the same.
	 */
	readonly type: "connecting" | "connected" | "waiting" | "offline" | "closed";
	/** Why it is not connected, if there is a reason. */
	readonly reason: ClientError | null;
	/** ms since 1970; null: no attempt is planned. */
	readonly retryAt: number | null;
	/** Writes without a final answer. */
	readonly queued: number;
}

/** Where what was sent is kept. `durable` false: it is lost with the process, see `error`. */
export interface StorageState {
	readonly durable: boolean;
	readonly error: ClientError | null;
}

export type Status = "queued" | "sent" | "delivered" | "seen" | "refused";
export type Role = "owner" | "admin" | "member";

/** A file as a message references it: what `upload` gives and `send` takes. */
export interface MediaReference {
	/** SHA-256, 32 bytes. */
	readonly hash: Uint8Array;
	/** In bytes. */
	readonly size: number;
	readonly contentType: string;
	readonly name: string;
	/** What allows to send it on; valid for a day, see `forward`. */
	readonly ticket: Uint8Array;
}

export interface TransferOptions {
	/** Bytes done and to be done, again and again. */
	readonly onProgress?: (progress: { readonly done: number; readonly size: number }) => void;
	/** Ends it; the promise rejects with the signal's reason. */
	readonly signal?: AbortSignal;
}

/**
 * A file of a message, for whoever may see that message.
 *
 * Errors: MEDIA_UNKNOWN: it is not there, or not for this user (any more); CLOSED. Trouble with the
 *         network is waited out.
 */
export interface MediaFile extends MediaReference {
	/** An address for `<img>` and `<video>` that needs no token and ends; the same while it holds. */
	url(): Promise<string>;
	/** The bytes, checked against the hash. Errors: MEDIA_MISMATCH. */
	download(options?: TransferOptions): Promise<Blob>;
	/** The same into a file, in Node; goes on where an earlier call was cut. */
	save(path: string, options?: TransferOptions): Promise<void>;
	/** The reference with a fresh ticket, to be sent elsewhere. */
	forward(): Promise<MediaReference>;
}

export interface Message {
	/** The same for ever, and on this device unique: for lists on a screen. */
	readonly key: string;
	readonly conversation: string;
	/** Its number in the conversation; null: not known to the server yet. */
	readonly seq: number | null;
	readonly from: string;
	/** ms since 1970: the server's time, or this device's while `seq` is null. */
	readonly at: number;
	readonly text: string;
	readonly contentType: string;
	readonly content: Uint8Array;
	/** Number of the message that this one answers. */
	readonly replyTo: number | null;
	readonly mentions: readonly string[];
	readonly media: readonly MediaFile[];
	readonly edited: boolean;
	/** Deleted for everyone, or expired: the content is gone. */
	readonly deleted: boolean;
	readonly expiresAt: number | null;
	/** Emoji → who. */
	readonly reactions: ReadonlyMap<string, readonly string[]>;
	readonly own: boolean;
	/** Only forward. Of another's message: `delivered`, and `seen` once it was seen here. */
	readonly status: Status;
	/** Why it was refused. */
	readonly error: ClientError | null;
	/** Readers that have it, and how many there are as far as known here. */
	readonly counts: { readonly delivered: number; readonly seen: number; readonly of: number };
	/** Grows with every change of this object. */
	readonly revision: number;
	/**
	 * Resolves at this status or a later one, after events and subscribers have heard of it.
	 * `queued`: durable on this device, as far as its storage is (`client.storage`).
	 *
	 * Errors: why it was refused; CLOSED.
	 */
	reached(status: Exclude<Status, "refused">): Promise<Message>;
	subscribe(callback: () => void): () => void;
	/** Takes a refused message out of the list; false: it is not refused. */
	cancel(): boolean;
}

export interface SendOptions {
	readonly text?: string;
	readonly content?: Uint8Array;
	/** Default `text/plain` for text, else `application/octet-stream`. */
	readonly contentType?: string;
	readonly replyTo?: Message | number | null | undefined;
	readonly mentions?: readonly string[];
	/** Files that were uploaded, or come from another message; text may be left out then. */
	readonly media?: readonly MediaReference[] | undefined;
	/** It expires this long after it was stored. */
	readonly ttlMs?: number | null;
}

export interface ConversationInfo {
	readonly kind: "direct" | "group" | "channel" | null;
	readonly title: string;
	readonly picture: string;
	readonly description: string;
	/** As far as known; asked for when the conversation is used. */
	readonly members: readonly { readonly user: string; readonly role: Role }[];
	/** One's own. `removed`: it can be read up to the removal. Null: not known yet. */
	readonly role: Role | "removed" | null;
	/** ms since 1970; 0: not muted. */
	readonly mutedUntil: number;
	readonly muted: boolean;
}

export interface ConversationSummary {
	readonly id: string;
	readonly kind: ConversationInfo["kind"];
	readonly title: string;
	readonly picture: string;
	/** Of its text the first 200 characters; of its files what they are. */
	readonly last: {
		readonly from: string;
		readonly text: string;
		readonly at: number;
		readonly media: readonly Pick<MediaReference, "name" | "size" | "contentType">[];
	} | null;
	readonly unread: number;
	readonly muted: boolean;
	readonly role: ConversationInfo["role"];
	/** Null: not known before the conversation is used. */
	readonly members: number | null;
}

export interface Conversation extends AsyncIterable<Message> {
	readonly id: string;
	readonly info: Store<ConversationInfo>;
	/** Oldest first, without gap or double: history, what comes, own ones under way at the end. */
	readonly messages: Store<readonly Message[]>;
	/** Others who are typing. */
	readonly typing: Store<readonly string[]>;
	/** Others' visible living messages after what was seen. */
	readonly unread: Store<number>;
	/**
	 * At once, in any state of the connection; what it throws is a TypeError of the caller. What is
	 * found wrong only when the storage is open is `refused`.
	 */
	send(content: string | Uint8Array | SendOptions): Message;
	/** The person has seen up to here (default: all). Kept while offline. */
	seen(upTo?: Message | number): void;
	/** On every key; said to others at most every 3 s, and never later. */
	typingNow(on: boolean): void;
	/** Older messages into `messages`. `more` false: that was the first one. */
	older(count?: number): Promise<{ readonly more: boolean }>;
	/** Who has an own message. Errors: NOT_ALLOWED, MESSAGE_UNKNOWN. */
	receipts(message: Message | number): Promise<{
		readonly delivered: number;
		readonly seen: number;
	}>;

	// Resolve when durable at the server, reject when refused; made at once, kept while offline.
	edit(message: Message | number, text: string): Promise<void>;
	deleteForAll(message: Message | number): Promise<void>;
	deleteForMe(message: Message | number): Promise<void>;
	react(message: Message | number, emoji: string | null): Promise<void>;
	add(...users: string[]): Promise<void>;
	remove(...users: string[]): Promise<void>;
	leave(): Promise<void>;
	setRole(user: string, role: Role): Promise<void>;
	rename(title: string): Promise<void>;
	describe(description: string): Promise<void>;
	picture(picture: string): Promise<void>;
	/** A fresh link for `client.join`; the former one is void. */
	link(): Promise<string>;
	/** Until when, ms since 1970; null: no longer. */
	mute(untilMs: number | null): Promise<void>;
}

export interface Profile {
	readonly user: string | null;
	readonly name: string;
	readonly picture: string;
	/** Who may see this user's presence; null: not known yet. */
	readonly presence: "everyone" | "contacts" | "nobody" | null;
}

export interface Presence {
	readonly type: "online" | "away" | "offline";
	/** ms since 1970; `never`; null: not told. */
	readonly lastSeen: number | "never" | null;
}

export interface ClientEvents {
	/** One came that was not sent from this object: once each, in order. */
	message: [message: Message];
	/** The status of an own message has moved. */
	status: [message: Message];
	/** A fault that the SDK got over; also whatever a callback threw. */
	error: [error: unknown];
	state: [state: ConnectionState];
	storage: [state: StorageState];
	/** This installation got another device id, because its storage had been copied or put back. */
	forked: [];
	/** Held messages start again from the list; null: of all conversations. */
	reset: [conversation: string | null];
}

export interface Client {
	/** Known after the first welcome, or from the store. */
	readonly user: string | null;
	readonly state: Store<ConnectionState>;
	readonly storage: Store<StorageState>;
	/** Newest activity first. */
	readonly conversations: Store<readonly ConversationSummary[]>;
	/** The list is whole: false on a new device, until the server has told all of it. */
	readonly listed: Store<boolean>;
	readonly profile: Store<Profile>;
	readonly blocked: Store<readonly string[]>;
	/** The same object for the same id. Errors: ID_INVALID. */
	conversation(id: string): Conversation;
	/** The direct conversation with a user. Waits for a connection. */
	open(user: string): Promise<Conversation>;
	create(options: {
		readonly title: string;
		readonly members?: readonly string[];
		readonly kind?: "group" | "channel";
	}): Promise<Conversation>;
	/** Errors: LINK_INVALID. */
	join(link: string): Promise<Conversation>;
	/** Names and pictures of users; those that do not exist are left out. */
	profiles(users: readonly string[]): Promise<readonly Omit<Profile, "presence">[]>;
	setProfile(profile: { readonly name?: string; readonly picture?: string }): Promise<void>;
	setPrivacy(presence: "everyone" | "contacts" | "nobody"): Promise<void>;
	block(user: string): Promise<void>;
	unblock(user: string): Promise<void>;
	/** Watched while somebody subscribes. */
	presence(user: string): Store<Presence>;
	/** The person is here, or has gone idle. */
	active(active: boolean): void;
	/** End a wait: try to connect now. */
	retry(): void;
	on<K extends keyof ClientEvents>(
		event: K,
		callback: (...args: ClientEvents[K]) => void,
	): () => void;
	/**
	 * Says what has been received and seen, disconnects, ends iterators, closes the storage. What is
	 * queued there goes out next time.
	 */
	close(): Promise<void>;
	[Symbol.asyncDispose](): Promise<void>;
}
