// B of a pair: confirms what it holds, and checks that it gets each message once and in order.

import type { PullItem } from "../src/protocol/frames.js";
import { End, type Meter, type PairOptions } from "./lean-end.js";
import type { Net } from "./lean-link.js";
import { deliveredHead, markOf, writeDelivered } from "./lean-wire.js";

export class Receiver extends End {
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
