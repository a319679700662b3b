import t from "tap";
import type { ServerOp } from "../../src/protocol/frames.js";
import { startBroker } from "../helpers/broker.js";
import { text, type WireClient } from "../helpers/wire-client.js";

async function outcome(client: WireClient, conversation: string, n: number, command: object) {
	client.write(conversation, n, n - 1, command as never);
	return client.outcome(conversation, n);
}

function bodies(op: ServerOp): (string | null)[] {
	if (op.type !== "result" || op.result.type !== "history") throw new Error(op.type);
	return op.result.messages.map(({ body }) => body && Buffer.from(body.content).toString());
}

t.test("what a blocked one sends stays sent and never reaches the blocker", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	const bob = await it.connect("bob");
	const conversation = await ann.open("bob");
	t.match(await outcome(bob, conversation, 1, { type: "block" }), { type: "answer" });
	t.match(await outcome(ann, conversation, 1, text("unheard")), { type: "answer", seq: 1 });
	// The row itself tells the author's devices that its status is frozen.
	t.match(await ann.next("message"), { message: { seq: 1, frozen: "sent" } });
	t.match(await bob.next("skip"), { conversation, seq: 1 });
	bob.say({ type: "delivered", conversation, seq: 1 }, { type: "seen", conversation, seq: 1 });
	t.match(await outcome(bob, conversation, 2, text("no")), { type: "refused", code: "BLOCKED" });
	t.match(await outcome(bob, conversation, 3, { type: "unblock" }), { type: "answer" });
	t.match(await outcome(ann, conversation, 2, text("heard")), { type: "answer", seq: 2 });
	t.match(await bob.next("message"), { message: { seq: 2, frozen: null } });
	const ask = { type: "history", conversation, before: null, limit: 10 } as const;
	t.same(bodies(await bob.ask(ask)), ["heard", null], "after the block ends it stays withheld");
	t.same(bodies(await ann.ask(ask)), ["heard", "unheard"]);
	t.match(await ann.ask({ type: "receipts", conversation, seq: 1 }), {
		result: { delivered: 0, seen: 0 },
	});
	const again = await it.connect("bob", { device: "d2" });
	t.same(bodies(await again.ask(ask)), ["heard", null]);
	const pulled = await again.ask({
		type: "pull",
		conversation,
		position: 0,
		until: null,
		limit: 100,
		fresh: false,
	});
	t.notMatch(JSON.stringify(pulled), Buffer.from("unheard").toString("base64"));
});
