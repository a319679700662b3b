// One pair of the comparison, whatever the server: A keeps a window of messages on their way, B
// confirms what a turn brought it with one receipt, and both check what they are told. The same
// habits as those of our own load: receipts are watermarks, frames of a turn leave together.

import { writeMark } from "../lean-wire.js";
import type { Ends, Sink } from "./peer.js";

export interface PairMeter {
	/** One cycle is done; how long it took. */
	cycle(ms: number): void;
	fault(what: string): void;
}

/** Pairs whose B got something in this turn. */
const due = new Set<Pair>();

function confirmAll(): void {
	const pairs = [...due];
	due.clear();
	for (const pair of pairs) pair.confirm();
}

export class Pair implements Sink {
	ends: Ends | null = null;
	/** Messages that left A, reached B, and are wholly done. */
	last = 0;
	got = 0;
	done = 0;
	private told = 0;
	private confirmed = 0;
	private running = false;
	private readonly index: number;
	private readonly window: number;
	private readonly texts: readonly Buffer[];
	private readonly meter: PairMeter;
	private readonly startedAt: Float64Array;
	/** Which message of the window has its ack, by its place there. */
	private readonly acked: Uint32Array;

	constructor(index: number, window: number, texts: readonly Buffer[], meter: PairMeter) {
		this.index = index;
		this.window = window;
		this.texts = texts;
		this.meter = meter;
		this.startedAt = new Float64Array(window);
		this.acked = new Uint32Array(window);
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

	sent(n: number): void {
		if (n <= this.done || n > this.last) this.fault(`an ack of ${n}, under way are ${this.range}`);
		else if (this.acked[n % this.window] === n) this.fault(`a second ack of ${n}`);
		else this.acked[n % this.window] = n;
		this.advance();
	}

	received(mark: number): void {
		if (mark !== this.got + 1) this.fault(`B got ${mark} after ${this.got}`);
		this.got = mark;
		if (due.size === 0) setImmediate(confirmAll);
		due.add(this);
	}

	confirm(): void {
		if (this.got > this.confirmed) this.ends?.confirm(this.got);
		this.confirmed = this.got;
	}

	delivered(n: number): void {
		if (n > this.got) this.fault(`delivered ${n}, B has ${this.got}`);
		else if (n <= this.told) this.fault(`delivered ${n} after ${this.told}`);
		else this.told = n;
		this.advance();
	}

	fault(what: string): void {
		this.meter.fault(`pair ${this.index}: ${what}`);
	}

	/** A cycle is done when its ack and its receipt are both there, in whichever order. */
	private advance(): void {
		const now = performance.now();
		while (this.done < this.told) {
			const place = (this.done + 1) % this.window;
			if (this.acked[place] !== this.done + 1) break;
			this.done += 1;
			this.meter.cycle(now - (this.startedAt[place] as number));
		}
		if (this.running) this.fill();
	}

	private fill(): void {
		while (this.last - this.done < this.window) {
			this.last += 1;
			const content = this.texts[(this.index * 31 + this.last) % this.texts.length] as Buffer;
			writeMark(content, this.last);
			this.startedAt[this.last % this.window] = performance.now();
			this.ends?.send(this.last, content);
		}
	}

	private get range(): string {
		return `${this.done + 1} to ${this.last}`;
	}
}
