// A of a pair: keeps a window of messages on their way and times each until its `delivered`; goes
// back N when told to or when the connection was lost.

import type { PullItem, ServerOp } from "../src/protocol/frames.js";
import { End, type Meter, ring } from "./lean-end.js";
import type { Asked, Net } from "./lean-link.js";
import type { PairOptions, Times } from "./lean-pair.js";
import { others, readOthers, sendHead, writeMark, writeSend } from "./lean-wire.js";

export class Sender extends End {
	last = 0;
	done = 0;
	running = false;
	private answered = 0;
	private delivered = 0;
	private seen = 0;
	/** As pushes told it. */
	private pushed = 0;
	private readonly head: Buffer;
	private readonly own: Buffer;
	private readonly options: PairOptions;
	private readonly times: Times;
	private readonly waiting: number[] = [];
	private back = false;
	private flying = 0;

	constructor(net: Net, meter: Meter, options: PairOptions, times: Times) {
		super(net, meter, options.tokens[0], options.conversation);
		this.options = options;
		this.times = times;
		this.head = sendHead(options.conversation);
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
		if (seq - this.base !== n) this.meter.fault(`number ${n} was stored as ${seq - this.base}`);
		this.moves(from, position);
		this.flying -= 1;
		if (n > this.answered) {
			if (n !== this.answered + 1 && !this.back) {
				this.meter.fault(`answer ${n} after ${this.answered}`, "reordered");
			}
			this.settled(n);
		}
		this.goBack();
	}

	message(from: number, position: number, seq: number, mark: number): void {
		// One's own message as a push: the answer was lost with a former connection.
		if (!this.moves(from, position) || seq - this.base === mark) return;
		this.meter.fault(`own ${seq - this.base} holds ${mark}`);
	}

	status(from: number, position: number, watermarks: number): void {
		// A status may share its position with a message, so it counts even when nothing moves.
		this.moves(from, position);
		readOthers(watermarks, this.own);
		this.look(others.seen - this.base);
		this.advance(others.delivered - this.base, true);
	}

	takeItem(item: PullItem): void {
		if (item.type !== "status") return;
		for (const mark of item.watermarks) {
			if (mark.user !== this.options.users[0]) this.advance(mark.delivered - this.base, false);
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

	private look(seen: number): void {
		if (seen < 0) return;
		if (seen < this.seen) {
			this.meter.fault(`seen went from ${this.seen} to ${seen}`, "receiptsBackwards");
		}
		const now = performance.now();
		while (this.seen < seen) {
			this.seen += 1;
			this.meter.seen(this.times.seenAt[this.seen % ring] as number, now);
		}
	}

	private settled(n: number): void {
		const now = performance.now();
		for (let i = this.answered + 1; i <= n; i += 1) {
			this.meter.sent(this.times.dueAt[i % ring] as number, now);
		}
		this.answered = n;
		this.complete(now);
	}

	private advance(delivered: number, live: boolean): void {
		if (live && delivered >= 0) {
			// A pull may be ahead of the pushes after it; these never go back among themselves.
			if (delivered < this.pushed) {
				const what = `delivered went from ${this.pushed} to ${delivered}`;
				this.meter.fault(what, "receiptsBackwards");
			}
			this.pushed = delivered;
		}
		if (delivered < this.delivered) return;
		if (delivered > this.last) this.meter.fault(`delivered ${delivered} of ${this.last}`);
		this.delivered = delivered;
		this.complete(performance.now());
	}

	private complete(now: number): void {
		const end = Math.min(this.answered, this.delivered);
		while (this.done < end) {
			this.done += 1;
			this.meter.cycle(this.times.dueAt[this.done % ring] as number, now);
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

	private send(dueAt: number): void {
		this.last += 1;
		this.times.dueAt[this.last % ring] = dueAt;
		if (this.link.isReady && !this.back) this.write(this.last);
	}

	private write(n: number): void {
		const { texts, index, typing, conversation } = this.options;
		// Spread evenly, and the same in every run.
		if ((n * typing) % 100 < typing) this.link.say({ type: "typing", conversation, on: true });
		const content = texts[(index * 31 + n) % texts.length] as Buffer;
		writeMark(content, n);
		writeSend(this.link.out, this.head, index, n, this.answered, content);
		this.flying += 1;
		this.link.wake();
	}
}
