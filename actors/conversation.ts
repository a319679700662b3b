// The actor of one conversation: puts operations into commands, with what only the store, the clock
// or chance can tell, and answers them. The rules are in domain/conversation-*; the loop in
// aggregate.ts; who is told what, in perform.ts.

import { BrokerError, type ErrorCode } from "../src/base/errors.js";
import { pack, unpack } from "../src/base/pack.js";
import { type Conversation, concern, initial } from "../src/domain/conversation.js";
import type { ConversationCommand } from "../src/domain/conversation-command.js";
import { type Caps, checkReceipt, decide } from "../src/domain/conversation-decide.js";
import { evolve, recovered } from "../src/domain/conversation-evolve.js";
import { index, messageRow } from "../src/domain/conversation-index.js";
import { react } from "../src/domain/conversation-react.js";
import type { ConversationEvent } from "../src/domain/event.js";
import type { MessageRow } from "../src/domain/index-row.js";
import { admit, noteAccepted } from "../src/domain/outbox.js";
import { conversationFrom, type Plain, plainConversation } from "../src/domain/snapshot.js";
import type { Lane } from "../src/journal/group-commit.js";
import { messageKey, reactionKey } from "../src/journal/keys.js";
import { recover } from "../src/journal/recover.js";
import { appendSnapshot, decodeMessage } from "../src/journal/rows.js";
import type { ServerOp, WriteOp } from "../src/protocol/frames.js";
import { Aggregate, type AggregateContext } from "./aggregate.js";
import { commandOf } from "./command-of.js";
import { conversationInfo, receiptsOf } from "./conversation-answers.js";
import type { SessionInfo, SessionPort, Tickets } from "./port.js";
import { wireMessage } from "./show.js";
import type { Ref } from "./system.js";

export type ConversationMessage =
	| { readonly type: "write"; readonly session: SessionInfo; readonly op: WriteOp }
	| {
			readonly type: "receipt";
			readonly session: SessionInfo;
			readonly kind: "delivered" | "seen";
			readonly seq: number;
	  }
	| { readonly type: "typing"; readonly session: SessionInfo; readonly on: boolean }
	| {
			readonly type: "open";
			readonly session: SessionInfo;
			readonly request: number;
			readonly members: readonly string[];
	  }
	| {
			readonly type: "info";
			readonly session: SessionInfo;
			readonly request: number;
			readonly cursor: string | null;
			readonly limit: number;
	  }
	| {
			readonly type: "receipts";
			readonly session: SessionInfo;
			readonly request: number;
			readonly seq: number;
	  }
	| { readonly type: "level"; readonly user: string; readonly position: number }
	| { readonly type: "expire"; readonly seq: number }
	/** The time to gather receipts is over. */
	| { readonly type: "gathered" };

export interface ConversationContext extends AggregateContext {
	readonly window: number;
	/** Up to so many members a push passes each member's actor. */
	readonly directMembersMax: number;
	readonly caps: Caps;
	userExists(user: string): boolean;
	readonly tickets: Tickets;
	readonly sessions: Pick<SessionPort, "speaks">;
	/** Ask for a `gathered` message after the time to gather. */
	gatherLater(conversation: string): void;
}

export class ConversationActor extends Aggregate<ConversationMessage, ConversationEvent> {
	private state: Conversation;
	/** Receipts that gather; null: none. */
	private said: Map<string, { delivered: number; seen: number }> | null = null;
	private due = false;

	constructor(
		id: string,
		self: Ref<ConversationMessage>,
		private readonly broker: ConversationContext,
	) {
		super("conversation", id, self, broker);
		this.state = initial(id);
	}

	protected get position(): number {
		return this.state.position;
	}

	protected head(): number {
		return this.state.head;
	}

	protected async recover(): Promise<number> {
		const { snapshot, events } = await recover(this.broker.journal, "conversation", this.id);
		let from = 0;
		if (snapshot !== null) {
			this.state = conversationFrom(this.id, unpack(snapshot.state) as Plain);
			from = snapshot.position;
		}
		for (const { position, event } of events) evolve(this.state, event as never, position);
		recovered(this.state);
		return from;
	}

	protected snapshotInto(out: { keys: Uint8Array[]; values: (Uint8Array | null)[] }): void {
		const { position, head } = this.state;
		const state = pack(plainConversation(this.state));
		appendSnapshot(out, "conversation", this.id, { position, head, state });
	}

	protected override snapshotDistance(): number {
		// A large membership makes a large snapshot: written accordingly less often.
		return Math.max(this.broker.snapshotEvery, this.state.members.size);
	}

	protected override direct(): boolean {
		return this.state.active > this.broker.directMembersMax;
	}

	protected lookAgain(): void {
		for (const member of this.state.members.values()) {
			const position = concern(this.state, member);
			const mark = { conversation: this.id, position };
			const op: ServerOp = { type: "marks", marks: [mark], last: false };
			this.output({ type: "tell", users: [member.user], except: "", op });
		}
		this.flush();
	}

	protected handle(message: ConversationMessage): void {
		switch (message.type) {
			case "write":
				this.write(message.session, message.op);
				return;
			case "receipt":
				this.receipt(message);
				return;
			case "typing":
				this.typing(message.session.user, message.on);
				return;
			case "open":
				this.open(message);
				return;
			case "info":
				this.result(message, conversationInfo(this.state, message));
				return;
			case "receipts":
				this.result(message, receiptsOf(this.state, message, this.row(message.seq)));
				return;
			case "level":
				this.apply({ ...message, at: this.now() }, null, null);
				return;
			case "expire": {
				const row = this.row(message.seq);
				this.apply({ type: "expire", at: this.now(), seq: message.seq, row }, row, null);
				return;
			}
			case "gathered":
				this.due = true;
				return;
			default:
				message satisfies never;
		}
	}

	private write(session: SessionInfo, op: WriteOp): void {
		const { n, answered, hash } = op;
		const write = { outbox: session.outbox, n, answered, hash };
		const { outboxes } = this.state;
		if (!this.broker.sessions.speaks(session)) {
			this.refuse(session, n, "SESSION_STALE", "", null);
			return;
		}
		const admission = admit(outboxes, session.user, write, session.serial, this.broker.window);
		if (admission.type === "refuse") {
			this.refuse(session, n, admission.code, "", admission.expected);
			return;
		}
		if (admission.type === "repeat") {
			const { from, position, seq, at, text } = admission.kept;
			const conversation = this.id;
			if (op.command.type === "send") {
				this.frozen(session, this.row(seq), from, position);
			}
			this.reply(session, { type: "answer", conversation, n, from, position, seq, at, text });
			return;
		}
		const seq = "seq" in op.command ? op.command.seq : 0;
		const row = seq === 0 ? null : this.row(seq);
		const had = op.command.type === "react" && this.hasReaction(seq, session.user);
		const command = commandOf(op, session, write, { row, had }, this.now(), this.broker);
		if (command === null) {
			this.refuse(session, n, "NOT_ALLOWED", "not for a conversation", null);
			return;
		}
		const refused = this.apply(command, row, session);
		if (refused !== null) {
			this.refuse(session, n, refused.code, refused.detail, null);
			return;
		}
		noteAccepted(outboxes, session.user, write, session.serial);
	}

	/** Decide; then evolve, react and index at once. Gives the rejection, if any. */
	private apply(
		command: ConversationCommand,
		before: MessageRow | null,
		session: SessionInfo | null,
	): { code: ErrorCode; detail: string } | null {
		const decision = decide(this.state, command, this.broker.caps);
		if (decision.type === "rejected") return decision.rejection;
		if (decision.type === "nothing") return null;
		const { event } = decision;
		evolve(this.state, event);
		const { position, trace } = this.state;
		const had = command.type === "react" && command.had;
		const row = messageRow(position, event, before, had);
		this.record(event, index(this.state, event, row, before));
		if (session !== null && event.write !== undefined) {
			const seq = "seq" in event ? event.seq : 0;
			const text = event.type === "link" ? event.link : null;
			const { n } = event.write;
			const conversation = this.id;
			const at = event.at;
			const from = trace.authorFrom;
			if (event.type === "sent") this.frozen(session, row, from, position);
			this.reply(session, { type: "answer", conversation, n, from, position, seq, at, text });
		}
		this.effects(react(this.state, event, row), session);
		return null;
	}

	/**
	 * What the answer to a send cannot say: that the status is frozen. The row goes before the
	 * answer, which moves the device past it; as of then, so that what changed since still applies.
	 */
	private frozen(
		session: SessionInfo,
		row: MessageRow | null,
		from: number,
		position: number,
	): void {
		if (row === null || row.frozen === null) return;
		const { user } = session;
		const reader = { user, tickets: this.broker.tickets };
		const message = { ...wireMessage(row, reader), changed: position };
		this.reply(session, { type: "message", conversation: this.id, from, message });
	}

	private receipt(message: ConversationMessage & { type: "receipt" }): void {
		const { session, kind, seq } = message;
		const check = checkReceipt(this.state, session.user, seq);
		if (check.type === "rejected") {
			const { code, detail } = check.rejection;
			this.reply(session, { type: "error", request: null, code, detail: `${this.id}: ${detail}` });
			return;
		}
		this.said ??= new Map();
		const said = this.said.get(session.user);
		if (said === undefined) {
			const first = { delivered: 0, seen: 0 };
			first[kind] = seq;
			this.said.set(session.user, first);
		} else if (said[kind] < seq) {
			said[kind] = seq;
		}
	}

	/** Receipts of one turn, or of the time to gather, become one event. */
	protected override gathered(): void {
		if (this.said === null) return;
		if (this.state.kind !== "direct" && !this.due) {
			this.broker.gatherLater(this.id);
			return;
		}
		this.due = false;
		const { said } = this;
		this.said = null;
		this.apply({ type: "receipts", at: this.now(), said }, null, null);
	}

	private typing(user: string, on: boolean): void {
		const member = this.state.members.get(user);
		if (!member?.active || this.state.blockedBy.size > 0 || this.state.kind === "channel") return;
		const op: ServerOp = { type: "typed", conversation: this.id, user, on };
		this.output({ type: "tell", users: this.state.activeUsers, except: user, op });
	}

	private open(message: ConversationMessage & { type: "open" }): void {
		const { session, members } = message;
		this.apply({ type: "open", at: this.now(), by: session.user, members }, null, null);
		const result = { type: "open", conversation: this.id } as const;
		this.reply(session, { type: "result", request: message.request, result });
	}

	private result(
		asked: { readonly session: SessionInfo; readonly request: number },
		answer:
			| { readonly ok: true; readonly result: (ServerOp & { type: "result" })["result"] }
			| { readonly ok: false; readonly code: ErrorCode; readonly detail: string },
	): void {
		const { request } = asked;
		const op: ServerOp = answer.ok
			? { type: "result", request, result: answer.result }
			: { type: "error", request, code: answer.code, detail: answer.detail };
		this.reply(asked.session, op);
	}

	private reply(session: SessionInfo, op: ServerOp): void {
		this.output({ type: "reply", session, op, direct: this.direct() });
	}

	private refuse(
		session: SessionInfo,
		n: number,
		code: ErrorCode,
		detail: string,
		expected: number | null,
	): void {
		this.reply(session, { type: "refused", conversation: this.id, n, code, detail, expected });
	}

	/** A message's row as decided so far: perhaps not committed yet. */
	private row(seq: number): MessageRow | null {
		if (seq < 1 || seq > this.state.head || this.lane === undefined) return null;
		const key = messageKey(this.id, seq);
		const stored = this.value(this.lane, key);
		if (stored == null) {
			throw new BrokerError("JOURNAL_DAMAGED", `message ${seq} of ${this.id} is missing`);
		}
		return decodeMessage(key, stored, this.id);
	}

	private hasReaction(seq: number, user: string): boolean {
		return (
			this.lane !== undefined && this.value(this.lane, reactionKey(this.id, seq, user)) != null
		);
	}

	/** As decided so far; null or undefined: there is none. */
	private value(lane: Lane, key: Uint8Array): Uint8Array | null | undefined {
		const unsent = this.unsent(key);
		if (unsent !== undefined) return unsent;
		const handedOver = this.broker.pipeline.peek(lane, key);
		return handedOver === undefined ? this.broker.journal.get(key) : handedOver;
	}

	private now(): number {
		return this.broker.clock.now();
	}
}
