// Whatever the server says, at the moment it says it, must be durable, and be meant for the one who
// hears it. Reads the ledger of what is durable and nothing of the server.

import type { Interval } from "../../src/domain/event.js";
import type { MessageRow } from "../../src/domain/index-row.js";
import { endPosition, sees } from "../../src/domain/visibility.js";
import { intervalOf, wasMember, writtenUnseen } from "../../src/journal/shown.js";
import { decodeServerFrame } from "../../src/protocol/codec.js";
import type {
	Change,
	ListEntry,
	PullItem,
	ServerOp,
	WireMessage,
	WireWatermark,
} from "../../src/protocol/frames.js";
import type { Complain, Facts, Ledger } from "./ledger.js";

export class Listener {
	constructor(
		private readonly ledger: Ledger,
		private readonly complain: Complain,
	) {}

	/** The operations of a frame; what they say is held against what is durable. */
	hear(user: string, bytes: Uint8Array): ServerOp[] {
		const frame = decodeServerFrame(bytes);
		if (!frame.ok) {
			this.complain(`${user} is told what nobody can read: ${frame.detail}`);
			return [];
		}
		const ops = frame.ops as ServerOp[];
		for (const op of ops) this.op(user, op);
		return ops;
	}

	private op(user: string, op: ServerOp): void {
		switch (op.type) {
			case "welcome":
				if (!this.ledger.users.has(op.user)) this.complain(`${user} is welcome and unknown`);
				return;
			case "answer":
				this.answer(user, op);
				return;
			case "message":
				this.row(user, op.conversation, op.message);
				this.reached(user, op.conversation, op.message.position);
				return;
			case "skip":
			case "changed":
				this.reached(user, op.conversation, op.position);
				if (op.type === "changed") this.change(user, op.conversation, op.position, op.change);
				return;
			case "status":
				this.reached(user, op.conversation, op.position);
				this.status(user, op.conversation, op.position, op.watermarks);
				return;
			case "marks":
				for (const { conversation, position } of op.marks) {
					this.reached(user, conversation, position);
				}
				return;
			case "result":
				this.result(user, op);
				return;
			default:
				return;
		}
	}

	private result(user: string, { result }: ServerOp & { readonly type: "result" }): void {
		if (result.type === "list") for (const entry of result.entries) this.entry(user, entry);
	}

	/** Results of reads name no conversation: whoever asked does. */
	read(user: string, conversation: string, items: readonly PullItem[]): void {
		for (const item of items) {
			if (item.type === "message") this.row(user, conversation, item.message);
			else if (item.type === "change") {
				this.change(user, conversation, item.position, item.change);
			} else this.status(user, conversation, item.position, item.watermarks);
		}
	}

	private facts(user: string, conversation: string): Facts | null {
		const facts = this.ledger.conversations.get(conversation);
		if (facts?.members.has(user)) return facts;
		this.complain(`${user} is told of ${conversation}, of which nothing is durable`);
		return null;
	}

	private reached(user: string, conversation: string, position: number): void {
		const facts = this.facts(user, conversation);
		if (facts !== null && position > facts.position) {
			this.complain(`${user}: ${conversation} is at ${facts.position}, told is ${position}`);
		}
	}

	private answer(user: string, op: ServerOp & { readonly type: "answer" }): void {
		const { conversation, position, n } = op;
		if (conversation === null) {
			const last = this.ledger.userPositions.get(user) ?? 0;
			if (position > last) this.complain(`${user}: answer ${n} at ${position}, durable is ${last}`);
			return;
		}
		this.reached(user, conversation, position);
	}

	/** A message as it is told: a version that was there, of a time when the reader was. */
	private row(user: string, conversation: string, told: WireMessage): void {
		const facts = this.facts(user, conversation);
		if (facts === null) return;
		const what = `${user}: ${conversation}/${told.seq}`;
		const row = facts.messages[told.seq - 1];
		const intervals = facts.members.get(user)?.intervals ?? [];
		if (row === undefined) {
			this.complain(`${what} is told and is not durable`);
			return;
		}
		if (told.state === "skip") {
			if (told.body !== null || told.sender !== "") this.complain(`${what} is a skip that tells`);
			return;
		}
		if (!sees(intervals, told.seq)) this.complain(`${what} is not theirs to see`);
		if (row.withheldFrom === user) this.complain(`${what} is withheld and told`);
		if (told.changed > row.changed) {
			this.complain(`${what} is told at ${told.changed}, durable is ${row.changed}`);
		}
		const interval = intervalOf(intervals, told.seq);
		if (interval !== null && writtenUnseen(intervals, interval, told.changed)) {
			this.complain(`${what} is told as of ${told.changed}, when they were no member`);
		}
		this.content(user, what, told, row);
	}

	private content(user: string, what: string, told: WireMessage, row: MessageRow): void {
		if (told.position !== row.position) this.complain(`${what} is told at another position`);
		if (told.sender !== row.sender) this.complain(`${what} is told of another sender`);
		if (told.changed === row.changed && told.state !== row.state) {
			this.complain(`${what} is told ${told.state} and is ${row.state}`);
		}
		if (told.state !== "live" && told.body !== null) this.complain(`${what} is gone and told`);
		const own = row.sender === user;
		if (!own && (told.outbox !== null || told.n !== null || told.frozen !== null)) {
			this.complain(`${what} tells what is its sender's`);
		}
	}

	private change(user: string, conversation: string, position: number, change: Change): void {
		const facts = this.facts(user, conversation);
		if (facts === null) return;
		const what = `${user}: ${conversation} at ${position}`;
		const intervals = facts.members.get(user)?.intervals ?? [];
		if (!wasMember(intervals, position)) this.complain(`${what} is told, when they were no member`);
		if (change.type === "row") {
			this.row(user, conversation, change.message);
			return;
		}
		const event = facts.events.get(position);
		if (event === undefined) {
			this.complain(`${what}: ${change.type} is told and is not durable`);
			return;
		}
		if (event.type !== change.type) this.complain(`${what} is ${event.type}, not ${change.type}`);
		const personal = ["hidden", "muted", "blocked"].includes(event.type);
		if (personal && event.by !== user) this.complain(`${what} is ${event.by}'s alone`);
	}

	private status(
		user: string,
		conversation: string,
		position: number,
		watermarks: readonly WireWatermark[],
	): void {
		const facts = this.facts(user, conversation);
		if (facts === null) return;
		// Who came back is told where watermarks stand, whenever they moved.
		const end = endPosition(facts.members.get(user)?.intervals ?? []);
		if (end !== null && position > end) {
			this.complain(`${user}: ${conversation} status at ${position}, after their end`);
		}
		for (const mark of watermarks) {
			const row = facts.watermarks.get(mark.user);
			const seen = Math.min(row?.seen ?? 0, row?.delivered ?? 0);
			if (row === undefined || mark.delivered > row.delivered || mark.seen > seen) {
				const told = `${mark.user} has ${mark.delivered}/${mark.seen}`;
				this.complain(`${user}: ${conversation} ${told}, durable is ${row?.delivered}/${seen}`);
			}
			if (facts.members.get(user)?.kind === "channel" && mark.user !== user) {
				this.complain(`${user}: ${conversation} tells who reads a channel`);
			}
		}
	}

	private entry(user: string, entry: ListEntry): void {
		const facts = this.facts(user, entry.conversation);
		if (facts === null) return;
		const what = `${user}: entry of ${entry.conversation}`;
		if (entry.position > facts.position) this.complain(`${what} is ahead of what is durable`);
		if (entry.head > facts.messages.length) this.complain(`${what} has a head not durable`);
		if (entry.start > entry.position) this.complain(`${what} starts behind its end`);
		if (entry.last !== null) this.row(user, entry.conversation, entry.last);
	}
}

/** Whether a position lies behind a cut and before the next return. */
export function whileAway(intervals: readonly Interval[], position: number): boolean {
	const [first] = intervals;
	return first !== undefined && position > first.fromPosition && !wasMember(intervals, position);
}
