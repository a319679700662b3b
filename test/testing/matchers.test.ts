// The matchers: when they pass, when they fail, and that the failure says why.

import assert from "node:assert/strict";
import t from "tap";
import {
	eventually,
	type LiveMessage,
	type MessageStatus,
	passes,
	reached,
	remains,
	statuses,
} from "../../src/testing/index.js";

/** A message whose status the test sets. */
class Planned implements LiveMessage {
	error: { code: string } | null = null;
	readonly listeners = new Set<() => void>();
	constructor(public status: MessageStatus) {}

	subscribe(changed: () => void): () => void {
		this.listeners.add(changed);
		return () => this.listeners.delete(changed);
	}

	become(status: MessageStatus): void {
		this.status = status;
		for (const changed of [...this.listeners]) changed();
	}
}

async function failureOf(promise: Promise<unknown>): Promise<assert.AssertionError> {
	try {
		await promise;
	} catch (error) {
		assert.ok(error instanceof assert.AssertionError, String(error));
		return error;
	}
	throw new Error("it passed");
}

t.test("reached passes for the status and for those beyond it, now or later", async (t) => {
	await reached(new Planned("delivered"), "sent");
	await reached(new Planned("sent"), "sent");
	const message = new Planned("queued");
	const later = reached(message, "delivered");
	message.become("sent");
	message.become("seen");
	await later;
	t.equal(message.listeners.size, 0, "and listens no more");
});

t.test("reached says where the message was left", async (t) => {
	const message = new Planned("sent");
	const error = await failureOf(reached(message, "seen", { withinMs: 30 }));
	t.equal(error.message, 'the message is "sent" after 30 ms, not "seen"');
	t.match(error, { actual: "sent", expected: "seen", operator: "reached" });
	t.equal(message.listeners.size, 0);
});

t.test("reached fails at once when the message is refused", async (t) => {
	const message = new Planned("queued");
	const failed = failureOf(reached(message, "sent", { withinMs: 60_000 }));
	message.error = { code: "BLOCKED" };
	message.become("refused");
	t.equal((await failed).message, 'the message was refused (BLOCKED), not "sent"');
	await reached(message, "refused");
});

t.test("reached does not take a message that was sent for a refused one", async (t) => {
	const error = await failureOf(reached(new Planned("seen"), "refused", { withinMs: 10 }));
	t.match(error.message, /is "seen" after 10 ms, not "refused"/);
});

t.test("remains passes when nothing happens, and fails when it does", async (t) => {
	const message = new Planned("sent");
	await remains(message, "sent", { forMs: 30 });
	const failed = failureOf(remains(message, "sent", { forMs: 60_000 }));
	message.become("delivered");
	t.equal((await failed).message, 'the message is "delivered", not "sent"');
});

t.test("eventually gives what was looked for, and waits out what throws", async (t) => {
	let looks = 0;
	const found = await eventually(() => {
		looks += 1;
		if (looks === 1) throw new Error("not there");
		return looks > 2 ? { looks } : undefined;
	});
	t.strictSame(found, { looks: 3 });
});

t.test("eventually fails with what it last saw, or with the last failure inside", async (t) => {
	const gave = await failureOf(eventually(() => 0, { withinMs: 20 }));
	t.equal(gave.message, "after 20 ms it still gives 0");
	const cause = new TypeError("no such thing");
	const look = () => Promise.reject(cause);
	const threw = await failureOf(eventually(look, { withinMs: 20 }));
	t.equal(threw.message, "after 20 ms it still fails: no such thing");
	t.equal(threw.cause, cause);
});

t.test("passes takes assertions, and hands their difference on", async (t) => {
	const list: number[] = [];
	const filled = passes(() => assert.deepEqual(list, [1]));
	list.push(1);
	await filled;
	const error = await failureOf(passes(() => assert.equal(list.length, 2), { withinMs: 20 }));
	t.match(error, { actual: 1, expected: 2, operator: "passes" });
});

t.test("statuses notes each change once, and complains of a step back", async (t) => {
	const message = new Planned("queued");
	const noted = statuses(message);
	for (const status of ["sent", "sent", "seen"] as const) message.become(status);
	t.strictSame(noted.all, ["queued", "sent", "seen"]);
	noted.onlyForward();
	message.become("delivered");
	t.throws(() => noted.onlyForward(), {
		message: 'the status fell back to "delivered" after "seen": queued, sent, seen, delivered',
		actual: "delivered",
		expected: "seen",
	});
	noted.stop();
	message.become("seen");
	t.equal(noted.all.length, 4);
});
