// The help desk's notices, tested as a host tests: a real broker, a customer who is there or is
// not, ten minutes that pass in a moment, and a broker that dies at the worst time.

import assert from "node:assert/strict";
import t from "tap";
import { type Client, connect } from "../../src/sdk/index.js";
import {
	eventually,
	reached,
	remains,
	startBroker,
	statuses,
	type TestBroker,
} from "../../src/testing/index.js";
import { mailAfterMs, Notices } from "./notices.js";

/** What the runner gives a test: `t` of tap and of node:test alike. */
interface Run {
	after(end: () => unknown): void;
}

/** A client that is connected, and closed with the test. */
async function join(run: Run, broker: TestBroker, user: string, url = broker.url): Promise<Client> {
	const client = connect({ url, token: () => broker.token(user) });
	run.after(() => client.close());
	await eventually(() => client.state.snapshot().type === "connected");
	return client;
}

/** The desk, and a broker that knows its customer ann. */
async function open(run: Run) {
	const broker = await startBroker({ users: ["ann"] });
	run.after(() => broker.close());
	const mails: string[] = [];
	const mail = (user: string, text: string) => mails.push(`${user}: ${text}`);
	const notices = new Notices(await join(run, broker, "desk"), mail, broker.clock);
	return { broker, notices, mails };
}

t.test("a customer who is there reads the notice, and gets no mail", async (t) => {
	const { broker, notices, mails } = await open(t);
	const ann = await join(t, broker, "ann");

	const notice = await notices.tell("ann", "Your order has left.");
	const went = statuses(notice);
	await reached(notice, "delivered");
	ann.conversation("ann~desk").seen();
	await reached(notice, "seen");
	went.onlyForward();

	await broker.clock.advance(mailAfterMs);
	assert.deepEqual(mails, []);
});

t.test("a customer who is away gets a mail after ten minutes, and the notice later", async (t) => {
	const { broker, notices, mails } = await open(t);

	const notice = await notices.tell("ann", "Your order has left.");
	await reached(notice, "sent");
	await broker.clock.advance(mailAfterMs - 60_000);
	assert.deepEqual(mails, [], "not a minute early");
	await broker.clock.advance(60_000);
	assert.deepEqual(mails, ["ann: Your order has left."]);

	await join(t, broker, "ann");
	await reached(notice, "delivered");
});

t.test("a broker that dies before the disk has it: the notice comes, once", async (t) => {
	const { broker, notices } = await open(t);
	const ann = await join(t, broker, "ann");
	await reached(await notices.tell("ann", "one"), "delivered");

	broker.disk.hold();
	const notice = await notices.tell("ann", "two");
	await remains(notice, "queued", { forMs: 100 });
	await broker.crash();
	await broker.start();

	await reached(notice, "delivered");
	const stored = await broker.history("ann~desk");
	assert.deepEqual(
		stored.map(({ text, status }) => [text, status]),
		[
			["one", "delivered"],
			["two", "delivered"],
		],
	);
	const held = ann.conversation("ann~desk").messages.snapshot();
	assert.deepEqual(
		held.map(({ text }) => text),
		["one", "two"],
	);
});

t.test("a customer in a tunnel has the notice when the train comes out", async (t) => {
	const { broker, notices } = await open(t);
	const train = await broker.addNetwork();
	await join(t, broker, "ann", train.url);

	train.partition();
	const notice = await notices.tell("ann", "Your order has left.");
	await reached(notice, "sent");
	await remains(notice, "sent", { forMs: 100 });
	train.heal();
	await reached(notice, "delivered");
});
