import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import type { PsSnapshot } from "../../actors/root.js";
import { systemClock } from "../../src/base/clock.js";
import { silentLog } from "../../src/base/log.js";
import { pack } from "../../src/base/pack.js";
import { openLevel } from "../../src/journal/leveldb.js";
import { appendSnapshot } from "../../src/journal/rows.js";
import { runCli, startServer } from "../helpers/server-process.js";
import { text, tokenFor, WireClient } from "../helpers/wire-client.js";

/** Puts a snapshot in place that no version of ours can read, though its checksum is right. */
async function poison(folder: string, conversation: string): Promise<void> {
	const journal = await openLevel({
		folder,
		durability: "fsync",
		clock: systemClock,
		log: silentLog,
	});
	const rows = { keys: [], values: [] };
	const state = pack(["no such version"]);
	appendSnapshot(rows, "conversation", conversation, { position: 9_999, head: 9_999, state });
	await journal.commit(rows);
	await journal.close();
}

/** Milliseconds of `count` sends, one after the other; the 90th of a hundred. */
async function latency(
	client: WireClient,
	conversation: string,
	first: number,
	count: number,
): Promise<number> {
	const times: number[] = [];
	for (let n = first; n < first + count; n += 1) {
		const began = performance.now();
		client.write(conversation, n, n - 1, text(`number ${n}`));
		await client.outcome(conversation, n);
		times.push(performance.now() - began);
	}
	times.sort((one, other) => one - other);
	return times[Math.floor(count * 0.9)] as number;
}

t.test(
	"a conversation that cannot start is quarantined, seen, and felt by nobody else",
	async (t) => {
		const short = ["--quarantine-ms", "2s", "--quarantine-max-ms", "2s"];
		let server = await startServer({ args: short });
		t.teardown(() => server.discard());
		const tokens = new Map<string, string>();
		for (const user of ["ann", "bob", "cyd"]) tokens.set(user, await tokenFor(server.data, user));
		const connect = (user: string, device: string) =>
			WireClient.connect({ wsUrl: server.wsUrl, token: tokens.get(user) ?? "", device });
		const [ann] = await Promise.all([
			connect("ann", "1"),
			connect("bob", "1"),
			connect("cyd", "1"),
		]);
		const bad = await (ann as WireClient).open("bob");
		const good = await (ann as WireClient).open("cyd");
		(ann as WireClient).write(bad, 1, 0, text("before"));
		await (ann as WireClient).outcome(bad, 1);
		await server.stop();
		await poison(server.data, bad);
		server = await server.restart();
		const again = await connect("ann", "2");
		const calm = await latency(again, good, 1, 60);
		// Asked again and again: each is answered, none waits for ever, and the others feel nothing.
		const answers: Promise<unknown>[] = [];
		for (let n = 1; n <= 20; n += 1) {
			again.write(bad, n, n - 1, text(`never ${n}`));
			answers.push(
				again.outcome(bad, n).then((outcome) => {
					t.match(outcome, { type: "refused", code: "UNAVAILABLE" });
				}),
			);
		}
		const beside = await latency(again, good, 61, 60);
		await Promise.all(answers);
		t.ok(
			beside < 10 * calm + 50,
			`others: ${calm.toFixed(1)} ms calm, ${beside.toFixed(1)} ms beside`,
		);
		const { stdout } = await runCli(["ps", "--json", "--data", server.data]);
		const shown = JSON.parse(stdout) as Record<string, unknown>;
		t.match(JSON.stringify(shown), /"state":"quarantined"/);
		t.match(JSON.stringify(shown), new RegExp(`"id":"${bad}"`));
		await pause(2_500);
		const later = await runCli(["ps", "--json", "--data", server.data]);
		const { counters } = (JSON.parse(later.stdout) as { actors: PsSnapshot }).actors;
		t.ok(counters.quarantines >= 2, "tried again once the time of the configuration is over");
		// History is read from rows that are sound, and stays readable.
		const page = await again.ask({ type: "history", conversation: bad, before: null, limit: 10 });
		t.match(page, { type: "result", result: { messages: [{ seq: 1 }] } });
	},
);
