// The scenarios of crowds, as small as they get: they come to an end, find no fault, and what they
// count adds up.

import t from "tap";
import type { BenchDocument } from "../../bench/document.js";
import { runCli } from "../helpers/server-process.js";

async function rows(
	t: { equal(found: unknown, wanted: unknown, why: string): unknown },
	...args: readonly string[]
) {
	const { code, stdout, stderr } = await runCli(["bench", ...args, "--json"], {
		withinMs: 120_000,
	});
	t.equal(code, 0, `${stderr}${stdout}`);
	return (JSON.parse(stdout) as BenchDocument).scenarios;
}

// Servers are started for each: a busy machine takes its time.
t.setTimeout(180_000);

const brief = ["--seconds", "0.5", "--warmup", "0.1"];

t.test("group and hot: every member gets every message", async (t) => {
	const all = await rows(t, "group", "hot", "--members", "6", "--senders", "3", ...brief);
	t.strictSame(
		all.map(({ name }) => name),
		["group: one at a time", "group: sixteen at a time", "hot"],
	);
	for (const row of all) {
		t.ok((row.messages as number) > 0, row.name);
		t.equal(row.deliveriesPerSecond, 5 * (row.messagesPerSecond as number));
		t.match(row.received, { p50Ms: Number, maxMs: Number });
		t.equal(row.faults, 0);
	}
});

t.test("storm: all come back, after a cut and after a kill", async (t) => {
	const [cut, kill] = await rows(t, "storm", "--users", "12");
	t.match(cut, { name: "storm: cut", parameters: { users: 12 }, losses: { cut: 12 }, faults: 0 });
	t.match(kill, { name: "storm: server killed", correctness: { lost: 0 }, faults: 0 });
	const lost = Object.values(kill?.losses as Record<string, number>);
	t.ok(lost.reduce((sum, count) => sum + count, 0) >= 12, "each lost its connection");
});

t.test("idle: users are connected, silent, then pulse", async (t) => {
	const args = ["--users", "6", "--settle", "1", "--pulse", "0.1"];
	const [row] = await rows(t, "idle", ...args);
	t.match(row, { connectsPerSecond: Number, bytesPerUser: Number, faults: 0 });
	t.ok((row?.pulsesPerSecond as number) > 6, "sixty were due");
});
