// Old events are trimmed below a snapshot: what that may not change, and what a cursor below it is
// told.

import t from "tap";
import { systemClock } from "../../src/base/clock.js";
import { silentLog } from "../../src/base/log.js";
import { eventKey, snapshotKey } from "../../src/journal/keys.js";
import { openLevel } from "../../src/journal/leveldb.js";
import { startBroker, type TestBroker } from "../helpers/broker.js";
import { text, type WireClient } from "../helpers/wire-client.js";

const config = { keptPositions: 10, snapshotEvery: 10, sweepMs: 20 };

async function write(client: WireClient, where: string, n: number, command: object): Promise<void> {
	client.write(where, n, n - 1, command as never);
	const outcome = await client.outcome(where, n);
	if (outcome.type === "refused") throw new Error(`${outcome.code} ${outcome.detail}`);
}

/** One message with sixty reactions after it; resolves when the first events are gone. */
async function talk(it: TestBroker): Promise<[WireClient, string]> {
	const ann = await it.connect("ann");
	await it.connect("bob");
	const conversation = await ann.open("bob");
	await write(ann, conversation, 1, text("one"));
	for (let n = 2; n <= 61; n += 1) {
		await write(ann, conversation, n, { type: "react", seq: 1, emoji: n % 2 === 0 ? "a" : "b" });
	}
	const { journal } = it.broker.admin;
	const range = { gte: eventKey("conversation", conversation, 0), limit: 100 };
	for (let tries = 0; tries < 200; tries += 1) {
		const lt = eventKey("conversation", conversation, 30);
		if ((await journal.range({ ...range, lt })).length === 0) return [ann, conversation];
		await new Promise((resolve) => setTimeout(resolve, 25));
	}
	throw new Error("nothing was trimmed");
}

const pull = { type: "pull", until: null, limit: 200 } as const;

t.test("a cursor below the kept events is told to start over, a new device is not", async (t) => {
	let it = await startBroker(config);
	t.teardown(() => it.discard());
	const [ann, conversation] = await talk(it);
	const old = { ...pull, conversation, position: 3, fresh: false };
	t.match(await ann.ask(old), { type: "error", code: "RESET" });
	const whole = await ann.ask({ ...pull, conversation, position: 0, fresh: true });
	t.match(whole, { type: "result", result: { done: true } });
	t.match(JSON.stringify(whole), /"seq":1/);
	const near = { ...pull, conversation, position: 58, fresh: false };
	t.match(await ann.ask(near), { type: "result", result: { position: 62, done: true } });
	it = await it.restart();
	const again = await it.connect("ann", { device: "d2" });
	again.write(conversation, 1, 0, text("two"));
	t.match(await again.outcome(conversation, 1), { type: "answer", seq: 2, position: 63 });
});

// C058
t.test(
	"a conversation whose snapshot is lost after trimming is out of order, not begun anew",
	async (t) => {
		const it = await startBroker(config);
		t.teardown(() => it.discard());
		const [, conversation] = await talk(it);
		await it.stop({ graceMs: 0 });
		const { data: folder } = it;
		const options = { folder, durability: "fsync", clock: systemClock, log: silentLog } as const;
		const journal = await openLevel(options);
		await journal.commit({ keys: [snapshotKey("conversation", conversation)], values: [null] });
		await journal.close();
		await it.start();
		const ann = await it.connect("ann", { device: "d2" });
		ann.write(conversation, 1, 0, text("two"));
		t.match(await ann.outcome(conversation, 1), { type: "refused", code: "UNAVAILABLE" });
	},
);
