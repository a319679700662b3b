// What a crash of the test kit takes away, and what it leaves: as a kill of the process would.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import t from "tap";
import type { WriteCommand } from "../../src/protocol/frames.js";
import { eventually, passes, type TestClock, testClock } from "../../src/testing/index.js";
import { text } from "../helpers/wire-client.js";
import { open, phone, talk, texts } from "./phone.js";

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

t.test("a broker that has crashed does nothing more, whatever time passes", async (t) => {
	const lines: string[] = [];
	const broker = await open(t, { log: (_, event) => lines.push(event) });
	const ann = await phone(t, broker, "ann");
	const conversation = await talk(ann);
	const { disk } = broker;
	disk.hold();
	ann.write(conversation, text("held"));
	await eventually(async () => (await broker.broker.admin.ps()).gateway.ready === 1);
	await broker.crash();
	ann.stop();
	lines.length = 0;
	disk.proceed();
	await broker.clock.advance(60_000);
	t.strictSame(lines, []);
	await broker.start();
	t.strictSame(await texts(broker, conversation), []);
});

/** A clock that tells how many periods run on it. */
function counting(): { clock: TestClock; periods(): number } {
	const inner = testClock();
	const running = new Set<object>();
	const every: TestClock["every"] = (periodMs, run) => {
		const timer = inner.every(periodMs, run);
		running.add(timer);
		return {
			cancel() {
				running.delete(timer);
				timer.cancel();
			},
		};
	};
	const clock = new Proxy(inner, {
		get(target, name: keyof TestClock) {
			const own = target[name];
			return name === "every" ? every : typeof own === "function" ? own.bind(target) : own;
		},
	});
	return { clock, periods: () => running.size };
}

t.test("lives leave no timers to each other", async (t) => {
	const { clock, periods } = counting();
	const broker = await open(t, { clock });
	const ofOne = periods();
	t.ok(ofOne > 2, `${ofOne}`);
	await broker.crash();
	t.equal(periods(), 0);
	await broker.start();
	t.equal(periods(), ofOne);
	await broker.stop();
	t.equal(periods(), 0);
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
