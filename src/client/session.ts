// One authenticated connection: hello, welcome, ready, then operations both ways, gathered into one
// frame a turn. All that must outlive it stands in the store. Not here: what comes after its end.

import type { Clock, Timer } from "../base/clock.js";
import { BrokerError, type ErrorCode } from "../base/errors.js";
import { decodeServerFrame, encodeClientOp } from "../protocol/client-codec.js";
import { type ClientOp, protocolVersion, type Result, type ServerOp } from "../protocol/frames.js";
import { frames } from "./batch.js";
import { actionOf, actionOfClose, codeOf, type End } from "./ending.js";
import type { Emit, Welcome } from "./events.js";
import { Live, type LivePort } from "./live.js";
import { type Reply, Requests } from "./requests.js";
import type { ClientStore } from "./store.js";
import type { Unnumbered } from "./sync.js";
import type { Transport } from "./transport.js";

export interface SessionOptions {
	readonly transport: Transport;
	readonly store: ClientStore;
	readonly clock: Clock;
	readonly emit: Emit;
	readonly token: string;
	/** What the client calls itself; for the operator's eyes. */
	readonly client: string;
	readonly onReady: (welcome: Welcome) => void;
	readonly onEnd: (end: End) => void;
}

/** Longest wait for a welcome. */
const welcomeMs = 15_000;
/** Writes and receipts of one frame; what is left goes with the next turn's. */
const frameOpsMax = 512;
/** Above this the connection is not keeping up, and writes wait in the store instead. */
const bufferedBytesMax = 1_024 * 1_024;
const bufferedRetryMs = 20;

type Phase =
	| { readonly type: "hello"; readonly timer: Timer }
	| { readonly type: "ready"; readonly live: Live }
	| { readonly type: "ended" };

export class Session {
	private readonly options: SessionOptions;
	private phase: Phase;
	private queued: ClientOp[] = [];
	private scheduled = false;
	private timer: Timer | null = null;
	private readonly requests = new Requests();
	/** The server reads no more: nothing more is said, and what is under way is waited for. */
	private draining = false;
	/** Frames wait here, in order, for rows that they rest on; null: none waits. */
	private reading: Promise<void> | null = null;
	private farewell: { retryAfterMs: number; url: string | null } = { retryAfterMs: 0, url: null };
	/** Monotonic time of the last bytes from the server. */
	heardAt: number;

	constructor(options: SessionOptions) {
		const { transport, clock } = options;
		this.options = options;
		this.heardAt = clock.monotonic();
		this.phase = {
			type: "hello",
			timer: clock.after(welcomeMs, () => this.end("reconnect", "HANDSHAKE_TIMEOUT")),
		};
		transport.onMessage = (bytes) => this.arrived(bytes);
		transport.onClose = (code) => this.closed(code);
	}

	/** Says hello; apart from making it, because `onEnd` may be called from within. */
	start(): void {
		this.guarded(() => this.hello());
	}

	get ready(): boolean {
		return this.phase.type === "ready";
	}

	/** A write was queued in the store. */
	wrote(conversation: string | null): void {
		if (this.phase.type !== "ready") return;
		this.phase.live.outbox.wake(conversation);
		this.wake();
	}

	/** The person has seen something; it is stored in the view. */
	saw(conversation: string): void {
		if (this.phase.type === "ready") this.phase.live.sync.receipts.moved(conversation);
	}

	/** An operation that nobody misses when there is no session: typing, pulse, watch. */
	hint(op: ClientOp): void {
		if (this.phase.type !== "ready") return;
		this.queued.push(op);
		this.wake();
	}

	/**
	 * Ask the server something.
	 *
	 * Errors: the server's code; UNAVAILABLE without a session, or when it ends before the answer.
	 */
	request(request: Unnumbered): Promise<Result> {
		return new Promise((resolve, reject) => {
			this.ask(request, (result, code, detail) => {
				if (result !== null) resolve(result);
				else reject(new BrokerError(code ?? "UNAVAILABLE", detail));
			});
		});
	}

	/** A page of older messages, kept in the view. Errors: as `request`. */
	history(conversation: string, before: number | null, limit: number): Promise<Result> {
		return new Promise((resolve, reject) => {
			const reply: Reply = (result, code, detail) => {
				if (result !== null) resolve(result);
				else reject(new BrokerError(code ?? "UNAVAILABLE", detail));
			};
			if (this.phase.type !== "ready") reply(null, "UNAVAILABLE", "no session");
			else this.phase.live.sync.history(conversation, before, limit, reply);
		});
	}

	/** What is due is said now, not at the end of the turn. */
	flush(): void {
		this.guarded(() => this.sendDue());
	}

	/** End it from this side; `onEnd` is not called. */
	close(): void {
		if (this.phase.type === "ended") return;
		this.finish();
		this.options.transport.close(1000, "");
	}

	/** Nothing was heard for too long. */
	lost(): void {
		this.end("reconnect", "PING_TIMEOUT");
	}

	private hello(): void {
		const { store, token, client, transport } = this.options;
		const { device, accepted, offered, outbox } = store.identity();
		const version = protocolVersion;
		const names = { device, accepted, offered, outbox, client };
		transport.send(encodeClientOp({ type: "hello", version, token, ...names }));
	}

	private ask(request: Unnumbered, reply: Reply): void {
		if (this.phase.type !== "ready") {
			reply(null, "UNAVAILABLE", "no session");
			return;
		}
		const about = "conversation" in request ? request.conversation : null;
		const number = this.requests.add(reply, about);
		if (number === null) return;
		this.queued.push({ ...request, request: number } as ClientOp);
		this.wake();
	}

	private arrived(bytes: Uint8Array): void {
		if (this.phase.type === "ended") return;
		this.heardAt = this.options.clock.monotonic();
		this.guarded(() => {
			const frame = decodeServerFrame(bytes);
			if (!frame.ok) throw new BrokerError("PROTOCOL", frame.detail);
			const { ops } = frame;
			const rows = this.options.store.fetch(this.concerned(ops));
			if (rows === null && this.reading === null) this.take(ops);
			else this.takeAfter(rows, ops);
		});
	}

	private take(ops: readonly ServerOp[]): void {
		for (const op of ops) {
			this.handle(op);
			// A handler may have ended the session, which narrowing cannot know.
			if ((this.phase as Phase).type === "ended") return;
		}
		if (this.draining && this.idle) this.end("reconnect", "DRAINING");
	}

	private takeAfter(rows: Promise<void> | null, ops: readonly ServerOp[]): void {
		const reading = Promise.all([this.reading, rows]).then(() => {
			if (this.reading === reading) this.reading = null;
			if (this.phase.type !== "ended") this.guarded(() => this.take(ops));
		});
		this.reading = reading;
	}

	/** Whose rows may be read or changed by what the server said. */
	private *concerned(ops: readonly ServerOp[]): Iterable<string> {
		for (const moving of this.options.store.moving()) if (moving !== null) yield moving;
		for (const op of ops) {
			if (op.type === "marks") for (const { conversation } of op.marks) yield conversation;
			const about = op.type === "result" ? this.requests.about(op.request) : null;
			const one = "conversation" in op ? op.conversation : about;
			if (one !== null) yield one;
		}
	}

	private guarded(run: () => void): void {
		try {
			run();
		} catch (cause) {
			// The store refused or the frame is not of the protocol: what is in memory may differ from
			// what is stored, so this session is over. The next one starts from the store.
			this.options.emit("fault", "session", cause);
			this.end("reconnect", "INTERNAL");
		}
	}

	private handle(op: ServerOp): void {
		if (op.type === "welcome") this.welcomed(op);
		else if (op.type === "goodbye") this.goodbye(op);
		else if (op.type === "drain") {
			this.farewell = op;
			this.draining = true;
		} else if (this.phase.type === "ready") this.phase.live.handle(op);
	}

	private welcomed(welcome: Welcome): void {
		if (this.phase.type !== "hello") return;
		this.phase.timer.cancel();
		const { store, emit } = this.options;
		const before = store.identity();
		// [S7] Stored before its first use: a copy of this storage made later knows it too.
		store.began(welcome);
		if (before.epoch !== null && before.epoch !== welcome.epoch) emit("reset", null);
		const live = new Live(this.port(), welcome);
		this.phase = { type: "ready", live };
		this.queued.push({ type: "ready", generation: welcome.generation });
		live.start();
		this.options.onReady(welcome);
		this.wake();
	}

	private port(): LivePort {
		const { store, clock, emit } = this.options;
		return {
			store,
			clock,
			emit,
			requests: this.requests,
			say: (op) => {
				this.queued.push(op);
				this.wake();
			},
			ask: (request, reply) => this.ask(request, reply),
			wake: () => this.wake(),
			end: (action, code) => this.end(action, code),
		};
	}

	/** Nothing that was said waits for its answer. */
	private get idle(): boolean {
		if (this.phase.type !== "ready") return true;
		const unsaid = this.queued.filter((op) => "request" in op).length;
		return this.phase.live.outbox.unanswered === 0 && this.requests.size === unsaid;
	}

	/** [P-13.2] A code of a newer server reads as INTERNAL; the close code then tells what to do. */
	private goodbye(op: ServerOp & { readonly type: "goodbye" }): void {
		const { url } = this.farewell;
		this.farewell = { retryAfterMs: Math.max(op.retryAfterMs, this.farewell.retryAfterMs), url };
		if (op.code !== "INTERNAL") this.end(actionOf(op.code), op.code);
	}

	/** What the server said before it closed is heard first. */
	private closed(closeCode: number): void {
		if (this.reading !== null) void this.reading.then(() => this.closed(closeCode));
		else this.end(actionOfClose(closeCode), codeOf(closeCode));
	}

	private wake(): void {
		if (this.scheduled || this.phase.type !== "ready") return;
		this.scheduled = true;
		this.options.clock.soon(() => {
			this.scheduled = false;
			this.flush();
		});
	}

	/** One frame a turn: requests and answers first, then receipts, then writes. */
	private sendDue(): void {
		if (this.phase.type !== "ready" || this.draining) return;
		const { transport } = this.options;
		const { outbox, sync, welcome } = this.phase.live;
		const ops = this.queued;
		this.queued = [];
		if (transport.buffered > bufferedBytesMax) this.wakeIn(bufferedRetryMs);
		else {
			ops.push(...sync.receipts.take(frameOpsMax), ...outbox.take(frameOpsMax));
			if (ops.length >= frameOpsMax) this.wake();
			if (outbox.wakeAt !== null) {
				this.wakeIn(outbox.wakeAt - this.options.clock.monotonic());
			}
		}
		for (const bytes of frames(ops, welcome.limits.frameBytes)) transport.send(bytes);
	}

	private wakeIn(delayMs: number): void {
		this.timer?.cancel();
		this.timer = this.options.clock.after(Math.max(1, delayMs), () => this.wake());
	}

	private end(action: End["action"], code: ErrorCode | null): void {
		if (this.phase.type === "ended") return;
		this.finish();
		this.options.transport.close(1000, "");
		const { retryAfterMs, url } = this.farewell;
		this.options.onEnd({ action, code, retryAfterMs, url });
	}

	private finish(): void {
		if (this.phase.type === "hello") this.phase.timer.cancel();
		if (this.phase.type === "ready") this.phase.live.sync.end();
		this.phase = { type: "ended" };
		this.timer?.cancel();
		this.queued = [];
		this.requests.end();
	}
}
