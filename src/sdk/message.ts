// A live message: one object from `send` (or from its arrival) to the end, changed in place. Its
// status only moves forward. Not here: what moves it, which is its conversation's.

import { BrokerError } from "../base/errors.js";
import type { Outcome } from "../client/events.js";
import { hex } from "../client/names.js";
import type { WireMessage, WriteCommand } from "../protocol/frames.js";
import type { Pending } from "./engine.js";
import type { Hub } from "./hub.js";
import type { ClientError, MediaFile, Message, Status } from "./types.js";

export type Send = WriteCommand & { readonly type: "send" };

/** Below `queued`: not durable on this device yet. */
const inMemory = -1;
export const ranks = ["queued", "sent", "delivered", "seen"] as const;
export type Rank = -1 | 0 | 1 | 2 | 3;

const decoder = new TextDecoder();
const empty = new Uint8Array(0);
const noReactions: ReadonlyMap<string, readonly string[]> = new Map();

function rankOf(row: WireMessage): Rank {
	return (row.frozen === null ? 1 : ranks.indexOf(row.frozen)) as Rank;
}

/** What a message needs of its conversation. */
export interface Place {
	readonly id: string;
	readonly hub: Hub;
	readonly me: string | null;
	/** Up to here the person has seen others' messages. */
	readonly seenUpTo: number;
	counts(message: LiveMessage): Message["counts"];
	/** Something of this message has changed. */
	changed(): void;
	dismiss(message: LiveMessage): void;
}

interface Waiter {
	readonly rank: Rank;
	readonly resolve: (message: Message) => void;
	readonly reject: (cause: unknown) => void;
}

export function textOf(contentType: string, content: Uint8Array): string {
	return contentType.startsWith("text/") ? decoder.decode(content) : "";
}

/** The key of a message from its random id, which its sender made. */
export function keyOf(id: Uint8Array): string {
	return hex(id);
}

export class LiveMessage implements Message, Pending {
	revision = 0;
	/** Said in this tab: no arrival. */
	readonly here: boolean;
	/** As the server has it; null: not known there yet. */
	private row: WireMessage | null = null;
	/** As it was sent from this device, until there is a row. */
	private command: Send | null = null;
	private readonly place: Place;
	/** Its random id; null: it was not sent from this device since that started. */
	private readonly id: Uint8Array | null = null;
	private name = "";
	private number: number | null;
	private rank: Rank;
	private refusal: ClientError | null = null;
	private waiters: Waiter[] | null = null;
	private callbacks: Set<() => void> | null = null;

	/** `elsewhere`: another tab sends it, and it is an arrival, though known before it is stored. */
	constructor(place: Place, from: WireMessage | Send, elsewhere = false) {
		this.place = place;
		if ("seq" in from) {
			this.row = from;
			this.number = from.seq;
			this.here = false;
			// [P-7.4] What is frozen stays, whatever others read later.
			this.rank = rankOf(from);
		} else {
			this.command = from;
			this.id = from.id;
			this.number = null;
			this.here = !elsewhere;
			this.rank = inMemory;
		}
	}

	/** Made when it is asked for: most lists are never drawn. */
	get key(): string {
		this.name ||= this.id === null ? String(this.number) : keyOf(this.id);
		return this.name;
	}

	get conversation(): string {
		return this.place.id;
	}

	get seq(): number | null {
		return this.number;
	}

	get from(): string {
		return this.row?.sender ?? this.place.me ?? "";
	}

	get at(): number {
		return this.row?.at ?? this.command?.clientTime ?? 0;
	}

	private get body() {
		return this.row === null ? this.command : this.row.body;
	}

	get contentType(): string {
		return this.body?.contentType ?? "";
	}

	get content(): Uint8Array {
		return this.body?.content ?? empty;
	}

	get text(): string {
		return textOf(this.contentType, this.content);
	}

	get replyTo(): number | null {
		return this.body?.replyTo ?? null;
	}

	get mentions(): readonly string[] {
		return this.body?.mentions ?? [];
	}

	get media(): readonly MediaFile[] {
		return this.place.hub.filesOf(this.body?.media, this.place.id);
	}

	get edited(): boolean {
		return this.row?.editedAt != null;
	}

	get deleted(): boolean {
		return this.row !== null && this.row.state !== "live";
	}

	get expiresAt(): number | null {
		return this.row?.expiresAt ?? null;
	}

	get reactions(): ReadonlyMap<string, readonly string[]> {
		const all = this.row?.reactions ?? [];
		if (all.length === 0) return noReactions;
		const by = new Map<string, string[]>();
		for (const { user, emoji } of all) {
			const users = by.get(emoji);
			if (users === undefined) by.set(emoji, [user]);
			else users.push(user);
		}
		return by;
	}

	get own(): boolean {
		return this.row === null || this.row.sender === this.place.me;
	}

	get status(): Status {
		if (this.refusal !== null) return "refused";
		if (!this.own) return (this.number ?? 0) <= this.place.seenUpTo ? "seen" : "delivered";
		return ranks[this.rank as 0] ?? "queued";
	}

	private get rankNow(): Rank {
		return this.own ? this.rank : (ranks.indexOf(this.status as "seen") as Rank);
	}

	get error(): ClientError | null {
		return this.refusal;
	}

	get counts(): Message["counts"] {
		return this.place.counts(this);
	}

	reached(status: Exclude<Status, "refused">): Promise<Message> {
		const rank = ranks.indexOf(status) as Rank;
		const now = this.rankNow;
		const { hub } = this.place;
		return hub.untilClosed<Message>((resolve, reject) => {
			if (this.refusal !== null) reject(this.refusal);
			else if (now >= rank) hub.later(() => resolve(this));
			else {
				this.waiters ??= [];
				this.waiters.push({ rank, resolve, reject });
			}
		});
	}

	subscribe(callback: () => void): () => void {
		const own = () => callback();
		this.callbacks ??= new Set();
		this.callbacks.add(own);
		return () => void this.callbacks?.delete(own);
	}

	cancel(): boolean {
		if (this.refusal === null) return false;
		this.place.dismiss(this);
		return true;
	}

	/** Its row at the server, first or changed. */
	becomes(row: WireMessage): void {
		if (this.row === row) return;
		this.row = row;
		this.command = null;
		this.number = row.seq;
		this.changed();
		this.reach(rankOf(row));
	}

	stored(): void {
		this.reach(0);
	}

	answered({ seq }: Pick<Outcome, "seq">): void {
		if (seq > 0) this.number = seq;
		this.reach(1);
	}

	/** Whether its status can still move. */
	get open(): boolean {
		return this.own && this.rank < 3 && (this.row?.frozen ?? null) === null;
	}

	/** The status is at least this one. */
	reach(rank: Rank): void {
		if (rank <= this.rank || this.refusal !== null) return;
		const before = this.status;
		this.rank = rank;
		this.moved(before);
	}

	refused(error: ClientError): void {
		if (this.rank > 0 || this.refusal !== null) return;
		const before = this.status;
		this.refusal = error;
		this.moved(before);
	}

	/** Tells subscribers; the list that shows it is told as well. */
	changed(): void {
		this.revision += 1;
		if ((this.callbacks?.size ?? 0) > 0) this.place.hub.touch(this);
		this.place.changed();
	}

	notify(): void {
		for (const callback of [...(this.callbacks ?? [])]) this.place.hub.contain(callback);
	}

	/** Subscribers first, then the event, then the promises. */
	private moved(before: Status): void {
		const { hub } = this.place;
		if (this.status !== before) {
			this.changed();
			if (this.own) hub.emit("status", this);
		}
		this.settle();
	}

	/** Another's message was seen, or an own one has moved. */
	settle(): void {
		if (this.waiters === null) return;
		const { hub } = this.place;
		const now = this.rankNow;
		const { refusal } = this;
		const waiting: Waiter[] = [];
		for (const one of this.waiters) {
			if (refusal !== null) hub.later(() => one.reject(refusal));
			else if (one.rank <= now) hub.later(() => one.resolve(this));
			else waiting.push(one);
		}
		this.waiters = waiting.length === 0 ? null : waiting;
	}
}

/** The number that a caller means. Errors: MESSAGE_UNKNOWN for one that has none yet. */
export function numberOf(message: Message | number): number {
	const seq = typeof message === "number" ? message : message.seq;
	if (seq === null) throw new BrokerError("MESSAGE_UNKNOWN", "it is not sent yet");
	return seq;
}
