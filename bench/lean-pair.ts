// Two users and their cycles: A keeps a window of messages on their way, B confirms what it holds,
// and both check what they are told: each once, in order, nothing missing, no receipt backwards.

import type { Meter, PairOptions } from "./lean-end.js";
import type { Net } from "./lean-link.js";
import { Receiver } from "./lean-receiver.js";
import { Sender } from "./lean-sender.js";

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
