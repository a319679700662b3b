// The journal as a sorted map in memory: the readable reference of what every adapter does. Keys
// are kept as strings of one character a byte, which sort as the bytes do. Nothing survives the
// process.

import type { Clock } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import type { Durability, Journal, JournalState, Range, Row, View, WriteSet } from "./journal.js";

interface Version {
	/** Sorted. */
	readonly keys: string[];
	readonly rows: Map<string, Uint8Array>;
}

/** What outlives one opening, as a folder does: open it again for a restart without loss. */
export interface MemoryStore {
	readonly epoch: string;
	boots: number;
	version: Version;
}

export function memoryStore(clock: Clock): MemoryStore {
	const epoch = Buffer.from(clock.randomBytes(8)).toString("hex");
	return { epoch, boots: 0, version: { keys: [], rows: new Map() } };
}

/** Two journals must not be open on one store at a time; a crash is one that is never closed. */
export function openMemory(store: MemoryStore): Journal {
	store.boots += 1;
	return new MemoryJournal(store);
}

class MemoryJournal implements Journal {
	readonly durability: Durability = "memory";
	readonly epoch: string;
	readonly boot: number;
	state: JournalState = "open";
	readonly #store: MemoryStore;
	/** A view holds the version: the next commit leaves that one alone and writes a copy. */
	#shared = false;

	constructor(store: MemoryStore) {
		this.#store = store;
		this.epoch = store.epoch;
		this.boot = store.boots;
	}

	async commit(writes: WriteSet): Promise<void> {
		this.#assertOpen();
		const { keys, rows } = this.#writable();
		for (let i = 0; i < writes.keys.length; i += 1) {
			const name = nameOf(writes.keys[i] as Uint8Array);
			const value = writes.values[i] as Uint8Array | null;
			const known = rows.has(name);
			if (value !== null) rows.set(name, Uint8Array.from(value));
			else rows.delete(name);
			if (value !== null && !known) keys.splice(lowerBound(keys, name), 0, name);
			if (value === null && known) keys.splice(lowerBound(keys, name), 1);
		}
	}

	get(key: Uint8Array): Uint8Array | undefined {
		this.#assertOpen();
		return this.#store.version.rows.get(nameOf(key));
	}

	async range(range: Range): Promise<Row[]> {
		this.#assertOpen();
		return read(this.#store.version, range);
	}

	view(): View {
		this.#assertOpen();
		this.#shared = true;
		const version = this.#store.version;
		let closed = false;
		const assertOpen = (): void => {
			this.#assertOpen();
			if (closed) throw new BrokerError("JOURNAL_CLOSED", "the view is closed");
		};
		return {
			get(key) {
				assertOpen();
				return version.rows.get(nameOf(key));
			},
			async range(range) {
				assertOpen();
				return read(version, range);
			},
			close() {
				closed = true;
			},
		};
	}

	/** There is no side file: what is lost with the process needs no proof that it was there. */
	async mark(): Promise<void> {
		this.#assertOpen();
	}

	async reopen(): Promise<void> {
		this.#assertOpen();
	}

	async close(): Promise<void> {
		this.state = "closed";
	}

	#writable(): Version {
		if (this.#shared) {
			const { keys, rows } = this.#store.version;
			this.#store.version = { keys: [...keys], rows: new Map(rows) };
			this.#shared = false;
		}
		return this.#store.version;
	}

	#assertOpen(): void {
		if (this.state === "closed") throw new BrokerError("JOURNAL_CLOSED");
	}
}

function read({ keys, rows }: Version, range: Range): Row[] {
	const from = lowerBound(keys, nameOf(range.gte));
	const to = lowerBound(keys, nameOf(range.lt));
	const out: Row[] = [];
	let bytes = 0;
	for (let i = 0; i < to - from && out.length < range.limit; i += 1) {
		const name = keys[range.reverse ? to - 1 - i : from + i] as string;
		const value = rows.get(name) as Uint8Array;
		bytes += value.length;
		out.push({ key: Uint8Array.from(Buffer.from(name, "latin1")), value });
		if (bytes >= (range.bytesMax ?? Number.POSITIVE_INFINITY)) break;
	}
	return out;
}

function nameOf(key: Uint8Array): string {
	return Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
}

/** Index of the first key that is not below `name`. */
function lowerBound(keys: readonly string[], name: string): number {
	let low = 0;
	let high = keys.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((keys[middle] as string) < name) low = middle + 1;
		else high = middle;
	}
	return low;
}
