// The pipeline: what gathers, what leaves when, in which order.

import t from "tap";
import { bench, entryOf, eventAt, settle } from "./pipeline.js";

t.test("nothing leaves before its commit, then all of it in order", async (t) => {
	const it = await bench();
	const lane = it.pipeline.open("conversation", "a", 0);
	it.journal.hold();
	it.write(lane, "one");
	it.output(lane, "read of one");
	it.write(lane, "two");
	await settle();
	t.same(it.heard, []);
	it.journal.proceed();
	await settle();
	t.same(it.heard, ["+one", "+read of one", "+two"]);
	t.equal(lane.committed, 2);
});

t.test("one turn's work of all actors is one batch with one commit row", async (t) => {
	const it = await bench();
	const a = it.pipeline.open("conversation", "a", 0);
	const b = it.pipeline.open("user", "b", 4);
	it.write(a, "a1");
	it.write(b, "b5");
	it.write(a, "a2");
	await settle();
	t.same(it.journal.batches, [4]);
	const [commit] = await it.commits();
	t.match(commit, { number: 1, rows: 3 });
	t.same(commit?.parts, [
		{ entity: "conversation", id: "a", from: 1, to: 2, head: 7 },
		{ entity: "user", id: "b", from: 5, to: 5, head: 7 },
	]);
});

t.test("what gathers while a commit is in flight is the next group", async (t) => {
	const it = await bench();
	const lane = it.pipeline.open("conversation", "a", 0);
	it.journal.hold();
	it.write(lane, "one");
	await settle();
	it.write(lane, "two");
	await settle();
	it.write(lane, "three");
	await settle();
	t.same(it.journal.batches, [2]);
	it.journal.proceed();
	await settle();
	t.same(it.journal.batches, [2, 3]);
	t.same(
		(await it.commits()).map((commit) => commit.number),
		[1, 2],
	);
	t.equal(it.pipeline.number, 2);
});

t.test("a group is bounded by entries and by bytes", async (t) => {
	for (const limits of [{ groupEntriesMax: 3 }, { groupBytesMax: 60 }]) {
		const it = await bench(limits);
		const lane = it.pipeline.open("conversation", "a", 0);
		for (let i = 0; i < 7; i += 1) it.write(lane, `${i}`);
		await settle();
		t.same(it.journal.batches, [4, 4, 2]);
		t.equal(it.heard.length, 7);
	}
});

t.test("outputs of a lane with nothing under way leave at once", async (t) => {
	const it = await bench();
	const lane = it.pipeline.open("conversation", "a", 0);
	it.output(lane, "rejection");
	t.same(it.heard, ["+rejection"]);
	t.same(it.journal.batches, []);
});

t.test("outputs that wait for the group in flight leave with it, not with the next", async (t) => {
	const it = await bench();
	const a = it.pipeline.open("conversation", "a", 0);
	const b = it.pipeline.open("conversation", "b", 0);
	it.journal.hold();
	it.write(a, "a1");
	await settle();
	it.write(b, "b1");
	it.output(a, "read of a1");
	it.journal.failNext("absent");
	it.journal.proceed();
	await settle();
	t.same(it.heard, ["-a1", "-read of a1", "-b1"], "in one group with what they waited for");
});

t.test("outputs decided while others are told keep their place", async (t) => {
	const it = await bench();
	const lane = it.pipeline.open("conversation", "a", 0);
	it.write(lane, "one");
	it.write(lane, "two");
	it.react = (entry) => {
		if (entry.outputs === "one") it.output(lane, "read in between");
	};
	await settle();
	t.same(it.heard, ["+one", "+two", "+read in between"]);
});

t.test("lanes are released in the order of handing over across lanes too", async (t) => {
	const it = await bench();
	const a = it.pipeline.open("conversation", "a", 0);
	const b = it.pipeline.open("conversation", "b", 0);
	it.write(a, "a1");
	it.write(b, "b1");
	it.output(a, "a read");
	it.write(a, "a2");
	await settle();
	t.same(it.heard, ["+a1", "+b1", "+a read", "+a2"]);
});

t.test("an entry must continue its lane", async (t) => {
	const it = await bench();
	const lane = it.pipeline.open("conversation", "a", 3);
	const owner = { committed() {}, failed() {} };
	t.throws(() => it.pipeline.submit(entryOf(owner, lane, "gap", 5)), {
		code: "JOURNAL_CONFLICT",
	});
	t.throws(() => it.pipeline.submit(entryOf(owner, lane, "again", 3)), {
		code: "JOURNAL_CONFLICT",
	});
	it.write(lane, "four");
	await settle();
	t.same(it.heard, ["+four"]);
});

t.test("rows without an event need no position; an event without rows is a fault", async (t) => {
	const it = await bench();
	const lane = it.pipeline.open("conversation", "a", 3);
	const owner = { committed: () => void it.heard.push("snapshot"), failed() {} };
	const { keys, values } = entryOf(owner, lane, "snapshot", 4);
	it.pipeline.submit({ lane, from: 0, to: 0, keys, values, owner });
	t.throws(() => it.pipeline.submit({ lane, from: 4, to: 4, keys: [], values: [], owner }), {
		code: "JOURNAL_CONFLICT",
	});
	await settle();
	t.same(it.heard, ["snapshot"]);
	t.same((await it.commits())[0]?.parts, []);
});

t.test("rows of no entity go over the system lane", async (t) => {
	const it = await bench();
	it.write(it.pipeline.system, "registry");
	await settle();
	t.same(it.heard, ["+registry"]);
	t.same((await it.commits())[0]?.parts, []);
});

t.test("uncommitted writes are seen by peek, newest first, only of the asked lane", async (t) => {
	const it = await bench();
	const a = it.pipeline.open("conversation", "a", 0);
	const b = it.pipeline.open("conversation", "b", 0);
	const owner = { committed() {}, failed() {} };
	const key = eventAt("a", 1);
	t.equal(it.pipeline.peek(a, key), undefined);
	it.journal.hold();
	it.write(a, "one");
	await settle();
	t.type(it.pipeline.peek(a, key), Uint8Array);
	it.pipeline.submit({ lane: a, from: 0, to: 0, keys: [key], values: [null], owner });
	t.equal(it.pipeline.peek(a, key), null, "a deletion gathers behind it");
	t.equal(it.pipeline.peek(b, key), undefined);
	it.journal.proceed();
	await settle();
	t.equal(it.pipeline.peek(a, key), undefined, "committed: the store has it");
});

t.test("an owner's fault keeps nobody else from hearing", async (t) => {
	const it = await bench();
	const lane = it.pipeline.open("conversation", "a", 0);
	it.write(lane, "one");
	it.write(lane, "two");
	it.react = () => {
		throw new Error("fault of the owner");
	};
	await settle();
	t.same(it.heard, ["+one", "+two"]);
	it.react = null;
	it.write(lane, "three");
	await settle();
	t.same(it.heard, ["+one", "+two", "+three"]);
});

t.test("a successor waits until its former self has heard of everything", async (t) => {
	const it = await bench();
	const lane = it.pipeline.open("conversation", "a", 0);
	it.journal.hold();
	it.write(lane, "one");
	it.pipeline.close(lane);
	t.throws(() => it.pipeline.open("conversation", "a", 1), { code: "JOURNAL_CONFLICT" });
	t.throws(() => it.write(lane, "late"), { code: "JOURNAL_CONFLICT" });
	let settled = false;
	const waiting = it.pipeline.settled("conversation", "a").then(() => {
		settled = true;
	});
	await settle();
	t.notOk(settled);
	it.journal.proceed();
	await waiting;
	t.same(it.heard, ["+one"]);
	const next = it.pipeline.open("conversation", "a", 1);
	it.write(next, "two");
	await settle();
	t.same(it.heard, ["+one", "+two"]);
});

t.test("a crashed actor's lane, never closed, is closed by its successor", async (t) => {
	const it = await bench();
	const former = it.pipeline.open("conversation", "a", 0);
	const next = it.pipeline.open("conversation", "a", 0);
	t.equal(former.phase, "closed");
	t.throws(() => it.write(former, "ghost"), { code: "JOURNAL_CONFLICT" });
	it.pipeline.close(former);
	it.write(next, "one");
	await settle();
	t.same(it.heard, ["+one"]);
	t.resolves(it.pipeline.settled("conversation", "never opened"));
});

t.test("numbers go on where the store ends", async (t) => {
	const it = await bench();
	const lane = it.pipeline.open("conversation", "a", 0);
	it.write(lane, "one");
	await it.pipeline.flushed();
	await it.pipeline.stop();
	const { GroupCommit } = await import("../../src/journal/group-commit.js");
	const again = await GroupCommit.start({
		journal: it.journal,
		clock: it.clock,
		log: () => {},
	});
	t.equal(again.number, 1);
});

t.test("stopping commits what was handed over, marks it and takes nothing more", async (t) => {
	const it = await bench();
	const marks: number[] = [];
	it.journal.mark = async (number) => void marks.push(number);
	const lane = it.pipeline.open("conversation", "a", 0);
	it.write(lane, "one");
	it.clock.advance(2_999);
	t.same(marks, []);
	await settle();
	it.clock.advance(1);
	t.same(marks, [1], "every few seconds");
	it.clock.advance(60_000);
	t.same(marks, [1], "only when there is something new");
	it.write(lane, "two");
	const stopped = it.pipeline.stop();
	it.write(lane, "while stopping");
	await stopped;
	it.write(lane, "late");
	t.same(it.heard, ["+one", "+two", "+while stopping", "-late"]);
	t.same(marks, [1, 2]);
	t.equal(it.clock.timers, 0);
	t.throws(() => it.pipeline.open("user", "x", 0), { code: "JOURNAL_CLOSED" });
	await t.rejects(it.pipeline.settled("user", "x"), { code: "JOURNAL_CLOSED" });
});
