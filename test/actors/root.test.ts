import t from "tap";
import { createRoot } from "../../actors/root.js";
import type { Behaviour } from "../../actors/system.js";
import { silentLog } from "../../src/base/log.js";
import { stage } from "../helpers/crashing-actor.js";
import { manualClock, turns } from "../helpers/manual-clock.js";

t.test("ps folds actors by shard and adds up by kind", async (t) => {
	const at = stage(t);
	for (let n = 0; n < 100; n += 1) at.actors.tell(`a${n}`, { n });
	at.actors.tell("a0", { n: 1 });
	const [probes] = at.root.ps().kinds;
	t.match(probes, { name: "probes", actors: 100, mailbox: 101, restarts: 0, quarantined: 0 });
	t.equal(probes?.shards.length, 4);
	t.equal(sum(probes?.shards.map((shard) => shard.actors)), 100);
	t.equal(sum(probes?.shards.map((shard) => shard.mailbox)), 101);
	await turns();
	t.match(at.root.ps().kinds, [{ actors: 100, mailbox: 0 }]);
	t.equal(at.root.ps().address, "n1/7");
});

t.test("ps shows the longest mailboxes first, and no more than asked for", async (t) => {
	const at = stage(t);
	for (let n = 0; n < 30; n += 1) {
		for (let told = 0; told <= (n * 7) % 30; told += 1) at.actors.tell(`a${n}`, { n });
	}
	const { busiest } = at.root.ps({ topMax: 3 });
	t.strictSame(
		busiest.map((row) => row.mailbox),
		[30, 29, 28],
	);
	t.equal(at.root.ps().busiest.length, 10);
	await turns();
	t.strictSame(at.root.ps().busiest, []);
});

t.test("ps shows who crashed, how often, and why", async (t) => {
	const at = stage(t);
	at.actors.tell("calm", { n: 1 });
	at.actors.tell("once", { n: 2, act: "throw once" });
	at.actors.tell("shaky", { n: 3, act: "throw" });
	await turns(8);
	const { shakiest, counters } = at.root.ps();
	t.match(shakiest, [
		{
			id: "shaky",
			pid: "n1/7/3",
			kind: "probes",
			state: "running",
			restarts: 2,
			poisoned: 1,
			handled: 0,
			lastCrash: { text: "Error: cannot do 3", at: at.clock.now() },
			detail: { life: 3, name: "shaky" },
		},
		{ id: "once", restarts: 1, poisoned: 0, handled: 1 },
	]);
	t.equal(shakiest.length, 2);
	t.match(counters, { crashes: 3, poison: 1, deadLetters: 0 });
});

t.test("ps counts a message once, though its actor both waits and has crashed", async (t) => {
	const at = stage(t);
	for (const n of [1, 2]) at.actors.tell("a", { n, act: "throw" });
	at.actors.tell("a", { n: 3 });
	await turns(8);
	const { kinds, busiest } = at.root.ps();
	t.match(kinds, [{ mailbox: 2 }]);
	t.match(busiest, [{ id: "a", state: "waiting", mailbox: 2 }]);
	t.equal(busiest.length, 1);
});

t.test("ps lists the quarantined up to its cap and counts them all", async (t) => {
	const at = stage(t, {}, { policy: { restartsMax: 0 } });
	for (let n = 0; n < 60; n += 1) at.actors.tell(`a${n}`, { n, act: "throw" });
	await turns(8);
	const { quarantined, kinds } = at.root.ps();
	t.equal(quarantined.length, 50);
	t.ok(quarantined.every((row) => row.state === "quarantined"));
	t.match(kinds, [{ actors: 60, quarantined: 60 }]);
});

t.test("ps counts those on their way out apart and forgets those that have ended", async (t) => {
	let committed = () => {};
	const at = stage(t, { stop: () => new Promise<void>((resolve) => (committed = resolve)) });
	at.actors.tell("a", { n: 1, act: "throw" });
	await turns(8);
	void at.actors.ref("a")?.stop();
	await turns();
	t.match(at.root.ps().kinds, [{ actors: 0, leaving: 1, restarts: 0 }]);
	committed();
	await turns();
	t.match(at.root.ps().kinds, [{ actors: 0, leaving: 0, restarts: 0 }]);
	t.strictSame(at.root.ps().shakiest, []);
});

t.test("ps is of bounded size, plain JSON, and does not look at idle actors", async (t) => {
	const at = stage(t, {}, { directory: { shards: 64 } });
	for (let n = 0; n < 5_000; n += 1) at.actors.tell(`a${n}`, { n });
	t.ok(JSON.stringify(at.root.ps()).length < 12_000);
	await turns();
	t.strictSame([...at.root.system.notable()], []);
	const snapshot = at.root.ps();
	t.strictSame(JSON.parse(JSON.stringify(snapshot)), snapshot);
});

t.test("a behaviour that cannot describe itself is shown without a description", async (t) => {
	const root = createRoot({ node: "n1", boot: 1, clock: manualClock(), log: silentLog });
	t.teardown(() => root.system.close());
	const describe = () => {
		throw new Error("not now");
	};
	root.service({ name: "clerk", create: () => ({ start() {}, receive() {}, describe }) });
	await turns();
	const { services } = root.ps();
	t.match(services, [{ id: "clerk", kind: "clerk", state: "running" }]);
	t.notOk("detail" in (services[0] ?? {}));
});

t.test("closing ends directories as they were made, then services, last one first", async (t) => {
	const root = createRoot({ node: "n1", boot: 1, clock: manualClock(), log: silentLog });
	const order: string[] = [];
	const create = (name: string) => (): Behaviour<string> => ({
		start() {},
		receive() {},
		stop: () => void order.push(name),
	});
	root.service({ name: "pipeline", create: create("pipeline") });
	root.service({ name: "presence", create: create("presence") });
	const conversations = root.directory({ name: "conversations", create: create("conversation") });
	const users = root.directory({ name: "users", create: create("user") });
	users.tell("ann", "hello");
	conversations.tell("team", "hello");
	await turns();
	const closed = root.close();
	t.equal(root.close(), closed);
	await closed;
	t.strictSame(order, ["conversation", "user", "presence", "pipeline"]);
	t.equal(users.tell("ann", "late"), "stopped");
});

function sum(numbers: readonly number[] = []): number {
	return numbers.reduce((total, number) => total + number, 0);
}
