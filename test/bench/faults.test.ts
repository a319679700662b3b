// A load notices what a server does wrong: here a real one, behind a proxy that loses, swaps,
// doubles a message or takes a receipt back.

import t from "tap";
import { runLoad } from "../../bench/child.js";
import { allFaults, type FaultKind, Faults, Order } from "../../bench/faults.js";
import { writeMark } from "../../bench/lean-wire.js";
import type { LoadCounts, LoadOptions } from "../../bench/load-counts.js";
import { type BenchServer, startServer } from "../../bench/server.js";
import type { ServerOp } from "../../src/protocol/frames.js";
import { startProxy, type Tamper } from "./tampering-proxy.js";

// It waits for a server, on a machine that may be busy.
t.setTimeout(120_000);

let server: BenchServer;

t.before(async () => {
	server = await startServer({ core: null });
});

t.teardown(() => server.discard());

/** Forty cycles of one pair through the proxy. */
async function found(
	t: { teardown(run: () => unknown): unknown },
	tamper: Tamper,
	lookMs: number | null = 20,
) {
	const proxy = await startProxy(server.url, tamper);
	t.teardown(() => proxy.close());
	const options: LoadOptions = {
		url: proxy.url,
		people: { secretFile: server.secretFile, tokenFile: null, first: 0 },
		serverPid: server.pid,
		resume: false,
		source: null,
		pairs: 1,
		window: 4,
		rampSeconds: 0,
		warmupSeconds: 0,
		seconds: 0,
		least: 40,
		rate: null,
		bytes: [100, 100],
		random: false,
		typing: 50,
		lookMs,
		corpus: null,
		seed: 1,
	};
	return (await runLoad<LoadCounts>("load.js", options, null)).found;
}

const none = { lost: 0, doubled: 0, reordered: 0, receiptsBackwards: 0, other: 0 };

t.test("a proxy that changes nothing is no fault", async (t) => {
	let typed = 0;
	const { faults, correctness, firstFaults } = await found(t, (op) => {
		if (op.type === "typed") typed += 1;
		return op;
	});
	t.equal(faults, 0);
	t.strictSame(correctness, none, firstFaults.join());
	t.ok(typed > 0, "half of the messages were announced");
});

t.test("a lost message is found", async (t) => {
	let from: number | null = null;
	const { correctness } = await found(t, (op) => {
		if (op.type === "message" && op.message.seq === 5) {
			from = op.from;
			return [];
		}
		if (from === null || !("from" in op)) return op;
		// What follows continues what was before: no client can tell that it should pull.
		const joined = { ...op, from };
		from = null;
		return joined;
	});
	t.strictSame({ ...correctness, other: 0 }, { ...none, lost: 1 });
});

/** The message under this number is another one. */
function holds(op: ServerOp, mark: number): ServerOp {
	if (op.type !== "message" || op.message.body === null) return op;
	const content = Buffer.from(op.message.body.content);
	writeMark(content, mark);
	return { ...op, message: { ...op.message, body: { ...op.message.body, content } } };
}

t.test("two messages that were swapped are found", async (t) => {
	const { correctness } = await found(t, (op) => {
		if (op.type !== "message") return op;
		const { seq } = op.message;
		return seq === 5 ? holds(op, 6) : seq === 6 ? holds(op, 5) : op;
	});
	t.strictSame(correctness, { ...none, reordered: 1 });
});

t.test("a message that comes twice is found", async (t) => {
	const { correctness } = await found(t, (op) =>
		op.type === "message" && op.message.seq === 6 ? holds(op, 5) : op,
	);
	// The second 5 stands where 6 should: that one is missing.
	t.strictSame(correctness, { ...none, doubled: 1, lost: 1 });
});

t.test("a receipt that goes back is found", async (t) => {
	let taken = false;
	const tamper: Tamper = (op) => {
		const [mark] = op.type === "status" ? op.watermarks : [];
		if (op.type !== "status" || mark === undefined || taken || mark.delivered < 3) return op;
		taken = true;
		return [op, { ...op, watermarks: [{ ...mark, delivered: 2 }] }];
	};
	const { correctness } = await found(t, tamper, null);
	t.equal(correctness.receiptsBackwards, 1);
	t.equal(correctness.lost + correctness.doubled + correctness.reordered, 0);
});

t.test("a numbered stream tells what is late, again or missing", async (t) => {
	const kinds = (numbers: readonly number[], sent: number) => {
		const all: FaultKind[] = [];
		const order = new Order("a stream", (_, kind) => all.push(kind));
		for (const n of numbers) order.take(n);
		order.end(sent);
		return all;
	};
	t.strictSame(kinds([1, 2, 3], 3), []);
	t.strictSame(kinds([1, 3, 2], 3), ["reordered"]);
	t.strictSame(kinds([1, 2, 2], 2), ["doubled"]);
	t.strictSame(kinds([1, 3], 3), ["lost"]);
	t.strictSame(kinds([1], 3), ["lost", "lost"]);
});

t.test("faults of several loads add up, and the first ones are told", async (t) => {
	const some = new Faults();
	for (let at = 0; at < 12; at += 1) some.add(`fault ${at}`, "lost");
	const other = new Faults();
	other.add("strange");
	const { faults, correctness, firstFaults } = allFaults([some.figures, other.figures]);
	t.equal(faults, 13);
	t.strictSame(correctness, { ...none, lost: 12, other: 1 });
	t.equal(firstFaults.length, 10);
});
