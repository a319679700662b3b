import t from "tap";
import {
	type CrashRecord,
	crashed,
	crashRecord,
	type Policy,
	policyDefault,
	started,
	startFailed,
	startStalled,
	type Verdict,
} from "../../actors/supervision.js";

const policy: Policy = {
	restartsMax: 3,
	windowMs: 10_000,
	startsMax: 2,
	backoffMs: 100,
	backoffMaxMs: 500,
	quarantineMs: 30_000,
	quarantineMaxMs: 100_000,
};
/** With randomness at its highest the delays are the round ones. */
const highest = 1;

function crashesAt(times: readonly number[], it = crashRecord()): Verdict[] {
	return times.map((now) => crashed(policy, it, now, highest, false));
}

function restart(delayMs: number): Verdict {
	return { type: "restart", delayMs };
}

function quarantine(durationMs: number): Verdict {
	return { type: "quarantine", durationMs };
}

/** Into quarantine by failing starts, and out by one trial when `trial` says so. */
function fall(it: CrashRecord, now: number): Verdict {
	let verdict = startFailed(policy, it, now, highest);
	while (verdict.type === "restart") verdict = startFailed(policy, it, now, highest);
	return verdict;
}

t.test("the first crash restarts at once, further ones wait twice as long each", async (t) => {
	t.strictSame(crashesAt([0, 1, 2]), [restart(0), restart(100), restart(200)]);
});

t.test("one crash too many within the window is quarantine", async (t) => {
	t.strictSame(crashesAt([0, 1, 2, 9_999])[3], quarantine(30_000));
	t.strictSame(crashesAt([0, 1, 2, 10_000])[3], restart(200));
});

t.test("the throw that proves a message poisonous is not counted and does not wait", async (t) => {
	const it = crashRecord();
	for (let message = 0; message < 3; message += 1) {
		t.equal(crashed(policy, it, message, highest, false).type, "restart");
		t.strictSame(crashed(policy, it, message, highest, true), restart(0));
	}
	t.strictSame(crashed(policy, it, 3, highest, false), quarantine(30_000));
});

t.test("a wait has a fixed half and a random half, and an upper bound", async (t) => {
	const delays = [0, 0.5, 1].map((random) => {
		const it = crashRecord();
		it.startsFailed = 0;
		return startFailed({ ...policy, startsMax: 9 }, it, 0, random);
	});
	t.strictSame(delays, [restart(50), restart(75), restart(100)]);
	const it = crashRecord();
	const stalls = Array.from({ length: 2_000 }, () => startStalled(policy, it, highest));
	t.strictSame(stalls.slice(0, 5), [100, 200, 400, 500, 500]);
	t.equal(stalls.at(-1), 500);
});

t.test("too many failed starts in a row are quarantine, however slowly they come", async (t) => {
	const it = crashRecord();
	t.strictSame(startFailed(policy, it, 0, highest), restart(100));
	t.strictSame(startFailed(policy, it, 1e6, highest), restart(200));
	t.strictSame(startFailed(policy, it, 2e6, highest), quarantine(30_000));
});

t.test("a start that succeeds forgives the failed ones before it", async (t) => {
	const it = crashRecord();
	startFailed(policy, it, 0, highest);
	startFailed(policy, it, 0, highest);
	t.equal(started(it, 0), false);
	t.strictSame(startFailed(policy, it, 0, highest), restart(100));
});

t.test("stalled starts never lead to quarantine", async (t) => {
	const it = crashRecord();
	for (let at = 0; at < 1_000; at += 1) startStalled(policy, it, highest);
	t.strictSame(startFailed(policy, it, 0, highest), restart(100));
});

t.test("a failed trial doubles the quarantine up to its bound", async (t) => {
	const it = crashRecord();
	t.strictSame(fall(it, 0), quarantine(30_000));
	for (const expected of [60_000, 100_000, 100_000]) {
		it.trial = true;
		t.strictSame(startFailed(policy, it, 1_000_000, highest), quarantine(expected));
	}
});

t.test("a released actor is trusted again only after it held out for the window", async (t) => {
	const soon = crashRecord();
	fall(soon, 0);
	soon.trial = true;
	t.equal(started(soon, 30_000), true);
	t.strictSame(fall(soon, 39_999), quarantine(60_000));

	const later = crashRecord();
	fall(later, 0);
	later.trial = true;
	started(later, 30_000);
	t.strictSame(fall(later, 40_001), quarantine(30_000));
});

t.test("by default a crash loop is quarantined after 10 restarts and at least 5 s", async (t) => {
	const it = crashRecord();
	let now = 0;
	let restarts = 0;
	for (;;) {
		const verdict = crashed(policyDefault, it, now, 0, false);
		if (verdict.type === "quarantine") break;
		restarts += 1;
		now += verdict.delayMs;
	}
	t.equal(restarts, 10);
	t.ok(now >= 5_000, `took ${now} ms`);
});
