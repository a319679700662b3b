// B of a pair: confirms what it holds, says now and then that it has seen it, and checks that it
// gets each message once and in order.

import type { PullItem } from "../src/protocol/frames.js";
import { Order } from "./faults.js";
import { End, type Meter, ring } from "./lean-end.js";
import type { Net } from "./lean-link.js";
import type { PairOptions, Times } from "./lean-pair.js";
import { markOf, receiptHead, writeReceipt } from "./lean-wire.js";

export class Receiver extends End {
	/** The last message it holds, and the last it has seen, from 1. */
	n = 0;
	private looked = 0;
	private readonly order: Order;
	private readonly times: Times;
	private readonly delivered: Buffer;
	private readonly seen: Buffer;
	private confirmDue = false;

	constructor(net: Net, meter: Meter, options: PairOptions, times: Times) {
		super(net, meter, options.tokens[1], options.conversation);
		this.times = times;
		this.order = new Order(options.conversation, (what, kind) => meter.fault(what, kind));
		this.delivered = receiptHead("delivered", options.conversation);
		this.seen = receiptHead("seen", options.conversation);
	}

	resume(): void {
		if (this.n > 0) this.confirm();
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
		if (seq - this.base <= this.n) return;
		this.take(seq, body === null ? -1 : markOf(body.content, 0));
	}

	protected override afterPull(): void {
		this.confirm();
	}

	/** The person looks at the screen: everything on it is seen. */
	look(): void {
		if (this.looked === this.n || !this.link.isReady) return;
		const now = performance.now();
		for (let n = this.looked + 1; n <= this.n; n += 1) this.times.seenAt[n % ring] = now;
		this.looked = this.n;
		writeReceipt(this.link.out, this.seen, this.base + this.n);
		this.link.wake();
	}

	/** Nothing follows: `sent` is how many there should have been. */
	end(sent: number): void {
		this.order.end(sent);
	}

	private take(seq: number, mark: number): void {
		const n = seq - this.base;
		if (this.order.take(mark) && n !== mark) {
			this.meter.fault(`${this.conversation}: number ${n} holds message ${mark}`);
		}
		this.meter.received(this.times.dueAt[n % ring] as number, performance.now());
		this.n = n;
	}

	private confirm(): void {
		this.confirmDue = false;
		writeReceipt(this.link.out, this.delivered, this.base + this.n);
		this.link.wake();
	}
}
