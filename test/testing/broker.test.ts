// The broker of the test kit: real in every part, and what a test may do to it.

import { existsSync } from "node:fs";
import t from "tap";
import { systemClock } from "../../src/base/clock.js";
import { Device, freshNames, MemoryStore, nodeConnect } from "../../src/client/index.js";
import { eventually, startBroker, testClock } from "../../src/testing/index.js";
import { text } from "../helpers/wire-client.js";
import { open, phone, talk, texts } from "./phone.js";

const day = 24 * 3_600_000;

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

t.test("one client's network fails and the others' does not", async (t) => {
	const broker = await open(t);
	const tunnel = await broker.addNetwork();
	const ann = await phone(t, broker, "ann");
	const bob = await phone(t, broker, "bob", tunnel.url);
	const conversation = await talk(ann);
	tunnel.down();
	await eventually(() => !bob.ready);
	ann.write(conversation, text("are you there?"));
	await eventually(async () => (await broker.history(conversation))[0]?.status === "sent");
	t.ok(ann.ready);
	tunnel.heal();
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
	await broker.stop();
	t.notOk(clock.running, "it stands again");
	await broker.start();
	t.equal((await broker.history(conversation)).length, 2);
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
