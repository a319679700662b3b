// One installation: its store, its connection kept up, its place in the protocol. What applications
// call is built on this; here every operation of the protocol is within reach, and nothing is
// hidden.

import { type Clock, systemClock, type Timer } from "../base/clock.js";
import { BrokerError, type ErrorCode } from "../base/errors.js";
import { conversationId } from "../base/ids.js";
import { encodeClientOp } from "../protocol/client-codec.js";
import type { ClientOp, Result, WriteCommand } from "../protocol/frames.js";
import type { End } from "./ending.js";
import { contain, type Emit, type Events } from "./events.js";
import { freshNames } from "./names.js";
import { BackOff, type BackOffOptions } from "./reconnect.js";
import { Session } from "./session.js";
import type { ClientStore, Queued } from "./store.js";
import type { Request, Unnumbered } from "./sync.js";
import type { Connect } from "./transport.js";

export interface DeviceOptions {
	/** Opens a connection; `url` is where the server said to go instead, if it did. */
	readonly connect: (url: string | null) => ReturnType<Connect>;
	/** Asked before every connection, so that it may be a fresh one each time. */
	readonly token: string | (() => string | Promise<string>);
	readonly store: ClientStore;
	readonly events?: Events;
	readonly clock?: Clock;
	readonly client?: string;
	readonly backOff?: BackOffOptions;
	/** Ask for a sign of life after this silence, and give up after twice of it; 0: never. */
	readonly heartbeatMs?: number;
}

type State =
	| { readonly type: "stopped" }
	| { readonly type: "connecting"; readonly attempt: object }
	| { readonly type: "connected"; readonly session: Session }
	| { readonly type: "waiting"; readonly timer: Timer };

/** A connection that is made sure of answers within this, or is given up. */
const checkMs = 5_000;

/** Users watched at once; further ones are refused by the server. */
const watchedMax = 1_000;

/** [P-3.3] The server answers with ids in their normal form, so nothing else is kept. */
function normal(conversation: string): string {
	const id = conversationId(conversation);
	if (id === null) throw new BrokerError("ID_INVALID", "conversation");
	return id;
}

/**
 * [P-4.5] A copy is another device, but keeps its outbox as long as the server knows its numbers:
 * what a former life has under way is recognised then. Only a last word under it closes an outbox.
 */
function renamed(code: ErrorCode, { device, outbox }: { device: string; outbox: string }) {
	if (code === "DEVICE_FORKED") return { device };
	return code === "DEVICE_FORGOTTEN" ? { device, outbox } : { outbox };
}

export class Device {
	readonly store: ClientStore;
	private readonly options: DeviceOptions;
	private readonly clock: Clock;
	private readonly emit: Emit;
	private readonly backOff: BackOff;
	private readonly watched = new Set<string>();
	private state: State = { type: "stopped" };
	private url: string | null = null;
	private heart: Timer | null = null;
	private pinged = false;

	constructor(options: DeviceOptions) {
		this.options = options;
		this.store = options.store;
		this.clock = options.clock ?? systemClock;
		this.emit = contain(options.events ?? {});
		this.backOff = new BackOff(this.clock, options.backOff);
	}

	get ready(): boolean {
		return this.state.type === "connected" && this.state.session.ready;
	}

	/** Connect and stay connected. */
	start(): void {
		if (this.state.type !== "stopped") return;
		const { heartbeatMs = 25_000 } = this.options;
		if (heartbeatMs > 0) {
			this.heart = this.clock.every(heartbeatMs / 2, () => this.beat(heartbeatMs));
		}
		void this.connect();
	}

	/** Says at once what is due: for who stops now, of own accord. */
	flush(): void {
		if (this.state.type === "connected") this.state.session.flush();
	}

	/** Disconnect and stay so. What is queued stays in the store. */
	stop(): void {
		this.halt(null);
	}

	/** A wait is over early: the network is back, the page is looked at again, a person asks. */
	hurry(): void {
		if (this.state.type !== "waiting") return;
		this.state.timer.cancel();
		this.backOff.afresh();
		void this.connect();
	}

	/** Time was slept through, or the network changed: make sure that the connection still is one. */
	check(): void {
		if (this.state.type !== "connected" || !this.state.session.ready) return;
		const { session } = this.state;
		const askedAt = this.clock.monotonic();
		session.request({ type: "ping" }).catch(() => {});
		this.clock.after(checkMs, () => {
			if (session.heardAt < askedAt) session.lost();
		});
	}

	/**
	 * Queue a write; durable here when this returns. `conversation` null: the user's own entity.
	 *
	 * Errors: ID_INVALID; TypeError for a command that is not of its type.
	 */
	write(conversation: string | null, command: WriteCommand): Queued {
		const id = conversation === null ? null : normal(conversation);
		// What cannot be written in bytes is the caller's fault, and must not stand in the queue.
		encodeClientOp({ type: "write", conversation: id, n: 1, answered: 0, command });
		const item = this.store.enqueue(id, command);
		if (this.state.type === "connected") this.state.session.wrote(id);
		return item;
	}

	/** The person has seen everything up to here. Kept while offline; of what is not held nothing. */
	seen(conversation: string, seq: number): void {
		if (!Number.isSafeInteger(seq) || seq < 1) throw new TypeError("seq must be at least 1");
		const id = normal(conversation);
		// A view that this alone had made would be there before the list said where it begins.
		if ((this.store.view(id)?.seen ?? seq) >= seq) return;
		this.store.change(id, { seen: seq });
		if (this.state.type === "connected") this.state.session.saw(id);
	}

	/**
	 * Ask the server. Pulls and lists are asked by the layer itself.
	 *
	 * Errors: the server's code; UNAVAILABLE without a session, or when it ends before the answer.
	 */
	async request<T extends Request["type"]>(
		request: Unnumbered<Request & { readonly type: T }>,
	): Promise<Result & { readonly type: T }> {
		encodeClientOp({ ...request, request: 0 } as ClientOp);
		if (this.state.type !== "connected") throw new BrokerError("UNAVAILABLE", "not connected");
		const result = await this.state.session.request(request as Unnumbered);
		return result as Result & { readonly type: T };
	}

	/** A page of older messages, kept in the view as well. `before` null: from the newest. */
	async history(conversation: string, before: number | null, limit: number) {
		const id = normal(conversation);
		if (this.state.type !== "connected") throw new BrokerError("UNAVAILABLE", "not connected");
		const page = await this.state.session.history(id, before, limit);
		return page as Result & { readonly type: "history" };
	}

	/** Follow the presence of these users, over reconnects too. */
	watch(users: readonly string[]): void {
		if (this.watched.size + users.length > watchedMax) {
			throw new BrokerError("OVERLOADED", `more than ${watchedMax} watched users`);
		}
		for (const user of users) this.watched.add(user);
		this.hint({ type: "watch", users });
	}

	unwatch(users: readonly string[]): void {
		for (const user of users) this.watched.delete(user);
		this.hint({ type: "unwatch", users });
	}

	/** A sign that means something only now: dropped without a session. */
	typing(conversation: string, on: boolean): void {
		this.hint({ type: "typing", conversation, on });
	}

	pulse(active: boolean): void {
		this.hint({ type: "pulse", active });
	}

	private hint(op: ClientOp): void {
		encodeClientOp(op);
		if (this.state.type === "connected") this.state.session.hint(op);
	}

	private async connect(): Promise<void> {
		const attempt = {};
		this.state = { type: "connecting", attempt };
		this.emit("phase", { type: "connecting" });
		const current = () => this.state.type === "connecting" && this.state.attempt === attempt;
		try {
			const { token } = this.options;
			const value = typeof token === "string" ? token : await token();
			if (!current()) return;
			const transport = await this.options.connect(this.url);
			if (current()) this.attach(transport, value);
			else transport.close();
		} catch (cause) {
			if (!current()) return;
			this.emit("fault", "connect", cause);
			this.url = null;
			this.wait(null, 0);
		}
	}

	private attach(transport: Awaited<ReturnType<Connect>>, token: string): void {
		const session = new Session({
			transport,
			store: this.store,
			clock: this.clock,
			emit: this.emit,
			token,
			client: this.options.client ?? "colloquy",
			onReady: (welcome) => {
				this.backOff.ready();
				if (this.watched.size > 0) session.hint({ type: "watch", users: [...this.watched] });
				this.emit("phase", { type: "ready", welcome });
			},
			onEnd: (end) => this.ended(session, end),
		});
		this.pinged = false;
		this.state = { type: "connected", session };
		session.start();
	}

	private ended(session: Session, end: End): void {
		if (this.state.type !== "connected" || this.state.session !== session) return;
		this.url = end.url;
		if (end.action === "stop") {
			this.halt(end.code);
			return;
		}
		if (end.action === "fork") {
			const code = end.code ?? "DEVICE_FORKED";
			try {
				this.store.fork(renamed(code, freshNames(this.clock)));
				this.emit("forked", code);
			} catch (cause) {
				// The old names stay, and the server will say the same again.
				this.emit("fault", "store", cause);
			}
		}
		this.wait(end.code, end.retryAfterMs);
	}

	private wait(code: ErrorCode | null, hintMs: number): void {
		const delayMs = this.backOff.next(hintMs);
		const timer = this.clock.after(delayMs, () => void this.connect());
		this.state = { type: "waiting", timer };
		const retryAt = this.clock.monotonic() + delayMs;
		this.emit("phase", { type: "waiting", code, retryAt });
	}

	private halt(code: ErrorCode | null): void {
		const { state } = this;
		if (state.type === "stopped") return;
		this.state = { type: "stopped" };
		this.heart?.cancel();
		if (state.type === "connected") state.session.close();
		if (state.type === "waiting") state.timer.cancel();
		this.emit("phase", { type: "stopped", code });
	}

	/** Judged by the clock at each beat: timers of a page in the background may have slept. */
	private beat(heartbeatMs: number): void {
		if (this.state.type !== "connected" || !this.state.session.ready) return;
		const { session } = this.state;
		const silentMs = this.clock.monotonic() - session.heardAt;
		if (silentMs < heartbeatMs) this.pinged = false;
		else if (this.pinged && silentMs >= 2 * heartbeatMs) session.lost();
		else if (!this.pinged) {
			this.pinged = true;
			session.request({ type: "ping" }).catch(() => {});
		}
	}
}
