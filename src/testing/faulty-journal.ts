// A journal whose disk fails when a test says so. Wraps any adapter, and behaves as the interface
// says a failed store does: the failed commit may be there or not, reads go on, nothing is written
// until `reopen` has succeeded.

import { BrokerError } from "../base/errors.js";
import type { Journal, JournalState, WriteSet } from "../journal/journal.js";

export interface FaultyJournal extends Journal {
	/** The next commit fails; its rows are found after reopening, or are not. */
	failNext(how: "present" | "absent"): void;
	/** So many attempts to reopen fail first. */
	failReopen(times: number): void;
	/** Commits wait until `proceed`; so a test can look at what gathers meanwhile. */
	hold(): void;
	proceed(): void;
	/** Sizes of the batches that were asked for, in rows. */
	readonly batches: readonly number[];
}

export function faultyJournal(inner: Journal): FaultyJournal {
	let state: JournalState = "open";
	let next: "present" | "absent" | null = null;
	let reopenFailures = 0;
	let gate: Promise<void> = Promise.resolve();
	let openGate: () => void = () => {};
	const batches: number[] = [];

	async function commit(writes: WriteSet): Promise<void> {
		if (state === "failed") throw new BrokerError("JOURNAL_IO", "the store failed before");
		batches.push(writes.keys.length);
		await gate;
		const how = next;
		next = null;
		if (how === null) return inner.commit(writes);
		state = "failed";
		if (how === "present") await inner.commit(writes);
		throw new BrokerError("JOURNAL_IO", "injected EIO");
	}

	return {
		durability: inner.durability,
		epoch: inner.epoch,
		boot: inner.boot,
		get state() {
			return inner.state === "closed" ? "closed" : state;
		},
		batches,
		commit,
		get: (key) => inner.get(key),
		range: (range) => inner.range(range),
		view: () => inner.view(),
		mark: (number) => inner.mark(number),
		async reopen() {
			if (reopenFailures > 0) {
				reopenFailures -= 1;
				throw new BrokerError("JOURNAL_IO", "injected ENOSPC");
			}
			await inner.reopen();
			state = "open";
		},
		close: () => inner.close(),
		failNext(how) {
			next = how;
		},
		failReopen(times) {
			reopenFailures = times;
		},
		hold() {
			gate = new Promise((resolve) => {
				openGate = resolve;
			});
		},
		proceed() {
			openGate();
			gate = Promise.resolve();
		},
	};
}
