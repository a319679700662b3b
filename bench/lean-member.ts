// A member of a group: some write, all confirm what they hold, and check that they get what each
// of the others wrote once and in order.

import type { PullItem } from "../src/protocol/frames.js";
import { Order } from "./faults.js";
import { End, type Meter, ring } from "./lean-end.js";
import type { Net } from "./lean-link.js";
import { markOf, receiptHead, sendHead, writeMark, writeReceipt, writeSend } from "./lean-wire.js";

/** What all members of the group know of each other. */
export interface Crowd {
	readonly conversation: string;
	readonly members: readonly Member[];
	readonly window: number;
	readonly texts: readonly Buffer[];
	/** Of the first member's outbox: the creation of the group. */
	readonly written: number;
}

/** A mark holds who wrote, and below that the number of the message. */
const numberBits = 20;
const numbersMax = 2 ** numberBits;

export class Member extends End {
	last = 0;
	/** Messages of its own that everybody has. */
	done = 0;
	private running = false;
	private answered = 0;
	private seq = 0;
	private readonly index: number;
	private readonly crowd: Crowd;
	private readonly orders: Order[] = [];
	private readonly dueAt = new Float64Array(ring);
	/** Who has it: when all have, and it is answered, the message is done. */
	private readonly holders = new Uint32Array(ring);
	private readonly head: Buffer;
	private readonly delivered: Buffer;
	private confirmDue = false;

	constructor(net: Net, meter: Meter, token: string, index: number, crowd: Crowd) {
		super(net, meter, token, crowd.conversation);
		this.index = index;
		this.crowd = crowd;
		this.head = sendHead(crowd.conversation);
		this.delivered = receiptHead("delivered", crowd.conversation);
	}

	/** It knows of the group. */
	get joined(): boolean {
		return this.position > 0;
	}

	get idle(): boolean {
		return this.done === this.last;
	}

	start(): void {
		this.running = true;
		this.fill();
	}

	stop(): void {
		this.running = false;
	}

	close(): void {
		this.link.close();
	}

	resume(): void {}

	answer(n: number, from: number, position: number, seq: number): void {
		this.moves(from, position);
		const own = n - this.written;
		if (own < 1) return;
		if (own !== this.answered + 1) {
			this.meter.fault(`answer ${own} after ${this.answered}`, "reordered");
		}
		this.answered = own;
		this.counted(seq);
		this.meter.sent(this.dueAt[own % ring] as number, performance.now());
		this.held(own);
	}

	message(from: number, position: number, seq: number, mark: number): void {
		if (!this.moves(from, position)) return;
		this.take(seq, mark);
		if (this.confirmDue) return;
		this.confirmDue = true;
		queueMicrotask(() => this.afterPull());
	}

	status(from: number, position: number): void {
		this.moves(from, position);
	}

	takeItem(item: PullItem): void {
		if (item.type !== "message" || item.message.position <= this.position) return;
		const { seq, body } = item.message;
		if (seq <= this.seq) return;
		const mark = body === null ? -1 : markOf(body.content, 0);
		// One's own, whose answer is still to come.
		if (mark >>> numberBits === this.index) this.counted(seq);
		else this.take(seq, mark);
	}

	protected override afterPull(): void {
		this.confirmDue = false;
		writeReceipt(this.link.out, this.delivered, this.seq);
		this.link.wake();
	}

	/** Nothing more comes: what of the others it has not got is lost. */
	end(): void {
		for (const [index, other] of this.crowd.members.entries()) {
			if (other !== this && other.last > 0) this.order(index).end(other.last);
		}
	}

	describe(): string {
		return `member ${this.index}: sent ${this.last}, all have ${this.done}`;
	}

	/** Another member, or the answer, says that this message is there. */
	held(n: number): void {
		const at = n % ring;
		this.holders[at] = (this.holders[at] as number) + 1;
		const next = () => this.holders[(this.done + 1) % ring] === this.crowd.members.length;
		while (this.done < this.last && next()) {
			this.done += 1;
			this.meter.cycle(this.dueAt[this.done % ring] as number, performance.now());
		}
		this.fill();
	}

	private take(seq: number, mark: number): void {
		const sender = mark >>> numberBits;
		const n = mark % numbersMax;
		const writer = this.crowd.members[sender];
		if (writer === undefined) {
			this.meter.fault(`number ${seq} holds ${mark}`);
			return;
		}
		const inOrder = this.order(sender).take(n);
		this.counted(seq, inOrder);
		this.meter.received(writer.dueAt[n % ring] as number, performance.now());
		writer.held(n);
	}

	private counted(seq: number, inOrder = true): void {
		// Answers and pushes come in the order of their numbers, and none is left out.
		if (inOrder && this.seq > 0 && seq !== this.seq + 1) {
			this.meter.fault(`member ${this.index} got ${seq} after ${this.seq}`);
		}
		this.seq = Math.max(this.seq, seq);
	}

	private order(sender: number): Order {
		const known = this.orders[sender];
		if (known !== undefined) return known;
		const name = `from ${sender} to ${this.index}`;
		const made = new Order(name, (what, kind) => this.meter.fault(what, kind));
		this.orders[sender] = made;
		return made;
	}

	private get written(): number {
		return this.index === 0 ? this.crowd.written : 0;
	}

	private fill(): void {
		const { window, texts } = this.crowd;
		while (this.running && this.last - this.done < window && this.last < numbersMax - 1) {
			this.last += 1;
			this.dueAt[this.last % ring] = performance.now();
			this.holders[this.last % ring] = 0;
			const content = texts[(this.index * 31 + this.last) % texts.length] as Buffer;
			writeMark(content, this.index * numbersMax + this.last);
			const n = this.last + this.written;
			const answered = this.answered + this.written;
			writeSend(this.link.out, this.head, this.index, n, answered, content);
			this.link.wake();
		}
	}
}
