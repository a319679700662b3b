// What is durable, kept from the batches as they are written, and what no batch may do: use a
// number twice, leave one out, move a watermark back, store one send twice.

import type { ConversationEvent } from "../../src/domain/event.js";
import type { MemberRow, MessageRow, WatermarkRow } from "../../src/domain/index-row.js";
import type { WriteSet } from "../../src/journal/journal.js";
import { type KeyParts, parseKey } from "../../src/journal/keys.js";
import {
	decodeEvent,
	decodeMember,
	decodeMessage,
	decodeWatermark,
} from "../../src/journal/rows.js";

/** Says what is wrong; the run ends with it. */
export type Complain = (what: string) => void;

export interface Facts {
	/** By number, from 1. */
	readonly messages: MessageRow[];
	readonly events: Map<number, ConversationEvent>;
	readonly members: Map<string, MemberRow>;
	readonly watermarks: Map<string, WatermarkRow>;
	/** Highest position of any row. */
	position: number;
}

export class Ledger {
	readonly conversations = new Map<string, Facts>();
	readonly users = new Set<string>();
	/** Positions of users' events. */
	readonly userPositions = new Map<string, number>();
	/** Marks that are set, as `user conversation`. */
	readonly pending = new Set<string>();
	commits = 0;
	/** Sends by the id that the client made: what was ever stored. */
	readonly sends = new Map<string, { conversation: string; seq: number }>();
	private readonly outboxes = new Map<string, number>();

	constructor(
		private readonly complain: Complain,
		/** A storage of this user was put back to a backup. */
		private readonly restored: (user: string) => boolean,
	) {}

	facts(conversation: string): Facts {
		let facts = this.conversations.get(conversation);
		if (facts === undefined) {
			facts = {
				messages: [],
				events: new Map(),
				members: new Map(),
				watermarks: new Map(),
				position: 0,
			};
			this.conversations.set(conversation, facts);
		}
		return facts;
	}

	/** A batch becomes durable. */
	durable({ keys, values }: WriteSet): void {
		this.commits += 1;
		const touched = new Set<string>();
		for (const [at, key] of keys.entries()) {
			const parts = parseKey(key);
			if (parts === null) this.complain("a row of an unknown kind");
			else this.row(parts, key, values[at] ?? null, touched);
		}
		for (const id of touched) this.unbroken(id);
	}

	private row(
		parts: KeyParts,
		key: Uint8Array,
		value: Uint8Array | null,
		touched: Set<string>,
	): void {
		const [one = "", two = ""] = parts.ids;
		const number = parts.numbers[0] ?? 0;
		switch (parts.kind) {
			case "user":
				this.users.add(one);
				return;
			case "pending":
				if (value === null) this.pending.delete(`${one} ${two}`);
				else this.pending.add(`${one} ${two}`);
				return;
			case "event":
				if (value !== null) this.event(parts, key, value, one, number);
				touched.add(parts.entity === "conversation" ? one : "");
				return;
			case "message":
				if (value === null) this.complain(`message ${one}/${number} is taken away`);
				else this.message(this.facts(one), one, decodeMessage(key, value, one));
				touched.add(one);
				return;
			case "member":
				if (value !== null) this.facts(two).members.set(one, decodeMember(key, value));
				return;
			case "watermark":
				if (value !== null) this.watermark(one, two, decodeWatermark(key, value));
				touched.add(one);
				return;
			default:
				return;
		}
	}

	private event(
		parts: KeyParts,
		key: Uint8Array,
		value: Uint8Array,
		id: string,
		position: number,
	): void {
		if (parts.entity === "user") {
			const last = this.userPositions.get(id) ?? 0;
			if (position !== last + 1) this.complain(`user ${id}: event ${position} after ${last}`);
			this.userPositions.set(id, position);
			return;
		}
		const facts = this.facts(id);
		if (facts.events.has(position)) this.complain(`event ${id}/${position} is written twice`);
		facts.events.set(position, decodeEvent(key, value) as ConversationEvent);
		this.advance(facts, id, position);
	}

	private message(facts: Facts, id: string, row: MessageRow): void {
		const before = facts.messages[row.seq - 1];
		if (before === undefined) {
			if (row.seq !== facts.messages.length + 1) {
				this.complain(`${id}: message ${row.seq} after ${facts.messages.length}`);
			}
			facts.messages[row.seq - 1] = row;
			this.sent(id, row);
			this.advance(facts, id, row.position);
			return;
		}
		facts.messages[row.seq - 1] = row;
		const same = before.position === row.position && before.write.n === row.write.n;
		if (!same || before.sender !== row.sender) this.complain(`${id}/${row.seq} is another message`);
		if (row.changed < before.changed) this.complain(`${id}/${row.seq} goes back in its versions`);
	}

	/** [S1, S3] A number is decided once, in order; a message of a client is stored once. */
	private sent(id: string, row: MessageRow): void {
		const { outbox, n } = row.write;
		const stream = `${outbox}/${row.sender}/${id}`;
		const last = this.outboxes.get(stream) ?? 0;
		if (n <= last) this.complain(`${id}/${row.seq}: number ${n} of ${outbox} after ${last}`);
		this.outboxes.set(stream, n);
		if (row.message === null) return;
		const name = Buffer.from(row.message.id).toString("hex");
		const twin = this.sends.get(name);
		if (twin !== undefined && !this.mayRepeat(row.sender, twin)) {
			this.complain(`${id}/${row.seq} is ${twin.conversation}/${twin.seq} once more`);
		}
		this.sends.set(name, { conversation: id, seq: row.seq });
	}

	/**
	 * After a restore the storage may hold a send that moved to a later outbox since, and where its
	 * row has lost its id nothing tells them apart.
	 */
	private mayRepeat(user: string, twin: { conversation: string; seq: number }): boolean {
		return this.restored(user) && this.veiled(user, twin);
	}

	/** Its first content may be gone from the row, or from the sender's eyes. */
	veiled(user: string, { conversation, seq }: { conversation: string; seq: number }): boolean {
		const facts = this.facts(conversation);
		const row = facts.messages[seq - 1];
		if (row === undefined || row.changed > row.position) return true;
		for (const event of facts.events.values()) {
			if (event.type === "hidden" && event.by === user && event.seq === seq) return true;
		}
		return false;
	}

	private watermark(id: string, user: string, row: WatermarkRow): void {
		const facts = this.facts(id);
		const before = facts.watermarks.get(user);
		facts.watermarks.set(user, row);
		if (row.position > facts.position) facts.position = row.position;
		if (row.delivered > facts.messages.length || row.seen > facts.messages.length) {
			this.complain(`${id}: ${user} has what is not there`);
		}
		if (before === undefined) return;
		if (row.delivered < before.delivered || row.seen < before.seen) {
			this.complain(`${id}: the watermark of ${user} goes back`);
		}
	}

	private advance(facts: Facts, id: string, position: number): void {
		if (position <= facts.position && !this.sharesPosition(facts, position)) {
			this.complain(`${id}: position ${position} is used again, after ${facts.position}`);
		}
		facts.position = Math.max(facts.position, position);
	}

	/** Rows of one batch come in any order; watermarks have moved ahead within it. */
	private sharesPosition(facts: Facts, position: number): boolean {
		let uses = 0;
		if (facts.events.has(position)) uses += 1;
		for (const row of facts.messages) if (row?.position === position) uses += 1;
		return uses <= 1;
	}

	private unbroken(id: string): void {
		if (id === "") return;
		const { messages } = this.facts(id);
		for (let at = 0; at < messages.length; at += 1) {
			if (messages[at] === undefined) this.complain(`${id}: there is no message ${at + 1}`);
		}
	}
}
