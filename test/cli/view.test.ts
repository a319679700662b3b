import t from "tap";
import type { PsRow } from "../../actors/root.js";
import { systemClock } from "../../src/base/clock.js";
import type { PsReport } from "../../src/broker.js";
import { banner } from "../../src/cli/banner.js";
import { lineLog } from "../../src/cli/log.js";
import { type Paint, paintFor, plain } from "../../src/cli/output.js";
import { psView } from "../../src/cli/ps-view.js";
import { ago, fit, line } from "../../src/cli/table.js";

const bracket: Paint = (style, text) => `<${style}>${text}</${style}>`;

function row(changes: Partial<PsRow> = {}): PsRow {
	return {
		pid: "n1/7/123456",
		id: "a-user-with-a-name-that-is-much-longer-than-any-column-of-this-table",
		kind: "users",
		state: "running",
		mailbox: 12_345,
		handled: 1,
		restarts: 3,
		poisoned: 0,
		since: 0,
		...changes,
	};
}

function report(changes: Partial<PsReport["actors"]> = {}): PsReport {
	const shards = Array.from({ length: 64 }, (_, shard) => ({
		shard,
		actors: 15_625,
		mailbox: shard,
		restarts: 0,
		quarantined: shard === 5 ? 1 : 0,
	}));
	const sum = { actors: 1_000_000, mailbox: 2_016, restarts: 0, quarantined: 1, leaving: 2 };
	const counters = { activated: 1_000_000, passivated: 0, refused: 0 };
	return {
		actors: {
			at: 7_200_000,
			address: "n1/7",
			kinds: [
				{ name: "users", ...sum, counters, shards },
				{ name: "conversations", ...sum, counters, shards },
			],
			services: [row({ kind: "presence", id: "presence", mailbox: 0 })],
			busiest: Array.from({ length: 10 }, () => row()),
			shakiest: [],
			quarantined: [
				row({ state: "quarantined", lastCrash: { text: "TypeError: boom\n  at x", at: 1 } }),
			],
			counters: { crashes: 4 } as never,
			...changes,
		},
		commit: { state: "ok", since: 0, number: 12_345_678, lastError: null, attempts: 0 },
		gateway: {
			connections: 12_000,
			ready: 12_000,
			users: 9_000,
			early: 3,
			watched: 0,
			pings: 7,
			cut: 0,
			ended: { SLOW_READER: 2 },
		},
	};
}

const server = {
	pid: 4_242,
	process: "",
	startedAt: "1970-01-01T00:00:00.000Z",
	url: "http://127.0.0.1:7070",
	adminSocket: "",
	node: "n1",
	boot: 7,
};

t.test("ps fits 80 columns and a screen, a million actors or not", async (t) => {
	const lines = psView(server, report(), plain).split("\n");
	for (const text of lines) t.ok([...text].length <= 80, text);
	t.ok(lines.length < 45, `${lines.length} lines`);
});

t.test("ps names the hot shards and folds the others", async (t) => {
	const text = psView(server, report(), plain);
	t.match(text, /├─ users +1,000,000 +2,016/);
	t.match(text, /├─ shard 5 .*\n.*├─ shard 63 /, "trouble before load");
	t.match(text, /61 quiet shards/);
	t.match(text, /TypeError: boom$/m);
	t.match(text, /up 2h 00m/);
	t.match(text, /└─ system\n {3}└─ presence/);
});

t.test("ps of an idle server shows no empty tables", async (t) => {
	const text = psView(
		server,
		report({ busiest: [], quarantined: [], kinds: [], services: [] }),
		plain,
	);
	t.notMatch(text, /busiest|quarantined\n/);
});

t.test("a store that failed is red, and a shard in quarantine too", async (t) => {
	const commit = { state: "failed", since: 0, number: 9, lastError: "EIO", attempts: 2 } as const;
	const failed = { ...report(), commit };
	t.match(psView(server, failed, bracket), /<red>failed<\/red>/);
	t.match(psView(server, report(), bracket), /<green>ok<\/green>/);
});

t.test("colour only for a terminal, and never against NO_COLOR", async (t) => {
	const painted = (isTTY: boolean, env: Record<string, string>) =>
		paintFor({ isTTY }, env)("red", "x") !== "x";
	t.ok(painted(true, {}));
	t.notOk(painted(false, {}));
	t.notOk(painted(true, { NO_COLOR: "1" }));
	t.ok(painted(true, { NO_COLOR: "" }), "empty means unset");
	t.notOk(painted(true, { TERM: "dumb" }));
	t.ok(painted(false, { FORCE_COLOR: "1" }));
});

t.test("the banner says where, with which data, what sent means and how to stop", async (t) => {
	const facts = {
		version: "0.1.0",
		url: "http://127.0.0.1:7070",
		data: "/var/lib/colloquy",
		command: "colloquy",
	};
	const open = banner({ ...facts, durability: "fsync", development: true }, plain);
	for (const text of open.split("\n")) t.ok([...text].length <= 80, text);
	t.match(open, /OPEN/);
	t.match(open, /power cut keeps it/);
	t.match(open, /kill -9/);
	t.match(open, /colloquy token <user> --data \/var\/lib\/colloquy/);
	const closed = banner({ ...facts, durability: "os", development: false }, plain);
	t.notMatch(closed, /OPEN/);
	t.match(closed, /power cut may not/);
});

t.test("names are cut in the middle, by characters", async (t) => {
	t.equal(fit("abcdefghij", 7), "abcd…ij");
	t.equal([...fit("🙂".repeat(50), 10)].length, 10);
	t.equal(
		line(
			[
				{ title: "", width: 4 },
				{ title: "", width: 3, right: true },
			],
			["a", "b"],
		),
		"a       b",
	);
	t.equal(ago(100_000_000), "1d 03h");
});

t.test("the log writes one JSON line an event, and errors with their stack", async (t) => {
	const lines: string[] = [];
	const log = lineLog({ ...systemClock, now: () => 0 }, "info", (text) => lines.push(text));
	log("debug", "dropped");
	log("warn", "store_failed", { error: new Error("no"), size: 5n });
	t.equal(lines.length, 1);
	t.match(JSON.parse(lines[0] ?? ""), {
		time: "1970-01-01T00:00:00.000Z",
		level: "warn",
		event: "store_failed",
		error: /Error: no\n/,
		size: "5",
	});
});
