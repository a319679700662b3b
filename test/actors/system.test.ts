import fc from "fast-check";
import t from "tap";
import { createRoot } from "../../actors/root.js";
import { silentLog } from "../../src/base/log.js";
import { type Probe, type Stage, stage } from "../helpers/crashing-actor.js";
import { manualClock, turns } from "../helpers/manual-clock.js";

function tell(at: Stage, ...messages: readonly (number | Probe)[]): string[] {
	return messages.map((message) =>
		at.actors.tell("a", typeof message === "number" ? { n: message } : message),
	);
}

t.test("messages are handled in the order they were told, with one flush at the end", async (t) => {
	const at = stage(t);
	tell(at, 1, 2, 3);
	t.strictSame(at.diary, [], "not while the teller runs");
	await turns(1);
	t.strictSame(at.diary, ["start", "1", "2", "3", "flush 1,2,3"]);
	tell(at, 4);
	await turns(1);
	t.strictSame(at.diary.slice(5), ["4", "flush 4"]);
});

t.test("what an actor tells itself belongs to the same batch", async (t) => {
	const at = stage(t, { receive: ({ n }) => void (n < 3 && tell(at, n + 1)) });
	tell(at, 1);
	await turns(1);
	t.strictSame(at.diary, ["start", "1", "2", "3", "flush 1,2,3"]);
});

t.test("a busy actor flushes and lets the others in after each slice", async (t) => {
	const at = stage(t, {}, { limits: { sliceMessages: 3 } });
	tell(at, 1, 2, 3, 4, 5, 6, 7);
	at.actors.tell("b", { n: 100 });
	await turns(4);
	t.strictSame(
		at.diary.filter((line) => line !== "start" && !/^\d$/.test(line)),
		["flush 1,2,3", "100", "flush 100", "flush 4,5,6", "flush 7"],
	);
});

t.test("a turn that fails itself keeps no other actor of the shard from its own", async (t) => {
	const at = stage(t);
	tell(at, 1);
	const others = Array.from({ length: 200 }, (_, n) => 100 + n);
	for (const n of others) at.actors.tell(`other-${n}`, { n });
	Object.assign(at.actors.ref("a") ?? {}, {
		turn: () => {
			throw new Error("no turn at all");
		},
	});
	await turns(6);
	const flushed = at.diary.filter((line) => line.startsWith("flush"));
	t.strictSame(flushed.sort(), others.map((n) => `flush ${n}`).sort());
});

t.test("a slice of costly messages ends by time", async (t) => {
	const at = stage(t, { receive: () => at.clock.advance(1) }, { limits: { sliceMs: 10 } });
	tell(at, ...Array.from({ length: 100 }, (_, n) => n));
	await turns(20);
	const flushes = at.diary.filter((line) => line.startsWith("flush"));
	t.strictSame(
		flushes.map((line) => line.split(",").length),
		[32, 32, 32, 4],
	);
});

t.test("a full mailbox refuses at the door and takes again once drained", async (t) => {
	const at = stage(t, {}, { limits: { mailboxMax: 2 } });
	t.strictSame(tell(at, 1, 2, 3, 4), ["ok", "ok", "full", "full"]);
	t.equal(at.root.system.counters.full, 2);
	t.equal(at.actors.ref("a")?.mailbox, 2);
	await turns(1);
	t.equal(at.actors.ref("a")?.mailbox, 0);
	t.strictSame(tell(at, 5), ["ok"]);
	await turns(1);
	t.strictSame(at.diary, ["start", "1", "2", "flush 1,2", "5", "flush 5"]);
});

t.test("urgent messages overtake waiting data and have a bound of their own", async (t) => {
	const at = stage(t, {}, { limits: { mailboxMax: 2, urgentMax: 1 } });
	tell(at, 1, 2);
	t.equal(at.actors.urgent("a", { n: 10 }), "ok", "though the mailbox is full");
	t.equal(at.actors.urgent("a", { n: 11 }), "full");
	await turns(1);
	t.strictSame(at.diary, ["start", "10", "1", "2", "flush 10,1,2"]);
});

t.test("an async message holds up the next one of its actor and no other actor", async (t) => {
	const at = stage(t);
	tell(at, { n: 1, act: "take long" }, 2);
	at.actors.tell("b", { n: 100 });
	await turns();
	t.strictSame(at.diary, ["start", "1", "start", "100", "flush 100"]);
	tell(at, 3);
	at.finish();
	await turns();
	t.strictSame(at.diary.slice(5), ["2", "3", "flush 1,2,3"]);
});

t.test("messages wait until an async start is over", async (t) => {
	let begin = () => {};
	const at = stage(t, { start: () => new Promise<void>((resolve) => (begin = resolve)) });
	tell(at, 1);
	await turns();
	t.equal(at.actors.ref("a")?.state, "starting");
	t.strictSame(tell(at, 2), ["ok"]);
	begin();
	await turns();
	t.strictSame(at.diary, ["start", "1", "2", "flush 1,2"]);
	t.equal(at.actors.ref("a")?.state, "running");
});

t.test("a restart on request keeps what waits and counts as no crash", async (t) => {
	const restart = () => at.actors.ref("a")?.restart("the commit failed");
	const at = stage(t, { receive: ({ n }, life) => void (n === 2 && life === 1 && restart()) });
	tell(at, 1, 2, 3);
	await turns();
	t.strictSame(at.diary, [
		...["start", "1", "2", "flush 1,2", "abandon"],
		...["start", "3", "flush 3"],
	]);
	for (let again = 0; again < 100; again += 1) {
		restart();
		await turns(2);
	}
	const { renewals, crashes } = at.root.system.counters;
	t.strictSame({ renewals, crashes }, { renewals: 101, crashes: 0 });
	t.equal(at.actors.ref("a")?.state, "running");
	t.equal(at.actors.ref("a")?.restarts, 0);
});

t.test("nothing is received by a state whose restart was asked for from outside", async (t) => {
	const at = stage(t);
	tell(at, 1);
	await turns();
	tell(at, 2);
	at.actors.ref("a")?.restart("the commit failed");
	await turns();
	t.strictSame(at.diary.slice(3), ["abandon", "start", "2", "flush 2"]);
});

t.test("a restart asked for during a start means another start", async (t) => {
	const begin: (() => void)[] = [];
	const at = stage(t, { start: () => new Promise<void>((resolve) => begin.push(resolve)) });
	tell(at, 1);
	await turns();
	at.actors.ref("a")?.restart("what it reads is old");
	begin.shift()?.();
	await turns();
	begin.shift()?.();
	await turns();
	t.strictSame(at.diary, ["start", "abandon", "start", "1", "flush 1"]);
});

t.test("a stopped actor drains, flushes, stops; later tells are dead letters", async (t) => {
	const at = stage(t);
	tell(at, 1);
	await turns();
	const ref = at.actors.activate("a");
	ref.tell({ n: 2 });
	const end = ref.stop();
	t.equal(ref.state, "stopping");
	t.equal(ref.tell({ n: 3 }), "stopped");
	t.equal(ref.urgent({ n: 4 }), "stopped");
	await end;
	t.strictSame(at.diary.slice(3), ["2", "flush 2", "stop"]);
	t.equal(ref.state, "stopped");
	t.equal(ref.tell({ n: 5 }), "stopped");
	t.equal(at.root.system.counters.deadLetters, 3);
	await ref.stop();
});

t.test(
	"stopping waits for an async message, what waits behind it, and an async stop",
	async (t) => {
		let committed = () => {};
		const at = stage(t, { stop: () => new Promise<void>((resolve) => (committed = resolve)) });
		tell(at, { n: 1, act: "take long" }, 2);
		await turns();
		let over = false;
		at.actors
			.activate("a")
			.stop()
			.then(() => (over = true));
		at.finish();
		await turns();
		t.strictSame(at.diary, ["start", "1", "2", "flush 1,2", "stop"]);
		t.equal(over, false);
		committed();
		await turns();
		t.equal(over, true);
	},
);

t.test("an actor stopped before its first turn starts only if something waits", async (t) => {
	const at = stage(t);
	await at.actors.activate("a").stop();
	t.strictSame(at.diary, []);
	tell(at, 1);
	await at.actors.activate("a").stop();
	t.strictSame(at.diary, ["start", "1", "flush 1", "stop"]);
});

t.test("an actor may stop itself", async (t) => {
	const at = stage(t, { receive: () => void at.actors.ref("a")?.stop() });
	tell(at, 1);
	await turns();
	t.strictSame(at.diary, ["start", "1", "flush 1", "stop"]);
	t.equal(at.actors.size, 0);
});

t.test("every activation has an address of its own", async (t) => {
	const at = stage(t);
	const first = at.actors.activate("a");
	const other = at.actors.activate("b");
	t.strictSame([first.pid, other.pid], ["n1/7/1", "n1/7/2"]);
	await first.stop();
	t.equal(at.actors.activate("a").pid, "n1/7/3");
});

t.test("two systems in one process do not meet, even under the same address", async (t) => {
	const one = stage(t);
	const two = stage(t);
	tell(one, 1);
	tell(two, 2);
	await turns();
	t.strictSame(one.diary, ["start", "1", "flush 1"]);
	t.strictSame(two.diary, ["start", "2", "flush 2"]);
	await one.root.close();
	tell(two, 3);
	await turns();
	t.strictSame(two.diary.slice(3), ["3", "flush 3"]);
});

// C040
t.test("any string is an id and no two ids share an actor", async (t) => {
	const ids = ["", " ", "é", "e\u0301", "😀", "a/b", "a%2Fb", "..", ".", "__proto__", "$", "$JA"];
	ids.push("constructor", "\0", "a:b", "\ud800", "\ud801", "\ufffd", "a.1", "x".repeat(300));
	const at = stage(t);
	for (const [n, id] of ids.entries()) t.equal(at.actors.tell(id, { n }), "ok");
	await turns();
	for (const id of ids) {
		t.match(at.actors.ref(id), { id, handled: 1, state: "running" });
		t.equal(at.actors.ref(id)?.describe()?.name, id);
	}
	t.equal(at.actors.size, ids.length);
});

t.test("an actor has the id that it was told under, whatever it is made of", async (t) => {
	const at = stage(t);
	const unit = fc.constantFrom("a", "$", ".", "\ud800", "\udc00", "é", "\ufffd", "\0");
	const id = fc.oneof(fc.string({ unit: "binary", maxLength: 8 }), fc.string({ unit }));
	fc.assert(
		fc.property(id, (one) => at.actors.activate(one).id === one),
		{ numRuns: 2_000 },
	);
	await turns();
});

t.test("all that are awake under one supervisor share a turn of the event loop", async (t) => {
	const root = createRoot({ node: "n1", boot: 1, clock: manualClock(), log: silentLog });
	t.teardown(() => root.system.close());
	const native = globalThis.setImmediate;
	t.teardown(() => void Object.assign(globalThis, { setImmediate: native }));
	let asked = 0;
	globalThis.setImmediate = Object.assign((...given: Parameters<typeof native>) => {
		asked += 1;
		return native(...given);
	}, native);
	const handled: number[] = [];
	const create = () => ({ start() {}, receive: (n: number) => void handled.push(n) });
	const actors = root.directory<number>({ name: "probes", create }, { shards: 1 });
	for (let n = 0; n < 100; n += 1) actors.tell(`a${n}`, n);
	t.equal(asked, 1);
	await turns(1);
	t.equal(handled.length, 100);
});

t.test("any number of tells costs an actor one turn, and none while it cannot run", async (t) => {
	const at = stage(t);
	const native = globalThis.setImmediate;
	t.teardown(() => void Object.assign(globalThis, { setImmediate: native }));
	let asked = 0;
	globalThis.setImmediate = Object.assign((...given: Parameters<typeof native>) => {
		asked += 1;
		return native(...given);
	}, native);
	tell(at, 0);
	await turns();
	asked = 0;
	for (let n = 0; n < 20; n += 1) tell(at, n);
	await turns(30);
	t.equal(asked, 1 + 30, "one of the actor, thirty of the test");
	tell(at, { n: 1, act: "throw" }, { n: 2, act: "throw" });
	await turns(8);
	t.equal(at.actors.ref("a")?.state, "waiting");
	asked = 0;
	for (let n = 0; n < 100; n += 1) tell(at, n);
	t.equal(asked, 0);
});

t.test("supervisors get no message, however many messages their children get", async (t) => {
	// nact copies a parent's children for each message it handles: with many children a single one
	// would show as a copy of the map. Counted where nact makes it.
	let copies = 0;
	const NativeMap = globalThis.Map;
	class CountingMap<K, V> extends NativeMap<K, V> {
		constructor(entries?: Iterable<readonly [K, V]> | null) {
			super(entries as Iterable<readonly [K, V]>);
			if (entries instanceof NativeMap && entries.size > 10) copies += 1;
		}
	}
	t.teardown(() => void Object.assign(globalThis, { Map: NativeMap }));
	Object.assign(globalThis, { Map: CountingMap });
	const root = createRoot({ node: "n1", boot: 1, clock: manualClock(), log: silentLog });
	t.teardown(() => root.system.close());
	const handled: number[] = [];
	const create = () => ({ start() {}, receive: () => void handled.push(1) });
	const actors = root.directory<number>({ name: "probes", create }, { shards: 1 });
	for (let n = 0; n < 1_000; n += 1) actors.tell(`a${n}`, n);
	await turns();
	t.equal(handled.length, 1_000);
	t.equal(copies, 0);
});
