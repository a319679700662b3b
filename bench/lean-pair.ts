// Two users and their cycles: A keeps a window of messages on their way, B confirms what it holds,
// and both check what they are told: each once, in order, nothing missing, no receipt backwards.

import { type Meter, ring } from "./lean-end.js";
import type { Net } from "./lean-link.js";
import { Receiver } from "./lean-receiver.js";
import { Sender } from "./lean-sender.js";

export interface PairOptions {
	readonly index: number;
	readonly users: readonly [string, string];
	readonly tokens: readonly [string, string];
	readonly conversation: string;
	readonly window: number;
	readonly texts: readonly Buffer[];
	/** Of a hundred messages so many are announced by `typing`. */
	readonly typing: number;
	/** False: whenever the window allows. True: each message when it is due. */
	readonly offered: boolean;
}

/** When each message of the window was due, and when B said that it has seen it. */
export interface Times {
	readonly dueAt: Float64Array;
	readonly seenAt: Float64Array;
}

export class Pair {
	private readonly options: PairOptions;
	private readonly a: Sender;
	private readonly b: Receiver;

	constructor(net: Net, meter: Meter, options: PairOptions) {
		this.options = options;
		const times = { dueAt: new Float64Array(ring), seenAt: new Float64Array(ring) };
		this.b = new Receiver(net, meter, options, times);
		this.a = new Sender(net, meter, options, times);
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

	/** B looks at what it has. */
	look(): void {
		this.b.look();
	}

	stop(): void {
		this.a.running = false;
	}

	get idle(): boolean {
		return this.a.idle && this.b.n === this.a.last;
	}

	/** Nothing more comes: what B has not got is lost. */
	end(): void {
		this.b.end(this.a.last);
	}

	/** Where it stands, for a fault that says what is missing. */
	describe(): string {
		const { a, b } = this;
		return `${this.options.conversation}: sent ${a.last}, done ${a.done}, B has ${b.n}`;
	}

	close(): void {
		this.a.link.close();
		this.b.link.close();
	}
}
