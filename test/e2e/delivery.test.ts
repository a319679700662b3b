// What is said while the receiver is not there, or seems to be, reaches it once and in order.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import { systemClock } from "../../src/base/clock.js";
import { Device } from "../../src/client/device.js";
import { freshNames, MemoryStore } from "../../src/client/memory-store.js";
import { nodeConnect } from "../../src/client/node-transport.js";
import { startBroker } from "../helpers/broker.js";
import { startServer } from "../helpers/server-process.js";
import { text, tokenFor, type WireClient } from "../helpers/wire-client.js";
import {
	comeBack,
	moved,
	numbered,
	type Place,
	pour,
	pullAll,
	readAll,
	receiptsOf,
	said,
	sign,
	until,
	write,
} from "./talk.js";

async function couple(at: Place): Promise<[WireClient, WireClient, string]> {
	const bob = await sign(at, "bob");
	const ann = await sign(at, "ann");
	return [ann, bob, await ann.open("bob")];
}

/** Bob is back: what is marked is pulled from where the device was, and confirmed. */
async function catchUp(bob: WireClient, conversation: string, position: number) {
	t.match(await bob.next("marks"), { marks: [{ conversation }], last: true });
	bob.say({ type: "held", held: [{ conversation, position }] });
	const { messages, position: now } = await pullAll(bob, conversation, position);
	const seq = messages.at(-1)?.seq ?? 0;
	if (seq > 0) bob.say({ type: "delivered", conversation, seq });
	return { bodies: messages.map(said), position: now };
}

// C001
for (const when of ["before", "after"] as const) {
	t.test(`a black-holed receiver who is back ${when} the dead socket is cut`, async (t) => {
		const it = await startBroker(
			when === "after" ? { pingMs: 1_000, gatewaySweepMs: 50, closeMs: 100 } : {},
		);
		t.teardown(() => it.discard());
		const [ann, bob, conversation] = await couple(it);
		t.match(await bob.match((op) => op.type === "changed"), { change: { type: "created" } });
		// No more reads, no FIN: for the server bob is still there.
		bob.socket.pause();
		for (const n of [1, 2, 3]) {
			await write(ann, conversation, n, text(`m${n}`));
			await pause(100);
		}
		if (when === "after") await pause(4_000);
		const { gateway } = await it.broker.admin.ps();
		t.equal(gateway.ready, when === "after" ? 1 : 2);
		t.same(await receiptsOf(ann, conversation, 1), { delivered: 0, seen: 0 }, "sent, no more");
		t.notOk(
			ann.received.some((op) => op.type === "status"),
			"bytes in a socket confirm nothing",
		);
		const again = await comeBack(it, bob);
		t.same((await catchUp(again, conversation, 1)).bodies, numbered(1, 3), "once, in order");
		await ann.match(moved("bob", 3, 0));
		t.same(
			again.received.filter((op) => op.type === "message"),
			[],
			"nothing comes a second time by a push",
		);
	});
}

// C002
t.test("what a black-holed receiver did not take survives kill -9 of the server", async (t) => {
	let server = await startServer();
	t.teardown(() => server.discard());
	const [ann, bob, conversation] = await couple(server);
	await bob.match((op) => op.type === "changed");
	bob.socket.pause();
	for (const n of [1, 2, 3]) await write(ann, conversation, n, text(`m${n}`));
	await pause(500);
	await server.kill();
	server = await server.restart();
	const author = await comeBack(server, ann);
	t.same(await receiptsOf(author, conversation, 3), { delivered: 0, seen: 0 });
	const again = await comeBack(server, bob);
	t.same((await catchUp(again, conversation, 1)).bodies, numbered(1, 3));
	await author.match(moved("bob", 3, 0));
});

// C003
t.test("a device that never received anything resumes from nothing", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const bob = await sign(it, "bob");
	t.match(await bob.next("marks"), { marks: [], last: true });
	bob.cut();
	const ann = await sign(it, "ann");
	const conversation = await ann.open("bob");
	await write(ann, conversation, 1, text("m1"));
	const second = await comeBack(it, bob);
	const first = await catchUp(second, conversation, 0);
	t.same(first.bodies, ["m1"]);
	second.cut();
	const third = await comeBack(it, second);
	t.same((await catchUp(third, conversation, first.position)).bodies, []);
	third.cut();
	const fourth = await comeBack(it, third);
	t.match(await fourth.next("marks"), { marks: [], last: true }, "and then nothing is behind");
});

// C005
t.test("a position beyond what the server knows is one reset, never a tail", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const [ann, bob, conversation] = await couple(it);
	await pour(
		ann,
		conversation,
		1,
		numbered(1, 7).map((one) => text(one)),
	);
	const beyond = { type: "pull", conversation, position: 999, until: null, limit: 10 } as const;
	t.match(await bob.ask({ ...beyond, fresh: false }), { type: "error", code: "RESET" });
	const list = await bob.ask({ type: "list", cursor: null, limit: 10 });
	t.match(list, { result: { entries: [{ conversation, head: 7, start: 1, unread: 7 }] } });
	t.same((await pullAll(bob, conversation, 1)).messages.map(said), numbered(1, 7));
	const again = await it.restart();
	t.teardown(() => again.discard());
	const later = await comeBack(again, bob);
	t.equal(later.welcome.epoch, bob.welcome.epoch, "an orderly restart is the same history");
});

// C005
t.test("another history is begun from the list once, by a device of the old one", async (t) => {
	let server = await startServer({ env: { COLLOQUY_DURABILITY: "os" } });
	t.teardown(() => server.discard());
	const ann = await sign(server, "ann");
	const phases: string[] = [];
	const resets: (string | null)[] = [];
	const device = new Device({
		connect: nodeConnect(server.url),
		token: await tokenFor(server.data, "bob"),
		store: new MemoryStore(freshNames(systemClock)),
		backOff: { baseMs: 50, maxMs: 200 },
		events: {
			phase: ({ type }) => phases.push(type),
			reset: (conversation) => resets.push(conversation),
		},
	});
	t.teardown(() => device.stop());
	device.start();
	await until("bob is here", () => device.ready);
	const conversation = await ann.open("bob");
	await pour(
		ann,
		conversation,
		1,
		numbered(1, 7).map((one) => text(one)),
	);
	const bodies = () =>
		[...(device.store.view(conversation)?.rows.values() ?? [])]
			.sort((one, other) => one.seq - other.seq)
			.map(said);
	await until("bob has all", () => bodies().length === 7);
	const { epoch } = device.store.identity();
	await server.kill();
	// As after a power cut of the machine: what was not synced may be lost.
	const path = join(server.data, "journal.json");
	const marker = JSON.parse(readFileSync(path, "utf8"));
	writeFileSync(path, JSON.stringify({ ...marker, machineBoot: "another" }));
	phases.length = 0;
	server = await server.restart();
	await until("bob is back", () => device.ready && device.store.identity().listed);
	t.not(device.store.identity().epoch, epoch);
	t.ok(resets.includes(null), "the application is told");
	const again = await comeBack(server, ann);
	await write(again, conversation, 8, text("m8"));
	// From where delivery stands by itself; older ones as far as somebody looks.
	await until("bob has what is new", () => bodies().includes("m8"));
	await device.history(conversation, null, 50);
	t.same(bodies(), numbered(1, 8));
	t.equal(phases.filter((phase) => phase === "ready").length, 1, "no loop");
});

// C006
t.test("twenty sends cut off after the tenth are stored once each and in order", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const [ann, , conversation] = await couple(it);
	const commands = numbered(1, 20).map((one) => text(one));
	for (const [i, command] of commands.slice(0, 10).entries()) {
		ann.write(conversation, i + 1, 0, command);
	}
	await new Promise<void>((sent) => ann.socket.ping(undefined, undefined, () => sent()));
	ann.cut();
	const again = await comeBack(it, ann);
	for (const [i, command] of commands.entries()) again.write(conversation, i + 1, 0, command);
	for (const i of commands.keys()) {
		t.match(await again.outcome(conversation, i + 1), { type: "answer", seq: i + 1 });
	}
	t.same((await readAll(again, conversation)).map(said), numbered(1, 20));
});
