// The parts of a ready session, and which of them takes which operation. Not here: the connection,
// the frames and the handshake, which are the session's.

import { BrokerError, type ErrorCode } from "../base/errors.js";
import type { ServerOp } from "../protocol/frames.js";
import type { End } from "./ending.js";
import type { Welcome } from "./events.js";
import { Move } from "./move.js";
import { type Answer, Outbox, type Refusal } from "./outbox.js";
import { ownItems } from "./own.js";
import type { Requests } from "./requests.js";
import type { Step } from "./step.js";
import type { Queued, View } from "./store.js";
import { Sync, type SyncPort } from "./sync.js";

export interface LivePort
	extends Pick<SyncPort, "store" | "clock" | "emit" | "say" | "ask" | "wake"> {
	readonly requests: Requests;
	end(action: End["action"], code: ErrorCode): void;
}

export type LiveOp = Exclude<ServerOp, { type: "welcome" | "goodbye" | "drain" }>;

export class Live {
	readonly welcome: Welcome;
	readonly outbox: Outbox;
	readonly sync: Sync;
	private readonly port: LivePort;
	private readonly move: Move;

	constructor(port: LivePort, welcome: Welcome) {
		const { store, clock } = port;
		this.port = port;
		this.welcome = welcome;
		this.outbox = new Outbox(store, clock, welcome.limits.window);
		const syncPort: SyncPort = {
			...port,
			me: welcome.user,
			pageItems: welcome.limits.pageItems,
			onListed: () => this.move.onListed(),
			onLevel: (conversation) => this.move.onLevel(conversation),
		};
		this.sync = new Sync(syncPort);
		const onMoved = (conversation: string | null) => {
			this.outbox.wake(conversation);
			port.wake();
		};
		this.move = new Move({ ...syncPort, onMoved }, this.sync);
	}

	/** After `ready` is queued: asks for what is missing, says what was not heard. */
	start(): void {
		const { listed } = this.port.store.identity();
		this.sync.start(this.welcome.fresh || !listed || this.move.pending);
	}

	handle(op: LiveOp): void {
		const { emit, requests } = this.port;
		switch (op.type) {
			case "answer":
				this.answered(op);
				break;
			case "refused":
				this.refused(op);
				break;
			case "result":
				requests.answer(op.request, op.result, null, "");
				break;
			case "error":
				if (op.request === null) emit("fault", "server", new BrokerError(op.code, op.detail));
				else requests.answer(op.request, null, op.code, op.detail);
				break;
			case "message":
			case "skip":
			case "status":
			case "changed":
				this.sync.push(op);
				break;
			case "marks":
				this.sync.marks(op);
				break;
			case "presence":
				emit("presence", op.users);
				break;
			case "typed":
				emit("typed", op.conversation, op.user, op.on);
				break;
			default:
				op satisfies never;
		}
	}

	/** The write is final and, when it continues the view, its effect is held: one transaction. */
	private answered(op: Answer): void {
		const { emit } = this.port;
		const { conversation, from, position } = op;
		const waiting = this.outbox.waiting(conversation, op.n);
		let step: Step | null = null;
		if (conversation !== null && waiting !== null) {
			const { user } = this.welcome;
			const own = (view: View | undefined) => ownItems(waiting, op, view, user);
			step = { conversation, from, position, items: [], own };
		}
		const taken = step === null ? null : this.sync.taken(step);
		const item = this.outbox.answered(op, taken?.change ?? null);
		if (item !== null) emit("answered", item, { ...op, link: op.text });
		if (step !== null) {
			if (taken === null) this.sync.offer(step);
			else this.sync.stored(step, taken.notes);
		}
		this.port.wake();
	}

	private refused(op: Refusal): void {
		const verdict = this.outbox.refused(op);
		if (verdict.type === "forked") this.port.end("fork", op.code);
		else if (verdict.type === "failed" && verdict.item !== null) {
			const { item } = verdict;
			if (doneBefore(item, op.code)) {
				this.port.emit("answered", item, { seq: 0, position: 0, at: 0, link: null });
			} else this.port.emit("refused", item, op.code, op.detail);
		}
		this.port.wake();
	}
}

/** [P-5.9] A write made again under another outbox: these refusals say that it was done before. */
function doneBefore(item: Queued, code: ErrorCode): boolean {
	if (!item.moved) return false;
	const { type } = item.command;
	if (type === "create") return code === "CONVERSATION_EXISTS";
	return type === "leave" && code === "NOT_A_MEMBER";
}
