// The broker of the test kit: real in every part, and what a test may do to it.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import t from "tap";
import { systemClock } from "../../src/base/clock.js";
import { Device, freshNames, MemoryStore, nodeConnect } from "../../src/client/index.js";
import type { WriteCommand } from "../../src/protocol/frames.js";
import {
	eventually,
	passes,
	startBroker,
	type TestBroker,
	testClock,
} from "../../src/testing/index.js";
import { text } from "../helpers/wire-client.js";

const day = 24 * 3_600_000;

/** A device that stays connected; it confirms what it gets. */
async function phone(
	t: { teardown(run: () => unknown): void },
	broker: TestBroker,
	user: string,
	url = broker.url,
): Promise<Device> {
	const device = new Device({
		connect: nodeConnect(url),
		token: await broker.token(user),
		store: new MemoryStore(freshNames(systemClock)),
		backOff: { baseMs: 20, maxMs: 100 },
	});
	device.start();
	t.teardown(() => device.stop());
	await eventually(() => device.ready);
	return device;
}

async function open(t: { teardown(run: () => unknown): void }, options = {}): Promise<TestBroker> {
	const broker = await startBroker({ users: ["ann", "bob"], ...options });
	t.teardown(() => broker.close());
	return broker;
}

async function talk(ann: Device): Promise<string> {
	return (await ann.request<"open">({ type: "open", user: "bob" })).conversation;
}

async function texts(broker: TestBroker, conversation: string): Promise<(string | null)[]> {
	return (await broker.history(conversation)).map((message) => message.text);
}

t.test("what is said is delivered, and read as the server has it", async (t) => {
	const broker = await open(t);
	const ann = await phone(t, broker, "ann");
	await phone(t, broker, "bob");
	ann.write(await talk(ann), text("hello"));
	await eventually(async () => (await broker.history("bob~ann"))[0]?.status === "delivered");
	const [message, ...more] = await broker.history("ann~bob");
	t.match(message, { seq: 1, sender: "ann", text: "hello", state: "live" });
	t.equal(more.length, 0);
	const conversation = await broker.conversation("ann~bob");
	t.match(conversation, { head: 1, members: [{ user: "ann" }, { user: "bob", delivered: 1 }] });
	t.match(await broker.user("BOB"), { id: "bob", devices: [{ fresh: false }] });
	t.strictSame(await broker.history("ann~nobody"), []);
	t.equal(await broker.conversation("nowhere"), null);
	t.equal(await broker.user("nobody"), null);
});

t.test("a crash loses what was not synced; the next life has the same address", async (t) => {
	const broker = await open(t);
	const { url } = broker;
	const ann = await phone(t, broker, "ann");
	const conversation = await talk(ann);
	ann.write(conversation, text("synced"));
	await eventually(async () => (await texts(broker, conversation)).length === 1);
	broker.disk.hold();
	ann.write(conversation, text("held"));
	const connected = () => broker.broker.admin.ps().then(({ gateway }) => gateway.ready);
	t.equal(await connected(), 1);
	await broker.crash();
	await eventually(() => !ann.ready);
	t.throws(() => broker.broker, { code: "UNAVAILABLE" });
	ann.stop();
	await broker.start();
	t.equal(broker.url, url);
	t.strictSame(await texts(broker, conversation), ["synced"], "it never was acknowledged");
	ann.start();
	// Sent again, and stored once.
	await passes(async () => assert.deepEqual(await texts(broker, conversation), ["synced", "held"]));
});

t.test("a crash is no orderly end: the folder says that it was left in the middle", async (t) => {
	const broker = await open(t);
	const phase = () => JSON.parse(readFileSync(`${broker.data}/journal.json`, "utf8")).phase;
	await broker.crash();
	t.equal(phase(), "serving");
	t.notOk(existsSync(`${broker.data}/journal.lock`), "the folder is free");
	await broker.start();
	t.equal(broker.broker.admin.journal.boot, 2);
	await broker.stop();
	t.equal(phase(), "closed");
});

t.test("twelve lives, and nothing twice", async (t) => {
	const broker = await open(t);
	const ann = await phone(t, broker, "ann");
	await phone(t, broker, "bob");
	const conversation = await talk(ann);
	const said: string[] = [];
	for (let life = 1; life <= 12; life += 1) {
		const command: WriteCommand = text(`m${life}`);
		said.push(`m${life}`);
		ann.write(conversation, command);
		if (life % 3 === 0) await eventually(() => ann.ready);
		await broker.crash();
		await broker.start();
	}
	await passes(async () => assert.deepEqual(await texts(broker, conversation), said));
	await eventually(async () => (await broker.history(conversation)).at(-1)?.status === "delivered");
});

t.test("a failed commit is told, and the client says it again", async (t) => {
	const broker = await open(t);
	const ann = await phone(t, broker, "ann");
	const conversation = await talk(ann);
	for (const how of ["present", "absent"] as const) {
		broker.disk.failNext(how);
		ann.write(conversation, text(how));
		await eventually(async () => (await broker.broker.admin.ps()).commit.state === "failed");
		await eventually(async () => (await texts(broker, conversation)).includes(how));
	}
	t.strictSame(await texts(broker, conversation), ["present", "absent"]);
});

t.test("one client's network fails and the others' does not", async (t) => {
	const broker = await open(t);
	const link = await broker.link();
	const ann = await phone(t, broker, "ann");
	const bob = await phone(t, broker, "bob", link.url);
	const conversation = await talk(ann);
	link.down();
	await eventually(() => !bob.ready);
	ann.write(conversation, text("are you there?"));
	await eventually(async () => (await broker.history(conversation))[0]?.status === "sent");
	t.ok(ann.ready);
	link.heal();
	await eventually(async () => (await broker.history(conversation))[0]?.status === "delivered");
});

t.test("clients stay connected while minutes pass", async (t) => {
	const broker = await open(t);
	const ann = await phone(t, broker, "ann");
	const conversation = await talk(ann);
	await broker.clock.advance(8 * 60_000);
	t.ok(ann.ready);
	const { gateway } = await broker.broker.admin.ps();
	t.ok(gateway.pings > 4, `${gateway.pings} pings`);
	t.equal(gateway.cut, 0);
	ann.write(conversation, text("still here"));
	await eventually(async () => (await texts(broker, conversation)).length === 1);
});

t.test("a message with a life ends when the clock says so, and tokens do too", async (t) => {
	const broker = await open(t);
	const ann = await phone(t, broker, "ann");
	const conversation = await talk(ann);
	ann.write(conversation, text("for a day", { ttlMs: day }));
	await eventually(async () => (await texts(broker, conversation)).length === 1);
	await broker.clock.jump(day - 60_000);
	t.match(await broker.history(conversation), [{ state: "live" }]);
	await broker.clock.jump(60_000);
	await eventually(async () => (await broker.history(conversation))[0]?.state === "expired");
	t.ok(ann.ready, "whose token is good for years");
	const guest = new Device({
		connect: nodeConnect(broker.url),
		token: await broker.token("guest", { ttlMs: 60_000 }),
		store: new MemoryStore(freshNames(systemClock)),
	});
	t.teardown(() => guest.stop());
	guest.start();
	await eventually(() => guest.ready);
	await broker.clock.jump(70_000);
	await eventually(() => !guest.ready);
});

t.test("a clock that stands stamps the same moment, and ends all the same", async (t) => {
	const clock = testClock({ startAt: Date.UTC(2030, 0, 1), running: false });
	const broker = await open(t, { clock });
	const ann = await phone(t, broker, "ann");
	const conversation = await talk(ann);
	ann.write(conversation, text("one"));
	ann.write(conversation, text("two"));
	await eventually(async () => (await texts(broker, conversation)).length === 2);
	const stamps = (await broker.history(conversation)).map(({ at }) => at);
	t.strictSame(stamps, [Date.UTC(2030, 0, 1), Date.UTC(2030, 0, 1)]);
});

t.test("the host's own judge of tokens is asked", async (t) => {
	const broker = await open(t, {
		authenticate: (token: string) => (token === "key-of-ann" ? { user: "ann" } : null),
	});
	await t.rejects(broker.token("ann"), TypeError);
	const ann = new Device({
		connect: nodeConnect(broker.url),
		token: "key-of-ann",
		store: new MemoryStore(freshNames(systemClock)),
	});
	t.teardown(() => ann.stop());
	ann.start();
	await eventually(() => ann.ready);
});

t.test("the folder goes with the broker, unless it was given", async (t) => {
	let folder = "";
	{
		await using broker = await startBroker();
		folder = broker.data;
		t.ok(existsSync(folder));
	}
	t.notOk(existsSync(folder));
	const data = t.testdir();
	const kept = await startBroker({ config: { data }, users: ["ann"] });
	await kept.crash();
	await kept.close();
	const again = await startBroker({ config: { data } });
	t.match(await again.user("ann"), { id: "ann" });
	await again.close();
	t.ok(existsSync(`${data}/journal.json`));
});

t.test("a start that fails leaves nothing behind", async (t) => {
	const holder = await open(t);
	await t.rejects(startBroker({ config: { data: holder.data } }), { code: "DATA_LOCKED" });
	const { port } = holder.network;
	await t.rejects(startBroker({ config: { port } }), { code: "EADDRINUSE" });
});
