// What every journal adapter must do: `src/journal/journal.ts` as tests. Uses nothing but
// node:assert, so an adapter in another package can run it under any test runner.

import assert from "node:assert/strict";
import { BrokerError, type ErrorCode } from "../../src/base/errors.js";
import type { Journal, Range, Row, WriteSet } from "../../src/journal/journal.js";

export interface JournalSubject {
	readonly journal: Journal;
	/** Opens the same store again after the journal was closed; absent without `supports.restart`. */
	restart?(): Promise<Journal>;
	/** Makes the next commit fail with its rows found after reopening, or not found. */
	failNext?(how: "present" | "absent"): void;
	dispose(): Promise<void>;
}

export interface JournalSuite {
	test(title: string, run: () => Promise<void>): void;
	create(): Promise<JournalSubject>;
	readonly supports: {
		/** Rows survive closing and opening again. */
		readonly restart: boolean;
		/** The subject can be told to fail. */
		readonly faults: boolean;
	};
}

export function journalSuite({ test, create, supports }: JournalSuite): void {
	function check(title: string, run: (subject: JournalSubject) => Promise<void>): void {
		test(title, async () => {
			const subject = await create();
			try {
				await run(subject);
			} finally {
				await subject.dispose();
			}
		});
	}

	writes(check);
	ranges(check);
	views(check);
	ends(check);
	if (supports.restart) restarts(check);
	if (supports.faults) faults(check);
}

type Check = (title: string, run: (subject: JournalSubject) => Promise<void>) => void;

function writes(check: Check): void {
	check("a committed row is read back", async ({ journal }) => {
		await journal.commit(puts([1, 10], [2, 20]));
		assert.deepEqual(bytes(journal.get(key(1))), [10]);
		assert.deepEqual(bytes(journal.get(key(2))), [20]);
		assert.equal(journal.get(key(3)), undefined);
	});
	check("a batch overwrites and deletes", async ({ journal }) => {
		await journal.commit(puts([1, 10], [2, 20]));
		await journal.commit({ keys: [key(1), key(2)], values: [value(11), null] });
		assert.deepEqual(bytes(journal.get(key(1))), [11]);
		assert.equal(journal.get(key(2)), undefined);
	});
	check("within a batch the later write of a key counts", async ({ journal }) => {
		await journal.commit({ keys: [key(1), key(1)], values: [value(10), value(11)] });
		assert.deepEqual(bytes(journal.get(key(1))), [11]);
		await journal.commit({ keys: [key(1), key(1)], values: [value(12), null] });
		assert.equal(journal.get(key(1)), undefined);
	});
	check("deleting what is not there is no error", async ({ journal }) => {
		await journal.commit({ keys: [key(9)], values: [null] });
		assert.equal(journal.get(key(9)), undefined);
	});
	check("an empty value is a row", async ({ journal }) => {
		await journal.commit({ keys: [key(1)], values: [Uint8Array.of()] });
		assert.deepEqual(bytes(journal.get(key(1))), []);
	});
	check("keys are bytes: prefixes, zeros and 255 are all different", async ({ journal }) => {
		const keys = [[0], [0, 0], [0, 255], [1], [127], [128], [195, 164], [255], [255, 255]];
		const values = keys.map((_, i) => Uint8Array.of(i));
		await journal.commit({ keys: keys.map((it) => key(...it)), values });
		for (const [i, it] of keys.entries()) assert.deepEqual(bytes(journal.get(key(...it))), [i]);
		const rows = await journal.range({ gte: key(0), lt: end, limit: 100 });
		assert.deepEqual(
			rows.map((row) => [...row.key.subarray(1)]),
			keys,
		);
	});
	check("what the caller does with its buffers after the commit changes nothing", async (it) => {
		const mine = [key(1), value(10)] as const;
		await it.journal.commit({ keys: [mine[0]], values: [mine[1]] });
		for (const bytes of mine) bytes.fill(99);
		assert.deepEqual(bytes(it.journal.get(key(1))), [10]);
	});
}

function ranges(check: Check): void {
	const all: Range = { gte: key(0), lt: end, limit: 100 };
	check("a range is ascending, from its start up to before its end", async ({ journal }) => {
		await journal.commit(puts([3, 30], [1, 10], [2, 20], [4, 40]));
		assert.deepEqual(firsts(await journal.range({ ...all, gte: key(2), lt: key(4) })), [2, 3]);
	});
	check("reverse is descending over the same rows", async ({ journal }) => {
		await journal.commit(puts([3, 30], [1, 10], [2, 20], [4, 40]));
		const range = { ...all, gte: key(1), lt: key(4), reverse: true };
		assert.deepEqual(firsts(await journal.range(range)), [3, 2, 1]);
	});
	check("the limit counts rows, from the end when reverse", async ({ journal }) => {
		await journal.commit(puts([1, 10], [2, 20], [3, 30]));
		assert.deepEqual(firsts(await journal.range({ ...all, limit: 2 })), [1, 2]);
		assert.deepEqual(firsts(await journal.range({ ...all, limit: 2, reverse: true })), [3, 2]);
	});
	check("the row that reaches the bound of bytes is the last", async ({ journal }) => {
		const big = new Uint8Array(1000);
		await journal.commit({ keys: [key(1), key(2), key(3)], values: [big, big, big] });
		assert.deepEqual(firsts(await journal.range({ ...all, bytesMax: 2001 })), [1, 2, 3]);
		assert.deepEqual(firsts(await journal.range({ ...all, bytesMax: 2000 })), [1, 2]);
		assert.deepEqual(
			firsts(await journal.range({ ...all, bytesMax: 1001, reverse: true })),
			[3, 2],
		);
		assert.deepEqual(firsts(await journal.range({ ...all, bytesMax: 1 })), [1]);
	});
	check("a range longer than any internal page is complete", async ({ journal }) => {
		const keys = Array.from({ length: 5000 }, (_, i) => key(1, i >> 8, i & 255));
		await journal.commit({ keys, values: keys.map(() => new Uint8Array(300)) });
		const range = { gte: key(1), lt: key(2), limit: 10_000 };
		const rows = await journal.range(range);
		assert.equal(rows.length, 5000);
		assert.deepEqual(bytes(rows[4999]?.key), [area, 1, 19, 135]);
	});
	check("a range with nothing in it is empty", async ({ journal }) => {
		await journal.commit(puts([1, 10]));
		assert.deepEqual(await journal.range({ ...all, gte: key(2), lt: key(2) }), []);
		assert.deepEqual(await journal.range({ ...all, gte: key(5), lt: key(9) }), []);
	});
}

function views(check: Check): void {
	check("a view shows one moment, whatever is committed later", async ({ journal }) => {
		await journal.commit(puts([1, 10], [2, 20]));
		const view = journal.view();
		await journal.commit({ keys: [key(1), key(2), key(3)], values: [value(11), null, value(30)] });
		assert.deepEqual(bytes(view.get(key(1))), [10]);
		assert.deepEqual(bytes(view.get(key(2))), [20]);
		assert.equal(view.get(key(3)), undefined);
		const rows = await view.range({ gte: key(0), lt: key(9), limit: 10 });
		assert.deepEqual(firsts(rows), [1, 2]);
		view.close();
		assert.deepEqual(bytes(journal.get(key(1))), [11]);
	});
	check("two views of different moments stand side by side", async ({ journal }) => {
		await journal.commit(puts([1, 10]));
		const early = journal.view();
		await journal.commit(puts([1, 11]));
		const late = journal.view();
		await journal.commit(puts([1, 12]));
		assert.deepEqual(bytes(early.get(key(1))), [10]);
		assert.deepEqual(bytes(late.get(key(1))), [11]);
		early.close();
		late.close();
	});
	check("a closed view refuses", async ({ journal }) => {
		const view = journal.view();
		view.close();
		view.close();
		assert.throws(() => view.get(key(1)), coded("JOURNAL_CLOSED"));
	});
}

function ends(check: Check): void {
	check("after closing everything is refused, and closing again is no error", async (it) => {
		const { journal } = it;
		assert.equal(journal.state, "open");
		await journal.close();
		await journal.close();
		assert.equal(journal.state, "closed");
		assert.throws(() => journal.get(key(1)), coded("JOURNAL_CLOSED"));
		assert.throws(() => journal.view(), coded("JOURNAL_CLOSED"));
		await assert.rejects(journal.commit(puts([1, 10])), coded("JOURNAL_CLOSED"));
		await assert.rejects(journal.reopen(), coded("JOURNAL_CLOSED"));
	});
	check("closing ends open views and ranges under way", async ({ journal }) => {
		await journal.commit(puts([1, 10]));
		const view = journal.view();
		const reading = view.range({ gte: key(0), lt: key(9), limit: 10 }).catch(() => []);
		await journal.close();
		await reading;
		assert.throws(() => view.get(key(1)), coded("JOURNAL_CLOSED"));
	});
	check("a mark is taken while open", async ({ journal }) => {
		await journal.mark(0);
	});
}

function restarts(check: Check): void {
	check("rows, epoch and the count of boots survive a restart", async ({ journal, restart }) => {
		await journal.commit(puts([1, 10]));
		const { epoch, boot } = journal;
		await journal.close();
		const again = await (restart as () => Promise<Journal>)();
		assert.deepEqual(bytes(again.get(key(1))), [10]);
		assert.equal(again.epoch, epoch);
		assert.equal(again.boot, boot + 1);
		await again.close();
	});
}

function faults(check: Check): void {
	for (const how of ["present", "absent"] as const) {
		check(`a failed commit that is ${how} is seen after reopening`, async (subject) => {
			const { journal } = subject;
			await journal.commit(puts([1, 10]));
			subject.failNext?.(how);
			await assert.rejects(journal.commit(puts([1, 11], [2, 20])), coded("JOURNAL_IO"));
			assert.equal(journal.state, "failed");
			await assert.rejects(journal.commit(puts([3, 30])), coded("JOURNAL_IO"));
			assert.ok(journal.get(key(1)) !== undefined, "reads go on");
			await journal.reopen();
			assert.equal(journal.state, "open");
			assert.deepEqual(bytes(journal.get(key(1))), [how === "present" ? 11 : 10]);
			assert.equal(journal.get(key(2)) !== undefined, how === "present");
			assert.equal(journal.get(key(3)), undefined);
			await journal.commit(puts([3, 30]));
			assert.deepEqual(bytes(journal.get(key(3))), [30]);
		});
	}
	check("reopening a store that is open changes nothing", async ({ journal }) => {
		await journal.commit(puts([1, 10]));
		await journal.reopen();
		assert.deepEqual(bytes(journal.get(key(1))), [10]);
	});
}

/** Keys of the suite's own: an adapter may keep rows about itself under lower kind bytes. */
const area = 0x7e;
const end = Uint8Array.of(area + 1);

function key(...rest: number[]): Uint8Array {
	return Uint8Array.of(area, ...rest);
}

function value(byte: number): Uint8Array {
	return Uint8Array.of(byte);
}

function puts(...pairs: [number, number][]): WriteSet {
	return { keys: pairs.map(([name]) => key(name)), values: pairs.map(([, byte]) => value(byte)) };
}

function bytes(value: Uint8Array | undefined): number[] | undefined {
	return value === undefined ? undefined : [...value];
}

function firsts(rows: readonly Row[]): (number | undefined)[] {
	return rows.map((row) => row.key[1]);
}

function coded(code: ErrorCode): (error: unknown) => boolean {
	return (error) => error instanceof BrokerError && error.code === code;
}
