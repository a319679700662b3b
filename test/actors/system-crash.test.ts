import t from "tap";
import { BrokerError } from "../../src/base/errors.js";
import { type Probe, type Stage, stage } from "../helpers/crashing-actor.js";
import { turns } from "../helpers/manual-clock.js";

const message = (n: number, act?: Probe["act"]): Probe => (act === undefined ? { n } : { n, act });

function tell(at: Stage, ...messages: readonly Probe[]): string[] {
	return messages.map((probe) => at.actors.tell("a", probe));
}

/** Moves time in small steps and lets the loop turn in between, as real time would. */
async function pass(at: Stage, ms: number, stepMs = 50): Promise<void> {
	for (let passed = 0; passed < ms; passed += stepMs) {
		at.clock.advance(stepMs);
		await turns(2);
	}
}

function count(at: Stage, line: string): number {
	return at.diary.filter((other) => other === line).length;
}

function events(at: Stage, level: string): string[] {
	return at.log.filter((line) => line.level === level).map((line) => line.event);
}

// C056
t.test("a message that throws twice is put aside and all others are handled", async (t) => {
	const at = stage(t);
	tell(at, message(1), message(2, "throw"), message(3), message(4), message(5));
	await turns(6);
	t.strictSame(at.diary, [
		...["start", "1", "2 throws", "flush 1", "abandon"],
		...["start", "2 throws", "abandon", "poison 2"],
		...["start", "3", "4", "5", "flush 3,4,5"],
	]);
	t.match(at.actors.ref("a"), {
		state: "running",
		restarts: 2,
		poisoned: 1,
		handled: 4,
		lastCrash: { text: "Error: cannot do 2", at: at.clock.now() },
	});
	t.match(at.root.system.counters, { crashes: 2, poison: 1, quarantines: 0 });
});

t.test("a message that throws once is handled after the restart, in its place", async (t) => {
	const at = stage(t);
	tell(at, message(1), message(2, "throw once"), message(3));
	at.actors.urgent("a", message(10));
	await turns(6);
	t.strictSame(
		at.diary.filter((line) => /^\d+$/.test(line)),
		["10", "1", "2", "3"],
	);
	t.equal(at.root.system.counters.poison, 0);
});

t.test("two messages in a row that throw once each are both handled", async (t) => {
	const failed = new Set<number>();
	const at = stage(t, {
		receive({ n }) {
			if (failed.has(n) || n === 3) return;
			failed.add(n);
			throw new Error("once");
		},
	});
	tell(at, message(1), message(2), message(3));
	await pass(at, 500);
	t.match(at.actors.ref("a"), { handled: 3, restarts: 2, poisoned: 0 });
});

t.test("a rejected message is like one that throws", async (t) => {
	const at = stage(t);
	tell(at, message(1), message(2, "reject"), message(3));
	await turns(12);
	t.strictSame(at.diary.slice(-4), ["poison 2", "start", "3", "flush 3"]);
	t.strictSame(at.diary.slice(0, 4), ["start", "1", "flush 1", "abandon"]);
});

t.test("a throw in flush restarts the actor and retries no message", async (t) => {
	const at = stage(t, {
		flush(life) {
			if (life === 1) throw new Error("cannot hand over");
		},
	});
	tell(at, message(1), message(2));
	await turns();
	tell(at, message(3));
	await turns();
	t.strictSame(at.diary, [
		...["start", "1", "2", "flush 1,2", "abandon"],
		...["start", "3", "flush 3"],
	]);
	t.equal(at.root.system.counters.crashes, 1);
});

t.test("back-off sets one timer, keeps what comes, and disturbs nobody else", async (t) => {
	const at = stage(t);
	// Each poison message costs one counted crash: the first restarts at once, the second waits.
	tell(at, message(1, "throw"), message(2, "throw"), message(3));
	await turns(8);
	t.equal(at.actors.ref("a")?.state, "waiting");
	t.equal(at.clock.timers, 1);
	const starts = count(at, "start");
	t.equal(tell(at, message(4))[0], "ok");
	at.actors.tell("b", message(100));
	await turns(50);
	t.equal(count(at, "start"), starts + 1, "only b starts while the clock stands still");
	t.equal(count(at, "100"), 1);
	at.clock.advance(50);
	await turns(8);
	t.strictSame(at.diary.slice(-5), ["poison 2", "start", "3", "4", "flush 3,4"]);
	t.equal(at.clock.timers, 0);
});

t.test("an actor that crashes too often is quarantined with everything it had", async (t) => {
	const at = stage(t, {}, { policy: { restartsMax: 2 } });
	tell(at, ...[1, 2, 3].map((n) => message(n, "throw")), message(4));
	at.actors.urgent("a", message(5));
	await pass(at, 1_000);
	const verdicts = at.diary.filter((line) => /^(5|4|poison|refused)/.test(line));
	const [third, fourth] = ["refused 3 quarantined", "refused 4 quarantined"];
	t.strictSame(verdicts, ["5", "poison 1", "poison 2", third, fourth]);
	t.strictSame(tell(at, message(6), message(7)), ["quarantined", "quarantined"]);
	t.equal(at.actors.urgent("a", message(8)), "quarantined");
	t.match(at.actors.ref("a"), { state: "quarantined", mailbox: 0 });
	t.strictSame(events(at, "error"), ["actor.quarantined"], "one alert, not one per message");
	t.equal(at.root.system.counters.quarantined, 5);
});

// C057
t.test("an actor that cannot start is tried a few times, then seldom", async (t) => {
	const start = () => Promise.reject(new Error("event 7 is not readable"));
	const at = stage(t, { start });
	tell(at, message(1), message(2));
	await pass(at, 10_000);
	t.equal(count(at, "start"), 5, "a first try and four more");
	t.strictSame(at.diary.slice(-2), ["refused 1 quarantined", "refused 2 quarantined"]);
	t.strictSame(events(at, "error"), ["actor.quarantined"]);
	t.match(at.actors.ref("a")?.lastCrash, { text: "Error: event 7 is not readable" });
	await pass(at, 30_000, 1_000);
	t.equal(count(at, "start"), 6, "one trial after 30 s");
	await pass(at, 60_000, 1_000);
	t.equal(count(at, "start"), 7, "the next after 60 s");
	await pass(at, 24 * 3_600_000, 60_000);
	t.equal(count(at, "start"), 7 + 3 + 142, "after 2, 4 and 8 min, then every 10 min");
	t.strictSame(events(at, "error"), ["actor.quarantined"], "still one alert");
});

t.test("an actor that starts again after quarantine takes messages again", async (t) => {
	let broken = true;
	const at = stage(t, {
		start() {
			if (broken) throw new Error("event 7 is not readable");
		},
	});
	tell(at, message(1));
	await pass(at, 10_000);
	broken = false;
	t.strictSame(tell(at, message(2)), ["quarantined"]);
	at.clock.advance(30_000);
	t.strictSame(tell(at, message(3)), ["ok"], "taken while the trial is made");
	await turns();
	t.strictSame(at.diary.slice(-3), ["start", "3", "flush 3"]);
	t.ok(events(at, "info").includes("actor.released"));
});

t.test("a restart asked for ends a quarantine early", async (t) => {
	const at = stage(t, {}, { policy: { restartsMax: 0 } });
	tell(at, message(1, "throw"));
	await turns();
	t.equal(at.actors.ref("a")?.state, "quarantined");
	at.actors.ref("a")?.restart("an operator says so");
	await turns();
	t.equal(at.actors.ref("a")?.state, "running");
	t.equal(at.clock.timers, 0);
});

t.test("a start that fails for want of the store is repeated without quarantine", async (t) => {
	let storeDown = true;
	const down = () => {
		if (storeDown) throw new BrokerError("JOURNAL_IO");
	};
	const at = stage(
		t,
		{ start: async () => down() },
		{
			isTransient: (error) => error instanceof BrokerError && error.code === "JOURNAL_IO",
			policy: { backoffMaxMs: 5_000 },
		},
	);
	tell(at, message(1));
	await pass(at, 600_000, 1_000);
	t.equal(at.actors.ref("a")?.state, "waiting");
	t.ok(count(at, "start") < 260, `${count(at, "start")} starts in ten minutes`);
	t.strictSame(events(at, "error").concat(events(at, "warn")), []);
	storeDown = false;
	await pass(at, 5_000);
	t.strictSame(at.diary.slice(-3), ["start", "1", "flush 1"]);
	t.equal(at.actors.ref("a")?.restarts, 0);
});

t.test("stopping a waiting actor gives it one more start, then refuses what it had", async (t) => {
	let broken = true;
	const plan = {
		start() {
			if (broken) throw new Error("not yet");
		},
	};
	const one = stage(t, plan);
	tell(one, message(1));
	await turns();
	t.equal(one.actors.ref("a")?.state, "waiting");
	await one.actors.stopAll();
	t.strictSame(one.diary, ["start", "abandon", "start", "abandon", "refused 1 stopped"]);
	t.equal(one.clock.timers, 0);

	const other = stage(t, plan);
	tell(other, message(1));
	await turns();
	broken = false;
	await other.actors.stopAll();
	t.strictSame(other.diary.slice(2), ["start", "1", "flush 1", "stop"]);
});

t.test("a quarantined actor stops at once and leaves no timer", async (t) => {
	const at = stage(t, {}, { policy: { restartsMax: 0 } });
	tell(at, message(1, "throw"));
	await turns();
	t.equal(at.clock.timers, 1);
	await at.actors.stopAll();
	t.equal(at.clock.timers, 0);
	t.equal(count(at, "stop"), 0, "there is no behaviour to stop");
});

t.test("a crash while stopping still lets the others be handled", async (t) => {
	const at = stage(t);
	tell(at, message(1, "throw"), message(2));
	await at.actors.stopAll();
	t.strictSame(at.diary.slice(-5), ["poison 1", "start", "2", "flush 2", "stop"]);
});

t.test("no throw of a hook, of stop, or of the log gets out or holds anything up", async (t) => {
	const boom = () => {
		throw new Error("boom");
	};
	const at = stage(
		t,
		{ stop: boom, idle: boom },
		{
			onPoison: boom,
			onRefused: boom,
			onActivated: () => Promise.reject(new Error("later")) as never,
			onStopped: boom,
			onLeaving: boom,
			isTransient: boom,
		},
	);
	tell(at, message(1, "throw"), message(2));
	await turns(8);
	t.equal(at.actors.passivateIdle(at.clock.now(), 10), 0);
	t.equal(count(at, "2"), 1);
	at.log.push = boom;
	tell(at, message(3, "throw"), message(4));
	await pass(at, 200);
	t.equal(count(at, "4"), 1);
	await at.actors.stopAll();
	t.equal(at.root.system.counters.faults, 7);
});

t.test("a stop that rejects ends the actor all the same", async (t) => {
	const at = stage(t, { stop: () => Promise.reject(new BrokerError("JOURNAL_IO")) });
	tell(at, message(1));
	await turns();
	await at.actors.activate("a").stop();
	t.match(at.root.system.counters, { stopped: 1, faults: 1 });
	tell(at, message(2));
	await turns();
	t.equal(count(at, "2"), 1);
});

t.test("whatever is thrown has a text", async (t) => {
	const odd = [undefined, null, Object.create(null), "x\ny", "z".repeat(1_000)];
	const at = stage(t, {
		receive({ n }) {
			throw odd[n];
		},
	});
	const texts: unknown[] = [];
	for (const n of odd.keys()) {
		tell(at, message(n));
		await pass(at, 10_000, 500);
		texts.push(at.actors.ref("a")?.lastCrash?.text);
	}
	const expected = ["undefined", "null", "something that has no text", "x", "z".repeat(200)];
	t.strictSame(texts, expected);
});
