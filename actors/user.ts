// The actor of one user: devices, profile and the marks they answer; and the way that everything
// for the user's sessions passes, in one order. Rules in domain/user.ts, loop in aggregate.ts.

import { BrokerError, type ErrorCode } from "../src/base/errors.js";
import { pack, unpack } from "../src/base/pack.js";
import type { UserEvent } from "../src/domain/event.js";
import { admit, noteAccepted } from "../src/domain/outbox.js";
import { type Plain, plainUser, userFrom } from "../src/domain/snapshot.js";
import {
	decideUser,
	evolveUser,
	forgotten,
	generationStep,
	greet,
	indexUser,
	initialUser,
	isVoid,
	reactUser,
	type User,
	type UserCaps,
	type UserCommand,
} from "../src/domain/user.js";
import { recover } from "../src/journal/recover.js";
import { appendSnapshot } from "../src/journal/rows.js";
import type { ServerOp, WriteOp } from "../src/protocol/frames.js";
import { Aggregate, type AggregateContext } from "./aggregate.js";
import type { HelloOutcome, SessionInfo, SessionPort } from "./port.js";
import type { Ref } from "./system.js";

export interface HelloMessage {
	readonly type: "hello";
	readonly device: string;
	readonly accepted: number;
	readonly offered: number;
	readonly outbox: string;
	readonly issuedAt: number;
	readonly done: (outcome: HelloOutcome) => void;
	readonly failed: (error: BrokerError) => void;
}

export type UserMessage =
	/** To one session, or (`serial` 0) to all but one. The way of every answer and push. */
	| {
			readonly type: "out";
			readonly serial: number;
			readonly except: number;
			readonly op: ServerOp;
	  }
	| HelloMessage
	| {
			readonly type: "provision" | "revoke";
			readonly device: string | null;
			readonly done: () => void;
			readonly failed: (error: BrokerError) => void;
	  }
	/** Whether a token lets in: what comes by HTTP asks, having no session. */
	| {
			readonly type: "admit";
			readonly device: string;
			readonly issuedAt: number;
			readonly done: () => void;
			readonly failed: (error: BrokerError) => void;
	  }
	| { readonly type: "ready"; readonly session: SessionInfo }
	| { readonly type: "seen"; readonly session: SessionInfo }
	| { readonly type: "listed"; readonly session: SessionInfo }
	| {
			readonly type: "held";
			readonly session: SessionInfo;
			readonly held: readonly { readonly conversation: string; readonly position: number }[];
	  }
	| {
			readonly type: "logout";
			readonly session: SessionInfo;
			readonly request: number;
			readonly device: string | null;
	  }
	| { readonly type: "write"; readonly session: SessionInfo; readonly op: WriteOp };

export interface UserContext extends AggregateContext {
	readonly window: number;
	readonly caps: UserCaps;
	readonly sessions: SessionPort;
	/** Sessions of a restarted actor missed pushes: each gets the marked list. */
	marks(session: SessionInfo): void;
	/** True once when pushes to this user were dropped since the last call. */
	takeLost(user: string): boolean;
}

export class UserActor extends Aggregate<UserMessage, UserEvent> {
	private state: User;
	/** Operations of this turn, by session; an idle actor owns no map. */
	private outgoing: Map<number, ServerOp[]> | null = null;

	constructor(
		id: string,
		private readonly address: Ref<UserMessage>,
		private readonly broker: UserContext,
	) {
		super("user", id, address, broker);
		this.state = initialUser(id);
	}

	protected get position(): number {
		return this.state.position;
	}

	protected head(): undefined {
		return undefined;
	}

	protected async recover(): Promise<number> {
		const { snapshot, events } = await recover(this.broker.journal, "user", this.id);
		let from = 0;
		if (snapshot !== null) {
			this.state = userFrom(this.id, unpack(snapshot.state) as Plain);
			from = snapshot.position;
		}
		for (const { position, event } of events) evolveUser(this.state, event as never, position);
		return from;
	}

	protected snapshotInto(out: { keys: Uint8Array[]; values: (Uint8Array | null)[] }): void {
		const { position } = this.state;
		appendSnapshot(out, "user", this.id, { position, head: 0, state: pack(plainUser(this.state)) });
	}

	protected lookAgain(): void {
		for (const session of this.broker.sessions.sessionsOf(this.id)) this.broker.marks(session);
	}

	override idle(nowMs: number): boolean {
		return super.idle(nowMs) && this.broker.sessions.sessionsOf(this.id).length === 0;
	}

	override flush(): void {
		super.flush();
		const { outgoing } = this;
		this.outgoing = null;
		if (outgoing !== null) {
			for (const [serial, ops] of outgoing) this.broker.sessions.deliver(serial, ops);
		}
		if (this.broker.takeLost(this.id)) this.lookAgain();
	}

	protected handle(message: UserMessage): void {
		switch (message.type) {
			case "out":
				this.out(message.serial, message.except, message.op);
				return;
			case "hello":
				this.hello(message);
				return;
			case "provision":
			case "revoke": {
				const at = this.broker.clock.now();
				if (message.type === "revoke") this.apply({ type: "revoke", at, device: message.device });
				else this.apply({ type: "provision", at });
				this.output({ type: "call", done: message.done, failed: message.failed });
				return;
			}
			case "admit": {
				const { device, issuedAt, failed } = message;
				const done = isVoid(this.state, device, issuedAt)
					? () => failed(new BrokerError("AUTH_REVOKED", "the token was revoked"))
					: message.done;
				// After what was decided before it: a revocation holds once it is committed.
				this.output({ type: "call", done, failed });
				return;
			}
			case "ready":
				this.ready(message.session);
				return;
			case "seen": {
				const { generation } = message.session;
				this.apply({ ...this.of(message.session), type: "seen", generation });
				return;
			}
			case "listed":
				this.apply({ ...this.of(message.session), type: "listed" });
				// What was marked while the list was read is behind already.
				this.output({ type: "marks", session: message.session });
				return;
			case "held": {
				const { session, held } = message;
				this.apply({ ...this.of(session), type: "held", generation: session.generation, held });
				return;
			}
			case "logout":
				this.logout(message);
				return;
			case "write":
				this.write(message.session, message.op);
				return;
			default:
				message satisfies never;
		}
	}

	private out(serial: number, except: number, op: ServerOp): void {
		if (serial !== 0) {
			this.collect(serial, op);
			return;
		}
		for (const session of this.broker.sessions.sessionsOf(this.id)) {
			if (session.serial !== except) this.collect(session.serial, op);
		}
	}

	private collect(serial: number, op: ServerOp): void {
		this.outgoing ??= new Map();
		const ops = this.outgoing.get(serial);
		if (ops === undefined) this.outgoing.set(serial, [op]);
		else ops.push(op);
	}

	private hello(message: HelloMessage): void {
		const at = this.broker.clock.now();
		this.apply({ type: "provision", at });
		const { device, accepted, offered, outbox, issuedAt } = message;
		const random = Math.floor(this.broker.clock.random() * generationStep);
		const hello = { at, device, accepted, offered, outbox, issuedAt, random };
		const greeting = greet(this.state, hello, this.broker.caps);
		const { name, picture, presence } = this.state;
		const outcome: HelloOutcome = greeting.ok
			? { ...greeting, pid: this.address.pid, name, picture, presence }
			: greeting;
		this.output({ type: "call", done: () => message.done(outcome), failed: message.failed });
	}

	private ready(session: SessionInfo): void {
		const at = this.broker.clock.now();
		const { device, outbox, current, generation, issuedAt } = session;
		for (const id of forgotten(this.state, at, this.broker.caps)) {
			if (!this.isHere(id)) this.apply({ type: "drop", at, device: id, reason: "unseen" });
		}
		const names = { device, current, generation, outbox };
		const refused = this.apply({ type: "ready", at, ...names, issuedAt });
		if (refused !== null) {
			this.effects([{ type: "end", user: this.id, device, code: refused.code }], null);
			return;
		}
		if (this.state.devices.get(device)?.fresh === false) this.output({ type: "marks", session });
	}

	/** A device that has been connected all the while is not unseen. */
	private isHere(device: string): boolean {
		return this.broker.sessions.sessionsOf(this.id).some((one) => one.device === device);
	}

	private logout(message: UserMessage & { type: "logout" }): void {
		const { session, request } = message;
		const device = message.device ?? session.device;
		const at = this.broker.clock.now();
		this.apply({ type: "drop", at, device, reason: "logout" });
		const op: ServerOp = { type: "result", request, result: { type: "logout" } };
		this.output({ type: "reply", session, op, direct: false });
	}

	private write(session: SessionInfo, op: WriteOp): void {
		const { n, answered, hash, command } = op;
		const write = { outbox: session.outbox, n, answered, hash };
		const { outboxes } = this.state;
		if (!this.broker.sessions.speaks(session)) {
			this.refuse(session, n, "SESSION_STALE", "", null);
			return;
		}
		const admission = admit(outboxes, this.id, write, session.serial, this.broker.window);
		if (admission.type === "refuse") {
			this.refuse(session, n, admission.code, "", admission.expected);
			return;
		}
		if (admission.type === "repeat") {
			const { from, position, at } = admission.kept;
			this.answer(session, n, from, position, at);
			return;
		}
		const at = this.broker.clock.now();
		const from = this.state.position;
		if (command.type === "profile") {
			const { name, picture } = command;
			this.apply({ type: "profile", at, write, name, picture });
		} else if (command.type === "privacy") {
			this.apply({ type: "privacy", at, write, presence: command.presence });
		} else {
			this.refuse(session, n, "BAD_REQUEST", "this command names a conversation", null);
			return;
		}
		noteAccepted(outboxes, this.id, write, session.serial);
		this.answer(session, n, from, this.state.position, at);
	}

	private answer(
		session: SessionInfo,
		n: number,
		from: number,
		position: number,
		at: number,
	): void {
		const fields = { conversation: null, n, from, position, seq: 0, at, text: null };
		this.output({ type: "reply", session, op: { type: "answer", ...fields }, direct: false });
	}

	private refuse(
		session: SessionInfo,
		n: number,
		code: ErrorCode,
		detail: string,
		expected: number | null,
	): void {
		const op: ServerOp = { type: "refused", conversation: null, n, code, detail, expected };
		this.output({ type: "reply", session, op, direct: false });
	}

	/** Decide, evolve, react and index at once. Gives the rejection, if any. */
	private apply(command: UserCommand): { code: ErrorCode; detail: string } | null {
		const decision = decideUser(this.state, command, this.broker.caps);
		if (decision.type === "rejected") return decision.rejection;
		if (decision.type === "nothing") return null;
		evolveUser(this.state, decision.event);
		this.record(decision.event, indexUser(this.state, decision.event));
		this.effects(reactUser(this.state, decision.event), null);
		return null;
	}

	private of(session: SessionInfo): { readonly at: number; readonly device: string } {
		return { at: this.broker.clock.now(), device: session.device };
	}
}
