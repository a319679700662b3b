// The clock of a broker under test: it runs, it can be moved, it can stand.

import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import { testClock } from "../../src/testing/index.js";

const hour = 3_600_000;

t.test("it runs as the system's does, timers too", async (t) => {
	const clock = testClock();
	t.ok(Math.abs(clock.now() - Date.now()) < 100);
	const fired: number[] = [];
	const start = clock.monotonic();
	clock.after(40, () => fired.push(clock.monotonic() - start));
	const often = clock.every(15, () => fired.push(0));
	await pause(100);
	often.cancel();
	const [late = 0, ...more] = fired.filter((at) => at > 0);
	t.ok(late >= 39.9, `${late}`);
	t.equal(more.length, 0, "once");
	const ticks = fired.length - 1;
	const most = (clock.monotonic() - start) / 15;
	t.ok(ticks >= 2 && ticks <= most, `${ticks} ticks, ${most} at most`);
	await pause(40);
	t.equal(fired.length, ticks + 1, "cancelled");
});

t.test("a period that is set while time has run begins where it is set", async (t) => {
	const clock = testClock();
	clock.after(hour, () => {});
	await pause(160);
	let ticks = 0;
	const often = clock.every(150, () => {
		ticks += 1;
	});
	await pause(5);
	t.equal(ticks, 0);
	often.cancel();
});

t.test("advance fires what is due, in order and at its time", async (t) => {
	const clock = testClock({ startAt: 0, running: false });
	const fired: string[] = [];
	clock.after(2_500, () => fired.push(`b ${clock.now()}`));
	clock.after(1_200, () => fired.push(`a ${clock.now()}`));
	clock.every(1_000, () => fired.push(String(clock.now())));
	await clock.advance(3_000);
	t.strictSame(fired, ["1000", "a 1200", "2000", "b 2500", "3000"]);
	t.equal(clock.now(), 3_000);
});

t.test("advance gives sockets and promises a moment each second", async (t) => {
	const clock = testClock({ running: false });
	let turns = 0;
	let open = true;
	const turn = () => {
		turns += 1;
		if (open) setImmediate(turn);
	};
	setImmediate(turn);
	await clock.advance(20_000);
	open = false;
	t.ok(turns >= 20, `${turns} turns`);
});

t.test("advance passes what it is told and not what it takes, and runs on", async (t) => {
	const clock = testClock({ startAt: 0 });
	const start = clock.now();
	await clock.advance(200_000);
	const passed = clock.now() - start;
	t.ok(passed >= 200_000 && passed < 200_100, `${passed} ms, in more than 200 of ours`);
	await pause(20);
	t.ok(clock.now() - start >= passed + 19);
});

t.test("jump moves the date and lets one second pass", async (t) => {
	const clock = testClock({ startAt: 0, running: false });
	const fired: number[] = [];
	clock.every(500, () => fired.push(clock.now()));
	await clock.jump(48 * hour);
	t.equal(clock.now(), 48 * hour + 1_000);
	t.equal(clock.monotonic(), 1_000);
	t.strictSame(fired, [48 * hour + 500, 48 * hour + 1_000]);
	await t.rejects(clock.jump(-1), RangeError);
});

t.test("it stops, stands, and runs on from there", async (t) => {
	const clock = testClock();
	clock.stop();
	const stood = clock.now();
	let fired = false;
	clock.after(1, () => {
		fired = true;
	});
	await pause(30);
	t.equal(clock.now(), stood);
	t.notOk(fired);
	clock.run();
	await pause(30);
	t.ok(fired);
	t.ok(clock.now() - stood < 80, "what it stood is not made up for");
});
