import t from "tap";
import { shardIndex } from "../../actors/shard.js";
import { stage } from "../helpers/crashing-actor.js";
import { turns } from "../helpers/manual-clock.js";

function ids(count: number): string[] {
	return Array.from({ length: count }, (_, n) => `a${n}`);
}

t.test("a tell activates, a look-up does not", async (t) => {
	const at = stage(t);
	t.equal(at.actors.ref("a"), undefined);
	t.equal(at.actors.size, 0);
	t.equal(at.actors.tell("a", { n: 1 }), "ok");
	t.equal(at.actors.size, 1);
	t.equal(at.actors.ref("a"), at.actors.activate("a"));
	t.match(at.actors.counters, { activated: 1, passivated: 0, refused: 0 });
});

t.test("a successor starts only after its predecessor's stop is settled", async (t) => {
	const commits: (() => void)[] = [];
	const at = stage(
		t,
		{ stop: () => new Promise<void>((resolve) => commits.push(resolve)) },
		{
			onActivated: (_, pid) => at.diary.push(`activated ${pid}`),
			onStopped: (_, pid) => at.diary.push(`stopped ${pid}`),
		},
	);
	at.actors.tell("a", { n: 1 });
	await turns();
	t.equal(at.actors.passivateIdle(at.clock.now(), 10), 1);
	at.actors.tell("a", { n: 2 });
	// A third generation: the second is sent away before it could start.
	void at.actors.activate("a").stop();
	at.actors.tell("a", { n: 3 });
	await turns(10);
	t.strictSame(at.diary, ["activated n1/7/1", "start", "1", "flush 1", "stop"]);
	commits.shift()?.();
	await turns(10);
	t.strictSame(at.diary.slice(5), [
		...["stopped n1/7/1", "activated n1/7/2", "start", "2", "flush 2", "stop"],
	]);
	t.equal(at.actors.leaving, 1);
	commits.shift()?.();
	await turns(10);
	t.strictSame(at.diary.slice(11), [
		...["stopped n1/7/2", "activated n1/7/3", "start", "3", "flush 3"],
	]);
	t.strictSame([at.actors.size, at.actors.leaving], [1, 0]);
});

t.test("messages keep their order and none is lost across many passivations", async (t) => {
	const at = stage(t, { stop: () => turns(1) });
	const told: string[] = [];
	for (let n = 0; n < 200; n += 1) {
		t.equal(at.actors.tell("a", { n }), "ok");
		told.push(String(n));
		if (n % 3 === 0) void at.actors.ref("a")?.stop();
		if (n % 7 === 0) await turns(n % 5);
	}
	await turns(400);
	t.strictSame(
		at.diary.filter((line) => /^\d+$/.test(line)),
		told,
	);
});

t.test("a sweep ends what is idle, whatever else is there, and looks at its budget", async (t) => {
	const looked: number[] = [];
	const at = stage(t, { idle: (nowMs) => looked.push(nowMs) > 0 });
	for (const id of ids(10)) at.actors.tell(id, { n: 1 });
	t.equal(at.actors.passivateIdle(5, 100), 0, "something waits for each");
	await turns();
	at.actors.tell("a0", { n: 1, act: "take long" });
	await turns();
	at.actors.tell("a1", { n: 1 });
	t.equal(at.actors.passivateIdle(5, 4) + at.actors.passivateIdle(5, 4), looked.length);
	t.ok(looked.length >= 6 && looked.length <= 8, "eight looked at, two of all are busy");
	at.actors.passivateIdle(5, 2);
	t.equal(looked.length, 8);
	t.ok(looked.every((nowMs) => nowMs === 5));
	await turns();
	t.strictSame([at.actors.size, at.actors.counters.passivated], [2, 8]);
});

t.test("a sweep over nothing, and one that finds nothing idle, come to an end", async (t) => {
	const looked: number[] = [];
	const at = stage(t, { idle: (nowMs) => looked.push(nowMs) < 0 });
	t.equal(at.actors.passivateIdle(0, 1_000), 0);
	for (const id of ids(5)) at.actors.tell(id, { n: 1 });
	await turns();
	t.equal(at.actors.passivateIdle(0, 1_000), 0);
	t.equal(looked.length, 5, "none is asked twice");
	t.equal(at.actors.size, 5);
});

t.test("under pressure the actors that were not used lately leave first", async (t) => {
	const far: number[] = [];
	const at = stage(
		t,
		{ idle: (nowMs) => far.push(nowMs) > 0 },
		{ directory: { actorsMax: 100, pressureAt: 0.5, pressureSteps: 8 } },
	);
	for (const id of ids(50)) at.actors.tell(id, { n: 1 });
	await turns();
	const used = ids(50).slice(0, 10);
	for (let n = 0; n < 300; n += 1) {
		at.actors.tell(`new${n}`, { n });
		for (const id of used) at.actors.ref(id)?.tell({ n });
		await turns(2);
	}
	t.ok(at.actors.size <= 60, `${at.actors.size} actors`);
	t.equal(at.actors.counters.refused, 0);
	t.strictSame(
		used.filter((id) => at.actors.ref(id) === undefined),
		[],
	);
	t.ok(
		far.every((nowMs) => nowMs > at.clock.now() + 1e12),
		"asked as if far in the future",
	);
});

t.test("no more actors than the limit, those on their way out included", async (t) => {
	let committed = () => {};
	const at = stage(
		t,
		{ idle: () => false, stop: () => new Promise<void>((resolve) => (committed = resolve)) },
		{ directory: { actorsMax: 3 } },
	);
	t.strictSame(
		ids(4).map((id) => at.actors.tell(id, { n: 1 })),
		["ok", "ok", "ok", "full"],
	);
	t.throws(() => at.actors.activate("more"), { code: "OVERLOADED" });
	t.equal(at.actors.tell("a0", { n: 2 }), "ok", "the running ones go on");
	await turns();
	const end = at.actors.activate("a0").stop();
	await turns();
	t.equal(at.actors.tell("more", { n: 1 }), "full");
	committed();
	await end;
	t.equal(at.actors.tell("more", { n: 1 }), "ok");
	t.match([at.actors.counters.refused, at.root.system.counters.full], [3, 3]);
});

t.test("stopping all drains all, a few at a time, and then activates nothing", async (t) => {
	let open = 0;
	let most = 0;
	const at = stage(
		t,
		{
			async stop() {
				open += 1;
				most = Math.max(most, open);
				await turns(2);
				open -= 1;
			},
		},
		{ directory: { stopsAtOnce: 5 } },
	);
	for (const id of ids(40)) at.actors.tell(id, { n: 1 });
	await turns();
	for (const id of ids(40)) at.actors.tell(id, { n: 2 });
	const end = at.actors.stopAll();
	t.equal(at.actors.tell("late", { n: 1 }), "stopped");
	t.throws(() => at.actors.activate("late"), { code: "DRAINING" });
	t.equal(at.actors.stopAll(), end);
	await end;
	t.equal(at.diary.filter((line) => line === "2").length, 40);
	t.equal(at.diary.filter((line) => line === "stop").length, 40);
	t.strictSame([open, at.actors.size, at.actors.leaving], [0, 0, 0]);
	t.ok(most >= 2 && most <= 6, `${most} at one time`);
});

t.test("stopping all waits for those that were on their way out before", async (t) => {
	let committed = () => {};
	const at = stage(t, { stop: () => new Promise<void>((resolve) => (committed = resolve)) });
	at.actors.tell("a", { n: 1 });
	await turns();
	at.actors.passivateIdle(at.clock.now(), 1);
	let over = false;
	const end = at.actors.stopAll().then(() => (over = true));
	await turns(10);
	t.equal(over, false);
	committed();
	await end;
});

t.test("an actor that never started is neither announced nor taken back", async (t) => {
	const hook = (what: string) => (id: string) => at.diary.push(`${what} ${id}`);
	const at = stage(t, {}, { onActivated: hook("activated"), onStopped: hook("stopped") });
	await at.actors.activate("a").stop();
	t.strictSame(at.diary, []);
	at.actors.activate("b");
	await turns();
	await at.actors.stopAll();
	t.strictSame(at.diary, ["activated b", "start", "stop", "stopped b"]);
});

t.test("ids spread evenly over the shards", async (t) => {
	const sizes = new Array<number>(64).fill(0);
	for (const id of ids(64_000)) {
		const shard = shardIndex(id, 64);
		sizes[shard] = (sizes[shard] ?? 0) + 1;
	}
	t.ok(Math.min(...sizes) > 850 && Math.max(...sizes) < 1_150, `${sizes}`);
});
