// The kit and the SDK together: its messages are what the matchers take, and its clock may be the
// broker's.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import { type Client, type ConnectOptions, connect } from "../../src/sdk/index.js";
import {
	eventually,
	passes,
	reached,
	startBroker,
	statuses,
	type TestBroker,
} from "../../src/testing/index.js";

interface Tap {
	teardown(run: () => unknown): void;
}

async function join(
	t: Tap,
	broker: TestBroker,
	user: string,
	options: Partial<ConnectOptions> = {},
): Promise<Client> {
	const client = connect({ url: broker.url, token: () => broker.token(user), ...options });
	t.teardown(() => client.close());
	await eventually(() => client.state.snapshot().type === "connected");
	return client;
}

t.test("a message in a group goes only forward, over delays, drops and a crash", async (t) => {
	const broker = await startBroker({ users: ["ann", "bob", "cyd"] });
	t.teardown(() => broker.close());
	broker.network.delay(5);
	const [ann, bob, cyd] = await Promise.all([
		join(t, broker, "ann"),
		join(t, broker, "bob"),
		join(t, broker, "cyd"),
	]);
	const group = await ann.create({ title: "Three", members: ["bob", "cyd"] });
	const message = group.send("to both");
	const went = statuses(message);
	await reached(message, "sent");
	broker.network.drop();
	await reached(message, "delivered");
	await broker.crash();
	bob.conversation(group.id).seen();
	cyd.conversation(group.id).seen();
	await broker.start();
	await reached(message, "seen");
	went.onlyForward();
	t.equal(went.all.at(-1), "seen");
	const stored = (await broker.history(group.id)).filter(({ text }) => text === "to both");
	t.match(stored, [{ sender: "ann", status: "seen" }]);
});

t.test("a refused message says why", async (t) => {
	const broker = await startBroker({ users: ["ann", "bob"] });
	t.teardown(() => broker.close());
	const ann = await join(t, broker, "ann");
	const bob = await join(t, broker, "bob");
	const group = await ann.create({ title: "Two", members: ["bob"] });
	await passes(() => assert.equal(bob.conversations.snapshot().length, 1));
	await group.remove("bob");
	const message = bob.conversation(group.id).send("am I still here?");
	await assert.rejects(reached(message, "sent"), {
		name: "AssertionError",
		message: /^the message was refused \(\w+\), not "sent"$/,
	});
	await reached(message, "refused");
});

t.test("with the broker's clock a client waits as long as that says", async (t) => {
	const broker = await startBroker({ users: ["ann"] });
	t.teardown(() => broker.close());
	const ann = await join(t, broker, "ann", { clock: broker.clock });
	broker.clock.stop();
	await broker.crash();
	await eventually(() => ann.state.snapshot().type === "waiting");
	await broker.start();
	await pause(200);
	t.equal(ann.state.snapshot().type, "waiting", "time stands");
	await broker.clock.advance(30_000);
	await eventually(() => ann.state.snapshot().type === "connected");
});
