// What both ends of a pair have in common: a cursor over one conversation, marks, and pulls when
// pushes do not join. The two ends are `lean-sender.ts` and `lean-receiver.ts`.

import type { PullItem, ServerOp } from "../src/protocol/frames.js";
import { Link, type LinkOwner, type Net } from "./lean-link.js";

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

export abstract class End implements LinkOwner {
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
		this.link.ask(
			{ type: "pull", conversation, position, until, limit: 100, fresh: false },
			(result) => {
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
			},
		);
	}

	protected afterPull(): void {}
}
