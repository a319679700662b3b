// The scene of one situation of a client: a port, a client that has never been anywhere, and the
// words of a server that both use.

import type { ListEntry, Result, ServerOp, WireMessage } from "../protocol/frames.js";
import { hollow } from "../protocol/hollow.js";
import { utf8 } from "./bytes.js";
import type { Check } from "./check.js";
import type { ClientAudit } from "./client-audit.js";
import { Harbour, type Peer, type Said } from "./peer.js";

/** A client under test, just started. */
export interface Started {
	/** Queue a text for a conversation. */
	send(conversation: string, text: string): void;
	stop(): Promise<void>;
}

/** Starts a client with empty storage. */
export type Subject = (where: { readonly url: string; readonly token: string }) => Promise<Started>;

export type Welcome = Extract<ServerOp, { readonly type: "welcome" }>;

export const me = "ann";
/** The conversation of all situations. */
export const group = "g1";

export class ClientStage {
	readonly harbour: Harbour;
	readonly client: Started;
	private readonly audit: ClientAudit;
	private readonly more: Harbour[] = [];

	private constructor(harbour: Harbour, client: Started, audit: ClientAudit) {
		this.harbour = harbour;
		this.client = client;
		this.audit = audit;
	}

	static async set(subject: Subject, audit: ClientAudit): Promise<ClientStage> {
		const harbour = await Harbour.listen(audit);
		return new ClientStage(harbour, await subject({ url: harbour.url, token: "token" }), audit);
	}

	/** Another port that the client may be sent to. */
	async another(): Promise<Harbour> {
		const harbour = await Harbour.listen(this.audit);
		this.more.push(harbour);
		return harbour;
	}

	/** The next connection, welcomed; `ready` is taken. */
	async welcomed(changes: Partial<Welcome> = {}, harbour = this.harbour): Promise<Peer> {
		const peer = await harbour.connection();
		const hello = await peer.next("hello");
		peer.say(this.welcome(hello, changes));
		await peer.next("ready");
		return peer;
	}

	welcome({ offered }: Said<"hello">, changes: Partial<Welcome> = {}): Welcome {
		return {
			type: "welcome",
			version: 1,
			user: me,
			epoch: "e1",
			session: "s1",
			current: offered,
			generation: offered + 1,
			fresh: offered === 0,
			ack: "fsync",
			pid: "n1/1/1",
			node: "n1",
			now: 1_764_000_000_000,
			expiresAt: 1_900_000_000_000,
			limits: {
				frameBytes: 65_536,
				contentBytes: 65_536,
				window: this.audit.window,
				pageItems: 100,
				pulseMs: 5_000,
			},
			name: "",
			picture: "",
			presence: "everyone",
			...changes,
		};
	}

	/** A first connection with the list read: the group is known up to its position, 1. */
	async live(changes: Partial<ListEntry> = {}): Promise<Peer> {
		const peer = await this.welcomed();
		await this.list(peer, [entry(changes)]);
		await peer.next("listed");
		peer.say({ type: "marks", marks: [], last: true });
		return peer;
	}

	/** Answers a list that the client asks for. */
	async list(peer: Peer, entries: readonly ListEntry[]): Promise<void> {
		const { request } = await peer.next("list");
		peer.say(result(request, { type: "list", entries, cursor: null }));
	}

	async end(): Promise<void> {
		await this.client.stop();
		for (const harbour of [this.harbour, ...this.more]) harbour.close();
	}
}

export function result(request: number, value: Result): ServerOp {
	return { type: "result", request, result: value };
}

export function entry(changes: Partial<ListEntry> = {}): ListEntry {
	return {
		conversation: group,
		kind: "group",
		title: "",
		picture: "",
		role: "member",
		mutedUntil: 0,
		head: 0,
		position: 1,
		start: 1,
		delivered: 0,
		seen: 0,
		unread: 0,
		last: null,
		...changes,
	};
}

/** Message `seq` of Bob's, at the position one above its number unless told otherwise. */
export function row(seq: number, changes: Partial<WireMessage> = {}): WireMessage {
	const position = changes.position ?? seq + 1;
	return {
		...hollow(seq, position, position),
		at: 1_764_000_000_000 + seq,
		sender: "bob",
		state: "live",
		body: {
			id: utf8(`message-${seq}`.padEnd(16, "-")),
			contentType: "text/plain",
			content: utf8(`m${seq}`),
			replyTo: null,
			mentions: [],
			media: [],
		},
		...changes,
	};
}

/** Its push, continuing the position before it unless told otherwise. */
export function push(seq: number, from?: number): ServerOp {
	const message = row(seq);
	return { type: "message", conversation: group, from: from ?? message.position - 1, message };
}

export function answer(write: Said<"write">, seq: number): ServerOp {
	const { conversation, n } = write;
	const at = 1_764_000_000_000 + seq;
	return { type: "answer", conversation, n, from: seq, position: seq + 1, seq, at, text: null };
}

export type ClientCheck = Check<ClientStage>;

export function situation(
	clause: string,
	what: string,
	expected: string,
	run: ClientCheck["run"],
): ClientCheck {
	return { clause: `P-${clause}`, situation: what, expected, run };
}
