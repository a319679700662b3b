// Presence as a judgement: who is online, away or offline, and when they were last seen.

import t from "tap";
import { lastSeenOf, presenceOf } from "../../src/domain/presence.js";

const rule = { awayAfterMs: 70_000, offlineAfterMs: 3_000 };

t.test("a user whom nobody has heard of is offline", async (t) => {
	t.equal(presenceOf([], null, 0, rule), "offline");
});

t.test("one device that pulses is enough to be online", async (t) => {
	const idle = { messageAt: 100_000, idle: true };
	const old = { messageAt: 0, idle: false };
	const active = { messageAt: 95_000, idle: false };
	t.equal(presenceOf([idle, old, active], null, 100_000, rule), "online");
	t.equal(presenceOf([idle, old], null, 100_000, rule), "away");
});

t.test("a tab that pulses once a minute does not flap", async (t) => {
	for (let now = 0; now <= 60_000; now += 1_000) {
		t.equal(presenceOf([{ messageAt: 0, idle: false }], null, now, rule), "online");
	}
	t.equal(presenceOf([{ messageAt: 0, idle: false }], null, 70_001, rule), "away");
});

t.test(
	"a user whose last device has gone stays as it was for a moment, then is offline",
	async (t) => {
		for (const state of ["online", "away"] as const) {
			const gone = { goneAt: 10_000, state };
			t.equal(presenceOf([], gone, 12_999, rule), state);
			t.equal(presenceOf([], gone, 13_000, rule), "offline");
		}
	},
);

t.test("last seen is the latest of all devices and never moves backwards", async (t) => {
	t.equal(lastSeenOf([{ frameAt: 5 }, { frameAt: 9 }, { frameAt: 7 }], 0), 9);
	t.equal(lastSeenOf([{ frameAt: 5 }], 9), 9);
	t.equal(lastSeenOf([], 0), 0, "never");
});
