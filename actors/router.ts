// Where sessions' operations go: to the actor that owns the entity, or to the store for what only
// reads. The door is here too: what an overfull, broken or absent target would drop is answered.

import { BrokerError, type ErrorCode } from "../src/base/errors.js";
import { directId } from "../src/base/ids.js";
import type { ConversationMessage } from "./conversation.js";
import type { HelloOutcome, RoutedOp as Op, RouterPort, SessionInfo, SessionPort } from "./port.js";
import type { Reads } from "./reads.js";
import type { Directory } from "./shard.js";
import type { TellResult } from "./system.js";
import type { UserMessage } from "./user.js";

export interface RouterContext {
	readonly users: Directory<UserMessage>;
	readonly conversations: Directory<ConversationMessage>;
	readonly sessions: SessionPort;
	readonly reads: Reads;
	/** False while nothing can be committed. */
	accepting(): boolean;
}

/** Why an actor did not take a message, in the words of the protocol. */
export const refusals: Readonly<Record<Exclude<TellResult, "ok">, ErrorCode>> = {
	full: "OVERLOADED",
	quarantined: "UNAVAILABLE",
	stopped: "DRAINING",
};

export class Router implements RouterPort {
	constructor(private readonly context: RouterContext) {}

	hello(hello: Parameters<RouterPort["hello"]>[0]): Promise<HelloOutcome> {
		if (!this.context.accepting()) return Promise.resolve(refusedHello("JOURNAL_IO"));
		return new Promise((resolve) => {
			const result = this.context.users.tell(hello.user, {
				type: "hello",
				...hello,
				done: resolve,
				failed: () => resolve(refusedHello("JOURNAL_IO")),
			});
			if (result !== "ok") resolve(refusedHello(refusals[result]));
		});
	}

	route(session: SessionInfo, ops: readonly Op[]): void {
		for (const op of ops) this.one(session, op);
	}

	resync(session: SessionInfo): void {
		this.context.reads.marks(session);
	}

	closed(_session: SessionInfo): void {}

	private one(session: SessionInfo, op: Op): void {
		switch (op.type) {
			case "write": {
				const { conversation } = op;
				if (conversation === null) this.toUser(session, op, { type: "write", session, op });
				else this.toConversation(session, op, conversation, { type: "write", session, op });
				return;
			}
			case "delivered":
			case "seen": {
				const { type: kind, seq } = op;
				const message = { type: "receipt", session, kind, seq } as const;
				this.toConversation(session, op, op.conversation, message);
				return;
			}
			case "typing":
				this.toConversation(session, op, op.conversation, { type: "typing", session, on: op.on });
				return;
			case "open": {
				if (!this.context.reads.userExists(op.user)) {
					this.refuse(session, op, "USER_UNKNOWN", op.user);
					return;
				}
				const members = [session.user, op.user];
				const { request } = op;
				const id = directId(session.user, op.user);
				this.tell(session, op, this.context.conversations, id, {
					type: "open",
					session,
					request,
					members,
				});
				return;
			}
			case "info":
			case "receipts":
				this.toConversation(session, op, op.conversation, { ...op, session });
				return;
			case "ready":
			case "listed":
				this.toUser(session, op, { type: op.type, session });
				return;
			case "held":
				this.toUser(session, op, { type: "held", session, held: op.held });
				return;
			case "logout":
				this.toUser(session, op, { ...op, session });
				return;
			case "history":
			case "list":
			case "pull":
			case "profiles":
				if (!this.context.reads.answer(session, op)) this.refuse(session, op, "OVERLOADED", "");
				return;
			default:
				op satisfies never;
		}
	}

	private toUser(session: SessionInfo, op: Op, message: UserMessage): void {
		this.tell(session, op, this.context.users, session.user, message);
	}

	/** Only a conversation that exists is worth an actor: a stranger's guesses cost one look-up. */
	private toConversation(
		session: SessionInfo,
		op: Op,
		id: string,
		message: ConversationMessage,
	): void {
		const { conversations, reads } = this.context;
		const creates = op.type === "write" && op.command.type === "create";
		if (!creates && conversations.ref(id) === undefined && !reads.conversationExists(id)) {
			const joins = op.type === "write" && op.command.type === "join";
			this.refuse(session, op, joins ? "LINK_INVALID" : "CONVERSATION_UNKNOWN", "");
			return;
		}
		this.tell(session, op, conversations, id, message);
	}

	private tell<M>(
		session: SessionInfo,
		op: Op,
		directory: Directory<M>,
		id: string,
		message: M,
	): void {
		// Whatever writes waits for a store that takes writes: decided on nothing, answered at once.
		if (!this.context.accepting()) {
			this.refuse(session, op, "JOURNAL_IO", "");
			return;
		}
		const result = directory.tell(id, message);
		if (result !== "ok") this.refuse(session, op, refusals[result], "");
	}

	/** Answers for an actor that took a message and will not handle it. */
	refused(message: ConversationMessage | UserMessage, code: "INTERNAL" | "UNAVAILABLE"): void {
		switch (message.type) {
			case "write":
				this.refuse(message.session, message.op, code, "");
				return;
			case "hello":
				message.done(refusedHello(code));
				return;
			case "provision":
			case "revoke":
			case "admit":
				message.failed(new BrokerError(code));
				return;
			case "ready": {
				const { user, device } = message.session;
				this.context.sessions.end(user, device, code, null);
				return;
			}
			case "open":
			case "info":
			case "receipts":
			case "logout": {
				const { session, request } = message;
				const op = { type: "error", request, code, detail: "" } as const;
				this.context.sessions.deliver(session.serial, [op]);
				return;
			}
			case "receipt": {
				const op = { type: "error", request: null, code, detail: "" } as const;
				this.context.sessions.deliver(message.session.serial, [op]);
				return;
			}
			default:
				// Pushes and wake-ups: what they carried stands in the journal.
				return;
		}
	}

	/** Says no to an operation that carries a number; others are lost lawfully. */
	refuse(session: SessionInfo, op: Op, code: ErrorCode, detail: string): void {
		if (op.type === "write") {
			const { conversation, n } = op;
			this.context.sessions.deliver(session.serial, [
				{ type: "refused", conversation, n, code, detail, expected: null },
			]);
		} else if (op.type === "delivered" || op.type === "seen") {
			const said = detail === "" ? op.conversation : `${op.conversation}: ${detail}`;
			this.context.sessions.deliver(session.serial, [
				{ type: "error", request: null, code, detail: said },
			]);
		} else if (op.type === "ready") {
			this.context.sessions.end(session.user, session.device, code, null);
		} else if ("request" in op) {
			this.context.sessions.deliver(session.serial, [
				{ type: "error", request: op.request, code, detail },
			]);
		}
	}
}

function refusedHello(code: ErrorCode): HelloOutcome {
	return { ok: false, code, detail: "" };
}
