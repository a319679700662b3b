// The disk of a run: a memory store that outlives every server, and a journal over it that takes
// its time, fails as disks do, and loses its server in the middle of a commit.

import { BrokerError } from "../../src/base/errors.js";
import type { Journal, JournalState, View, WriteSet } from "../../src/journal/journal.js";
import { type MemoryStore, openMemory } from "../../src/journal/memory.js";
import type { Chance } from "./random.js";
import type { Owner, Scheduler } from "./scheduler.js";

export interface DiskFaults {
	/** One commit in so many fails; 0: none. */
	failOnceIn: number;
	/** One read in so many fails; 0: none. */
	readFailOnceIn: number;
	/** Most attempts to open it again that fail. */
	reopenFailuresMax: number;
	/** Longest commit, mostly far less. */
	commitMsMax: number;
	/** Longest read. */
	readMsMax: number;
}

export const soundDisk: DiskFaults = {
	failOnceIn: 0,
	readFailOnceIn: 0,
	reopenFailuresMax: 0,
	commitMsMax: 2,
	readMsMax: 1,
};

export interface Disk {
	readonly journal: Journal;
	/** From now on it takes its time and fails; before, a server starts from it. */
	begin(): void;
	/** Reads without delay and faults, for whoever looks on. */
	readonly inner: Journal;
	/** The server is gone: what was in flight is there or not. */
	crash(): void;
}

interface DiskParts {
	readonly store: MemoryStore;
	readonly scheduler: Scheduler;
	readonly owner: Owner;
	readonly chance: Chance;
	readonly faults: DiskFaults;
	note(text: string): void;
	/** Looks at every batch before it becomes durable. */
	durable(writes: WriteSet): WriteSet;
}

export function openDisk(parts: DiskParts): Disk {
	const { store, scheduler, owner, chance, faults, note } = parts;
	const inner = openMemory(store);
	let state: JournalState = "open";
	/** In flight, or failed with an outcome that is not known before reopening. */
	let unknown: WriteSet | null = null;
	let reopenFailures = 0;
	let begun = false;

	function apply(writes: WriteSet): void {
		// The memory journal writes at once, before it gives its promise.
		void inner.commit(parts.durable(writes));
	}

	function settleUnknown(why: string): void {
		if (unknown === null) return;
		const present = chance.once(2);
		note(`${why}: the open commit is ${present ? "present" : "absent"}`);
		if (present) apply(unknown);
		unknown = null;
	}

	function commit(given: WriteSet): Promise<void> {
		if (state !== "open") return Promise.reject(new BrokerError("JOURNAL_IO", "failed before"));
		const writes = { keys: [...given.keys], values: [...given.values] };
		unknown = writes;
		return new Promise((resolve, reject) => {
			scheduler.after(owner, delay(chance, faults.commitMsMax), () => {
				if (faults.failOnceIn > 0 && chance.once(faults.failOnceIn)) {
					state = "failed";
					reopenFailures = chance.below(faults.reopenFailuresMax + 1);
					note("disk: a commit fails");
					reject(new BrokerError("JOURNAL_IO", "injected EIO"));
					return;
				}
				unknown = null;
				apply(writes);
				resolve();
			});
		});
	}

	/** What a read finds is decided when it is asked; the answer may take a while. */
	function slow<T>(read: () => Promise<T>): Promise<T> {
		if (!begun) return read();
		if (faults.readFailOnceIn > 0 && chance.once(faults.readFailOnceIn)) {
			return Promise.reject(new BrokerError("JOURNAL_IO", "injected EIO in a read"));
		}
		if (chance.once(2)) return read();
		return new Promise((resolve, reject) => {
			const run = () => read().then(resolve, reject);
			scheduler.after(owner, delay(chance, faults.readMsMax), () => void run());
		});
	}

	function view(): View {
		const moment = inner.view();
		return { ...moment, range: (range) => slow(() => moment.range(range)) };
	}

	const journal: Journal = {
		durability: inner.durability,
		epoch: inner.epoch,
		boot: inner.boot,
		get state() {
			return inner.state === "closed" ? "closed" : state;
		},
		commit,
		get: (key) => inner.get(key),
		range: (range) => slow(() => inner.range(range)),
		view,
		mark: (number) => inner.mark(number),
		async reopen() {
			if (reopenFailures > 0) {
				reopenFailures -= 1;
				throw new BrokerError("JOURNAL_IO", "injected ENOSPC");
			}
			settleUnknown("disk: opened again");
			state = "open";
		},
		close: () => inner.close(),
	};
	return {
		journal,
		inner,
		begin() {
			begun = true;
		},
		crash: () => settleUnknown("disk: crash"),
	};
}

/** Mostly at once, sometimes long. */
export function delay(chance: Chance, most: number): number {
	const share = chance.next();
	if (share < 0.5) return 0;
	return share < 0.9 ? (chance.next() * most) / 10 : chance.next() * most;
}
