// Two users and their cycles: A keeps a window of messages on their way, B confirms what it holds, and
// both check what they are told: each once, in order, nothing missing, no receipt backwards.

import type { PullItem, ServerOp } from "../src/protocol/frames.js";
import { type Asked, Link, type LinkOwner, type Net } from "./lean-link.js";
import {
	deliveredHead,
	deliveredOfOther,
	markOf,
	sendHead,
	writeDelivered,
	writeMark,
	writeSend,
} from "./lean-wire.js";

/** What the pair reports to: one for the whole load. */
export interface Meter {
	/** A's answer came, this long after the send. */
	sent(ms: number): void;
	/** The whole cycle is done. */
	cycle(ms: number): void;
	fault(what: string): void;
}

export interface PairOptions {
	readonly index: number;
	readonly users: readonly [string, string];
	readonly tokens: readonly [string, string];
	readonly window: number;
	readonly texts: readonly Buffer[];
	/** Null: whenever the window allows. Else when each message was due, taken one by one. */
	readonly offered: boolean;
}

/** Protocol windows are below this. */
const ring = 1_024;

export class Pair {
	readonly conversation: string;
	private readonly options: PairOptions;
	private readonly meter: Meter;
	private readonly a: Sender;
	private readonly b: Receiver;

	constructor(net: Net, meter: Meter, options: PairOptions, conversation: string) {
		this.options = options;
		this.meter = meter;
		this.conversation = conversation;
		this.b = new Receiver(net, this.meter, this.options, conversation);
		this.a = new Sender(net, this.meter, this.options, conversation);
	}

	/** Both connected, and the conversation there. */
	async open(): Promise<void> {
		await this.b.connected();
		await this.a.connected();
		await this.a.open(this.options.users[1]);
	}

	start(): void {
		this.a.start();
	}

	/** A message is due now: sent at once, or (false) when the window has room. */
	offer(dueAt: number): boolean {
		return this.a.offer(dueAt);
	}

	stop(): void {
		this.a.running = false;
	}

	get idle(): boolean {
		return this.a.idle && this.b.seq === this.a.last;
	}

	/** Where it stands, for a fault that says what is missing. */
	describe(): string {
		return `sent ${this.a.last}, done ${this.a.done}, B has ${this.b.seq}`;
	}

	close(): void {
		this.a.link.close();
		this.b.link.close();
	}
}

abstract class End implements LinkOwner {
	readonly link: Link;
	protected readonly meter: Meter;
	protected readonly options: PairOptions;
	protected readonly conversation: string;
	protected position = 0;
	private began = 0;
	private pulling = false;
	private pullAgain = false;
	private onReady: (() => void) | null = null;

	constructor(net: Net, meter: Meter, options: PairOptions, side: 0 | 1, conversation: string) {
		this.meter = meter;
		this.options = options;
		this.conversation = conversation;
		this.link = new Link(net, options.tokens[side], this);
	}

	connected(): Promise<void> {
		return new Promise((resolve) => {
			this.onReady = resolve;
			this.link.connect();
		});
	}

	ready(): void {
		this.began = this.position;
		this.pulling = false;
		this.onReady?.();
		this.onReady = null;
		this.resume();
	}

	abstract resume(): void;
	abstract takeItem(item: PullItem): void;
	abstract answer(n: number, from: number, position: number, seq: number): void;
	abstract message(from: number, position: number, seq: number, mark: number): void;
	abstract status(from: number, position: number, watermarks: number): void;

	marks(op: Extract<ServerOp, { type: "marks" }>): void {
		for (const { conversation, position } of op.marks) {
			const held = conversation === this.conversation ? this.began : 0;
			this.link.say({ type: "held", held: [{ conversation, position: held }] });
			if (conversation === this.conversation && position > this.position) this.pull(null);
		}
	}

	other(op: ServerOp): void {
		if (op.type === "skip") this.meter.fault("a skip where nothing is withheld");
		else if (op.type === "changed") this.moves(op.from, op.position);
		else if (op.type === "refused") this.refused(op);
	}

	refused(op: Extract<ServerOp, { type: "refused" }>): void {
		this.meter.fault(`refused ${op.n}: ${op.code} ${op.detail}`);
	}

	/** [Y6] True when what stands at `position` continues what is held; else it is pulled or old. */
	protected moves(from: number, position: number): boolean {
		if (from > this.position) {
			this.pull(null);
			return false;
		}
		if (position <= this.position) return false;
		this.position = position;
		return true;
	}

	private pull(until: number | null): void {
		if (this.pulling && until === null) {
			this.pullAgain = true;
			return;
		}
		this.pulling = true;
		const { conversation, position } = this;
		this.link.ask({ type: "pull", conversation, position, until, limit: 100 }, (result) => {
			if (result?.type !== "pull") return;
			for (const item of result.items) this.takeItem(item);
			this.position = Math.max(this.position, result.position);
			this.afterPull();
			if (!result.done) {
				this.pull(result.until);
				return;
			}
			this.pulling = false;
			if (this.pullAgain) {
				this.pullAgain = false;
				this.pull(null);
			}
		});
	}

	protected afterPull(): void {}
}

class Receiver extends End {
	seq = 0;
	private readonly head: Buffer;
	private confirmDue = false;

	constructor(net: Net, meter: Meter, options: PairOptions, conversation: string) {
		super(net, meter, options, 1, conversation);
		this.head = deliveredHead(conversation);
	}

	resume(): void {
		if (this.seq > 0) this.confirm();
	}

	answer(): void {
		this.meter.fault("an answer to a receiver");
	}

	message(from: number, position: number, seq: number, mark: number): void {
		if (!this.moves(from, position)) return;
		this.take(seq, mark);
		if (!this.confirmDue) {
			this.confirmDue = true;
			queueMicrotask(() => this.confirm());
		}
	}

	status(from: number, position: number): void {
		this.moves(from, position);
	}

	takeItem(item: PullItem): void {
		if (item.type !== "message" || item.message.position <= this.position) return;
		const { seq, body } = item.message;
		// A row of a pull that a push has overtaken is the same row.
		if (seq <= this.seq) return;
		this.take(seq, body === null ? -1 : markOf(body.content, 0));
	}

	protected override afterPull(): void {
		this.confirm();
	}

	private take(seq: number, mark: number): void {
		if (seq !== this.seq + 1) this.meter.fault(`B got ${seq} after ${this.seq}`);
		if (mark !== seq) this.meter.fault(`number ${seq} holds message ${mark}`);
		this.seq = seq;
	}

	private confirm(): void {
		this.confirmDue = false;
		writeDelivered(this.link.out, this.head, this.seq);
		this.link.wake();
	}
}

class Sender extends End {
	last = 0;
	done = 0;
	running = false;
	private answered = 0;
	private delivered = 0;
	private readonly head: Buffer;
	private readonly own: Buffer;
	private readonly startedAt = new Float64Array(ring);
	private readonly waiting: number[] = [];
	private back = false;
	private flying = 0;

	constructor(net: Net, meter: Meter, options: PairOptions, conversation: string) {
		super(net, meter, options, 0, conversation);
		this.head = sendHead(conversation);
		this.own = Buffer.from(options.users[0]);
	}

	get idle(): boolean {
		return this.done === this.last && this.waiting.length === 0;
	}

	/** Asked again when the connection was lost meanwhile: opening twice changes nothing. */
	async open(user: string): Promise<void> {
		for (;;) {
			const result = await new Promise<Parameters<Asked>[0]>((resolve) => {
				this.link.ask({ type: "open", user }, resolve);
			});
			if (result?.type === "open") {
				if (result.conversation === this.conversation) return;
				throw new Error(`open answered ${result.conversation}`);
			}
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}

	start(): void {
		this.running = true;
		if (!this.options.offered) this.fill();
	}

	offer(dueAt: number): boolean {
		const room = this.last - this.done < this.options.window;
		if (room) this.send(dueAt);
		else this.waiting.push(dueAt);
		return room;
	}

	/** Everything without an answer goes again, in order, under the same numbers. */
	resume(): void {
		this.flying = 0;
		this.back = false;
		for (let n = this.answered + 1; n <= this.last; n += 1) this.write(n);
	}

	answer(n: number, from: number, position: number, seq: number): void {
		if (seq !== n) this.meter.fault(`number ${n} was stored as ${seq}`);
		this.moves(from, position);
		this.flying -= 1;
		if (n > this.answered) {
			if (n !== this.answered + 1 && !this.back) {
				this.meter.fault(`answer ${n} after ${this.answered}`);
			}
			this.settled(n);
		}
		this.goBack();
	}

	message(from: number, position: number, seq: number, mark: number): void {
		// One's own message as a push: the answer was lost with a former connection.
		if (this.moves(from, position) && seq !== mark) this.meter.fault(`own ${seq} holds ${mark}`);
	}

	status(from: number, position: number, watermarks: number): void {
		// A status may share its position with a message, so it counts even when nothing moves.
		this.moves(from, position);
		this.advance(deliveredOfOther(watermarks, this.own), true);
	}

	takeItem(item: PullItem): void {
		if (item.type !== "status") return;
		for (const mark of item.watermarks) {
			if (mark.user !== this.options.users[0]) this.advance(mark.delivered, false);
		}
	}

	override refused(op: Extract<ServerOp, { type: "refused" }>): void {
		const codes = ["SEND_GAP", "JOURNAL_IO", "OVERLOADED", "SEND_WINDOW", "UNAVAILABLE"];
		if (!codes.includes(op.code)) {
			super.refused(op);
			return;
		}
		this.flying -= 1;
		this.back = true;
		this.goBack();
	}

	/** [S4] Once per round, after all in flight is answered. */
	private goBack(): void {
		if (!this.back || this.flying > 0) return;
		setTimeout(() => {
			if (this.back && this.link.isReady) this.resume();
		}, 20);
	}

	private settled(n: number): void {
		const now = performance.now();
		for (let i = this.answered + 1; i <= n; i += 1) {
			this.meter.sent(now - (this.startedAt[i % ring] as number));
		}
		this.answered = n;
		this.complete(now);
	}

	private advance(delivered: number, live: boolean): void {
		if (delivered < this.delivered) {
			if (live && delivered >= 0) {
				this.meter.fault(`delivered went from ${this.delivered} to ${delivered}`);
			}
			return;
		}
		if (delivered > this.last) this.meter.fault(`delivered ${delivered} of ${this.last}`);
		this.delivered = delivered;
		this.complete(performance.now());
	}

	private complete(now: number): void {
		const end = Math.min(this.answered, this.delivered);
		while (this.done < end) {
			this.done += 1;
			this.meter.cycle(now - (this.startedAt[this.done % ring] as number));
		}
		this.fill();
	}

	private fill(): void {
		const { window, offered } = this.options;
		while (this.last - this.done < window) {
			if (offered) {
				const dueAt = this.waiting.shift();
				if (dueAt === undefined) return;
				this.send(dueAt);
			} else if (this.running) this.send(performance.now());
			else return;
		}
	}

	private send(startedAt: number): void {
		this.last += 1;
		this.startedAt[this.last % ring] = startedAt;
		if (this.link.isReady && !this.back) this.write(this.last);
	}

	private write(n: number): void {
		const { texts, index } = this.options;
		const content = texts[(index * 31 + n) % texts.length] as Buffer;
		writeMark(content, n);
		writeSend(this.link.out, this.head, index, n, this.answered, content);
		this.flying += 1;
		this.link.wake();
	}
}
