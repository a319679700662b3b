// C057: a conversation whose rows cannot be read back, in a real server: tried a few times, then
// out of order with one alert, and nobody else notices.

import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import type { PsSnapshot } from "../../actors/root.js";
import { systemClock } from "../../src/base/clock.js";
import { silentLog } from "../../src/base/log.js";
import { pack } from "../../src/base/pack.js";
import { checksum } from "../../src/journal/bytes.js";
import { crcBytes } from "../../src/journal/check.js";
import { eventKey } from "../../src/journal/keys.js";
import { openLevel } from "../../src/journal/leveldb.js";
import { appendSnapshot } from "../../src/journal/rows.js";
import { eventVersion } from "../../src/journal/upcast.js";
import { runCli, startServer } from "../helpers/server-process.js";
import { text, tokenFor, WireClient } from "../helpers/wire-client.js";

type Rows = { keys: Uint8Array[]; values: Uint8Array[] };

/** Rows whose checksums are right and that no version of ours can read. */
const poisons: Readonly<Record<string, (rows: Rows, conversation: string) => void>> = {
	snapshot: (rows, conversation) => {
		const state = pack(["no such version"]);
		appendSnapshot(rows, "conversation", conversation, { position: 9_999, head: 9_999, state });
	},
	event: (rows, conversation) => {
		const key = eventKey("conversation", conversation, 3);
		// Packed as it should be, and of no known type.
		const content = Buffer.concat([Uint8Array.of(eventVersion), pack([255, 1, "ann", null])]);
		const crc = Buffer.alloc(crcBytes);
		crc.writeUInt32BE(checksum(content, 0, content.length, checksum(key, 0, key.length)));
		rows.keys.push(key);
		rows.values.push(Buffer.concat([content, crc]));
	},
};

async function poison(folder: string, conversation: string, kind: string): Promise<void> {
	const journal = await openLevel({
		folder,
		durability: "fsync",
		clock: systemClock,
		log: silentLog,
	});
	const rows: Rows = { keys: [], values: [] };
	poisons[kind]?.(rows, conversation);
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

for (const kind of Object.keys(poisons)) {
	t.test(
		`a conversation with a bad ${kind} is quarantined, seen, and felt by nobody else`,
		async (t) => {
			let server = await startServer();
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
			await poison(server.data, bad, kind);
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
			const said = (event: string) => server.stderr().split(`"event":"${event}"`).length - 1;
			t.equal(said("actor.quarantined"), 1, "one alert");
			t.equal(said("actor.start_failed"), 5, "and a few tries before it");
			const { stdout } = await runCli(["ps", "--json", "--data", server.data]);
			const shown = JSON.parse(stdout) as Record<string, unknown>;
			t.match(JSON.stringify(shown), /"state":"quarantined"/);
			t.match(JSON.stringify(shown), new RegExp(`"id":"${bad}"`));
			// History is read from rows that are sound, and stays readable.
			const page = await again.ask({ type: "history", conversation: bad, before: null, limit: 10 });
			t.match(page, { type: "result", result: { messages: [{ seq: 1 }] } });
		},
	);
}

t.test("a quarantine lasts as long as the configuration says, and is tried again", async (t) => {
	let server = await startServer({ args: ["--quarantine-ms", "1s", "--quarantine-max-ms", "1s"] });
	t.teardown(() => server.discard());
	const token = await tokenFor(server.data, "ann");
	await tokenFor(server.data, "bob");
	const connect = (device: string) => WireClient.connect({ wsUrl: server.wsUrl, token, device });
	const ann = await connect("1");
	const own = await ann.open("ann");
	ann.write(own, 1, 0, text("before"));
	await ann.outcome(own, 1);
	await server.stop();
	await poison(server.data, own, "snapshot");
	server = await server.restart();
	const again = await connect("2");
	again.write(own, 1, 0, text("never"));
	t.match(await again.outcome(own, 1), { type: "refused", code: "UNAVAILABLE" });
	await pause(1_200);
	again.write(own, 2, 1, text("never"));
	t.match(await again.outcome(own, 2), { type: "refused", code: "UNAVAILABLE" });
	const { stdout } = await runCli(["ps", "--json", "--data", server.data]);
	const { counters } = (JSON.parse(stdout) as { actors: PsSnapshot }).actors;
	t.ok(counters.quarantines >= 2, `${counters.quarantines} quarantines`);
});
