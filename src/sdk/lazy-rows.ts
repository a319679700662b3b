// Rows of a conversation that are on a disk until somebody needs the conversation, and are decoded
// only when somebody looks at them: a start with ten thousand conversations needs none.

import type { WireMessage } from "../protocol/frames.js";
import { LateMap } from "./late-map.js";

/** Rows with neighbouring numbers go together: fewer entries to read, little to write again. */
const blockRows = 32;

export function blockOf(seq: number): number {
	return Math.floor(seq / blockRows);
}

/** The rows of a block that are held. */
export function rowsIn(rows: ReadonlyMap<number, WireMessage>, block: number): WireMessage[] {
	const found: WireMessage[] = [];
	for (let seq = block * blockRows; seq < (block + 1) * blockRows; seq += 1) {
		const row = rows.get(seq);
		if (row !== undefined) found.push(row);
	}
	return found;
}

/** A block as a disk gave it. */
export interface Block {
	/** The row with this number, if it is the newest and costs less than all of them. */
	newest(seq: number): WireMessage | undefined;
	all(): readonly WireMessage[];
}

/** Never added to. */
const none: Map<number, Block> = new Map();
const nothing = () => new Map<number, WireMessage>();

export class LazyRows extends LateMap<number, WireMessage> {
	private waiting = none;
	private count: number;
	/** They are on the disk: nothing but their number is known. */
	away: boolean;

	/** `count`: so many are on the disk. */
	constructor(count: number) {
		super(nothing);
		this.count = count;
		this.away = count > 0;
	}

	/** They are here, unless they were all forgotten meanwhile. */
	come(blocks: Iterable<readonly [block: number, rows: Block]>): void {
		if (!this.away) return;
		this.away = false;
		this.waiting = new Map(blocks);
	}

	/** What is decoded of them. */
	private get here(): Map<number, WireMessage> {
		if (this.away) throw new Error("rows that are not at hand");
		return super.all();
	}

	protected override all(): Map<number, WireMessage> {
		for (const block of this.waiting.keys()) this.fill(block);
		return this.here;
	}

	private fill(block: number): void {
		const rows = this.waiting.get(block);
		if (rows === undefined) return;
		this.waiting.delete(block);
		for (const row of rows.all()) if (!this.here.has(row.seq)) this.here.set(row.seq, row);
	}

	override get(seq: number): WireMessage | undefined {
		const { here } = this;
		const known = here.get(seq);
		if (known !== undefined || this.waiting.size === 0) return known;
		const block = blockOf(seq);
		const newest = this.waiting.get(block)?.newest(seq);
		if (newest === undefined) this.fill(block);
		else here.set(seq, newest);
		return here.get(seq);
	}

	override set(seq: number, row: WireMessage): void {
		this.fill(blockOf(seq));
		if (!this.here.has(seq)) this.count += 1;
		this.here.set(seq, row);
	}

	override clear(): void {
		this.away = false;
		this.count = 0;
		this.waiting = none;
		super.clear();
	}

	override get size(): number {
		return this.count;
	}
}
