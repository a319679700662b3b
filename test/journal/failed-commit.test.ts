// A failed commit is unknown: who hears of it, what goes on meanwhile, what is found afterwards.

import t from "tap";
import { recover } from "../../src/journal/recover.js";
import { type Bench, bench, settle } from "./pipeline.js";

const reopenSoonMs = 50;

async function failed(how: "present" | "absent"): Promise<Bench> {
	const it = await bench();
	const a = it.pipeline.open("conversation", "a", 0);
	const b = it.pipeline.open("conversation", "b", 0);
	it.pipeline.open("conversation", "idle", 0);
	it.write(a, "a1");
	await settle();
	it.journal.failNext(how);
	it.journal.hold();
	it.write(a, "a2");
	it.output(a, "read of a2");
	await settle();
	it.write(b, "b1");
	it.journal.proceed();
	await settle();
	return it;
}

for (const how of ["present", "absent"] as const) {
	t.test(`a failed commit that is ${how} is found out by recovery`, async (t) => {
		const it = await failed(how);
		t.same(it.heard, ["+a1", "-a2", "-read of a2", "-b1"], "in order, the gathering group too");
		t.match(it.pipeline.health, { state: "failed", lastError: { code: "JOURNAL_IO" } });
		it.clock.advance(reopenSoonMs);
		await settle();
		t.match(it.pipeline.health, { state: "ok" });
		t.equal(it.pipeline.number, how === "present" ? 2 : 1);
		await it.pipeline.settled("conversation", "a");
		const { events } = await recover(it.journal, "conversation", "a");
		t.same(
			events.map((event) => event.position),
			how === "present" ? [1, 2] : [1],
		);
		const lane = it.pipeline.open("conversation", "a", events.length);
		it.write(lane, "next");
		await settle();
		t.equal(it.heard.at(-1), "+next");
		const numbers = (await it.commits()).map((commit) => commit.number);
		t.same(numbers, how === "present" ? [1, 2, 3] : [1, 2], "no gap and none twice");
	});
}

t.test("an actor without uncommitted state stays valid and answers reads meanwhile", async (t) => {
	const it = await bench();
	const busy = it.pipeline.open("conversation", "busy", 0);
	const idle = it.pipeline.open("conversation", "idle", 0);
	it.journal.failNext("absent");
	it.write(busy, "lost");
	await settle();
	it.output(idle, "read");
	t.same(it.heard, ["-lost", "+read"]);
	t.notOk(it.pipeline.accepting, "so that commands are rejected before they are decided");
	it.clock.advance(reopenSoonMs);
	await settle();
	it.write(idle, "one");
	await settle();
	t.same(it.heard, ["-lost", "+read", "+one"]);
});

t.test("writes while the store is failed fail at once and void their lane", async (t) => {
	const it = await failed("absent");
	const lane = it.pipeline.system;
	it.heard.length = 0;
	it.write(lane, "registry");
	t.same(it.heard, ["-registry"]);
	t.equal(lane.phase, "open", "the system lane has no state");
	t.throws(() => it.pipeline.open("conversation", "c", 0), { code: "JOURNAL_IO" });
});

t.test("whatever a voided actor hands over fails, its outputs included", async (t) => {
	const it = await bench();
	const lane = it.pipeline.open("conversation", "a", 0);
	it.journal.failNext("absent");
	it.write(lane, "one");
	await settle();
	it.output(lane, "read of what may not be");
	it.clock.advance(reopenSoonMs);
	await settle();
	it.write(lane, "two");
	t.same(it.heard, ["-one", "-read of what may not be", "-two"]);
});

t.test("what an owner hands over while failures are told keeps its order", async (t) => {
	const it = await bench();
	const lane = it.pipeline.open("conversation", "a", 0);
	it.journal.failNext("absent");
	it.write(lane, "one");
	it.write(lane, "two");
	it.react = (entry) => {
		if (entry.outputs === "one") it.output(lane, "in between");
	};
	await settle();
	t.same(it.heard, ["-one", "-two", "-in between"]);
});

t.test("reopening is tried with growing, jittered pauses while it fails", async (t) => {
	const it = await failed("absent");
	it.journal.failReopen(3);
	const attempts: number[] = [];
	for (let ms = 0; ms < 2_000 && it.pipeline.health.state === "failed"; ms += 5) {
		it.clock.advance(5);
		await settle();
		const { health } = it.pipeline;
		if (health.state === "failed" && health.attempts !== attempts.length) attempts.push(ms);
	}
	t.equal(it.pipeline.health.state, "ok");
	t.equal(attempts.length, 3);
	const [first = 0, second = 0, third = 0] = attempts;
	t.ok(second - first > first && third - second > second - first, `at ${attempts} ms`);
});

t.test("successors wait until the store is open again", async (t) => {
	const it = await failed("absent");
	let ready = false;
	const waiting = it.pipeline.settled("conversation", "a").then(() => {
		ready = true;
	});
	const other = it.pipeline.settled("conversation", "never opened");
	await settle();
	t.notOk(ready);
	it.clock.advance(reopenSoonMs);
	await waiting;
	await other;
});

t.test("a store that ends before what was acknowledged is damaged for good", async (t) => {
	const it = await bench();
	const lane = it.pipeline.open("conversation", "a", 0);
	it.write(lane, "one");
	await settle();
	it.write(lane, "two");
	await settle();
	it.journal.failNext("absent");
	it.write(lane, "three");
	await settle();
	// The disk threw away what it had acknowledged.
	const range = it.journal.range;
	it.journal.range = (asked) => range({ ...asked, lt: Uint8Array.of(2, 0, 0, 0, 0, 0, 2) });
	it.clock.advance(reopenSoonMs);
	await settle();
	t.match(it.pipeline.health, { state: "failed", lastError: { code: "JOURNAL_DAMAGED" } });
	it.clock.advance(600_000);
	await settle();
	t.match(it.pipeline.health, { state: "failed", attempts: 1 });
	t.match(it.pipeline.health, { lastError: { message: /ends with commit 1 where 2/ } });
});

t.test("stopping while the store is failed ends the trying", async (t) => {
	const it = await failed("absent");
	it.journal.failReopen(1_000);
	const waiting = it.pipeline.settled("conversation", "a");
	const refused = t.rejects(waiting, { code: "JOURNAL_CLOSED" });
	await it.pipeline.stop();
	await refused;
	it.clock.advance(60_000);
	await settle();
	t.equal(it.clock.timers, 0);
});
