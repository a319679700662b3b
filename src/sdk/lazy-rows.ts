// Rows of a conversation that are on a disk until somebody needs the conversation, and are decoded
// only when somebody looks at them: a start with ten thousand conversations needs none.

import type { WireMessage } from "../protocol/frames.js";

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

export class LazyRows extends Map<number, WireMessage> {
	private readonly waiting = new Map<number, Block>();
	private count: number;
	/** They are on the disk: nothing but their number is known. */
	away: boolean;

	/** `count`: so many are on the disk. */
	constructor(count: number) {
		super();
		this.count = count;
		this.away = count > 0;
	}

	/** They are here, unless they were all forgotten meanwhile. */
	come(blocks: Iterable<readonly [block: number, rows: Block]>): void {
		if (!this.away) return;
		this.away = false;
		for (const [block, rows] of blocks) this.waiting.set(block, rows);
	}

	private need(): void {
		if (this.away) throw new Error("rows that are not at hand");
	}

	private fill(block: number): void {
		const rows = this.waiting.get(block);
		if (rows === undefined) return;
		this.waiting.delete(block);
		for (const row of rows.all()) if (!super.has(row.seq)) super.set(row.seq, row);
	}

	private look(seq: number): void {
		const block = blockOf(seq);
		const row = this.waiting.get(block)?.newest(seq);
		if (row === undefined) this.fill(block);
		else super.set(seq, row);
	}

	private fillAll(): void {
		this.need();
		for (const block of this.waiting.keys()) this.fill(block);
	}

	override get(seq: number): WireMessage | undefined {
		this.need();
		if (this.waiting.size > 0 && !super.has(seq)) this.look(seq);
		return super.get(seq);
	}

	override has(seq: number): boolean {
		return this.get(seq) !== undefined;
	}

	override set(seq: number, row: WireMessage): this {
		this.need();
		if (this.waiting.size > 0) this.fill(blockOf(seq));
		if (!super.has(seq)) this.count += 1;
		return super.set(seq, row);
	}

	override delete(seq: number): boolean {
		this.need();
		this.fill(blockOf(seq));
		const held = super.delete(seq);
		if (held) this.count -= 1;
		return held;
	}

	override clear(): void {
		this.away = false;
		this.count = 0;
		this.waiting.clear();
		super.clear();
	}

	override get size(): number {
		return this.count;
	}

	override forEach(run: Parameters<Map<number, WireMessage>["forEach"]>[0]): void {
		this.fillAll();
		super.forEach(run);
	}

	override keys() {
		this.fillAll();
		return super.keys();
	}

	override values() {
		this.fillAll();
		return super.values();
	}

	override entries() {
		this.fillAll();
		return super.entries();
	}

	override [Symbol.iterator]() {
		return this.entries();
	}
}
