// What both ends of a pair, and every member of a group, do alike: hold a position, answer marks,
// pull what a push cannot continue.

import type { ListEntry, PullItem, ServerOp } from "../src/protocol/frames.js";
import type { FaultKind } from "./faults.js";
import { Link, type LinkOwner, type Net } from "./lean-link.js";

/** What the ends report to: one for the whole load. Units: milliseconds of one clock. */
export interface Meter {
	/** A's answer came, to a message that was due then. */
	sent(dueAt: number, now: number): void;
	/** B has it. */
	received(dueAt: number, now: number): void;
	/** The whole cycle is done: A knows that B has it. */
	cycle(dueAt: number, now: number): void;
	/** A knows that B has seen it, as B said then. */
	seen(saidAt: number, now: number): void;
	fault(what: string, kind?: FaultKind): void;
}

/** Protocol windows are below this. */
export const ring = 1_024;

export abstract class End implements LinkOwner {
	readonly link: Link;
	protected readonly meter: Meter;
	protected readonly conversation: string;
	protected position = 0;
	/** Messages that were there before: numbers count from here. */
	protected base = 0;
	private began = 0;
	private pulling = false;
	private pullAgain = false;
	private onReady: (() => void) | null = null;

	constructor(net: Net, meter: Meter, token: string, conversation: string) {
		this.meter = meter;
		this.conversation = conversation;
		this.link = new Link(net, token, this);
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

	/** A new device in a conversation with a history: only what follows is looked at. */
	listed(entry: ListEntry): void {
		if (entry.conversation !== this.conversation) return;
		this.position = entry.position;
		this.base = entry.head;
	}

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
