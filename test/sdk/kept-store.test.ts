// The store of the session layer on a disk: what is loaded is what was stored, a start reads no
// messages, and what an older or a newer version has kept.

import t from "tap";
import type { WireWatermark } from "../../src/protocol/frames.js";
import { row, text } from "../client/operations.js";
import { all, change, fill, picture, walk } from "./store-walk.js";
import { opened, TestDisk } from "./test-disk.js";

t.test("what is loaded is what was stored, after any walk of changes", async (t) => {
	for (let seed = 1; seed <= 20; seed += 1) {
		const random = walk(seed);
		const disk = new TestDisk();
		const store = await opened(disk);
		for (let step = 0; step < 120; step += 1) {
			change(store, random);
			if (random(4) === 0) await store.durable();
		}
		await store.durable();
		const loaded = await opened(disk);
		await all(loaded);
		t.same(picture(loaded), picture(store), `seed ${seed}`);
	}
});

t.test("durable waits for the write that has it, and writes gather meanwhile", async (t) => {
	const disk = new TestDisk();
	const store = await opened(disk);
	let release = () => {};
	disk.held = new Promise((resolve) => {
		release = resolve;
	});
	const before = disk.writes;
	store.enqueue("c1", text("one"));
	let durable = false;
	const first = store.durable().then(() => {
		durable = true;
	});
	await new Promise((resolve) => setImmediate(resolve));
	for (let i = 0; i < 50; i += 1) store.enqueue("c1", text(`more ${i}`));
	await new Promise((resolve) => setImmediate(resolve));
	t.equal(durable, false);
	release();
	await first;
	await store.durable();
	t.equal(disk.writes - before, 2);
	t.equal([...disk.kept.keys()].filter((key) => key.startsWith("q")).length, 51);
});

t.test("a disk that is full · said once, memory from then on, nobody waits for ever", async (t) => {
	const failures: unknown[] = [];
	const disk = new TestDisk();
	const store = await opened(disk, (cause) => failures.push(cause));
	disk.full = true;
	store.enqueue("c1", text("one"));
	await store.durable();
	store.enqueue("c1", text("two"));
	await store.durable();
	t.equal(failures.length, 1);
	t.equal(store.stream("c1")?.queue.length, 2);
});

t.test("a start reads no messages, a conversation only its own, and all in one go", async (t) => {
	const disk = new TestDisk();
	const first = await opened(disk);
	const names = Array.from({ length: 100 }, (_, at) => `c${at}`);
	for (const name of names) fill(first, name);
	await first.durable();
	const pages = [...disk.kept.keys()].filter((key) => key.startsWith("h"));
	t.ok(pages.length <= 4, `${names.length} conversations in ${pages.length} entries`);

	const store = await opened(disk);
	t.equal([...store.views()].length, names.length);
	t.same(store.glance("c7"), first.glance("c7"));
	t.match(store.glance("c7"), { unread: 2, last: { from: "bob", text: "m3" } });
	t.equal(store.view("c7")?.rows.size, 3, "how many there are is known");
	t.throws(() => store.view("c7")?.rows.get(1), "nobody takes them for missing");
	t.equal(disk.reads, 0);
	const reading = store.fetch(["c7"]);
	t.equal(store.fetch([]), null, "no business of others");
	await Promise.all([reading, store.fetch(["c7"])]);
	t.same(store.view("c7")?.rows.get(1), row(1));
	t.equal(store.fetch(["c7"]), null);
	t.equal(disk.reads, 1);
	await all(store);
	t.equal(disk.reads, 2);
	t.same(picture(store), picture(first));
});

t.test("what is forgotten while it is being read does not come back", async (t) => {
	const disk = new TestDisk();
	const first = await opened(disk);
	fill(first, "c1");
	await first.durable();
	const store = await opened(disk);
	const reading = store.fetch(["c1"]);
	store.change("c1", { clear: true, rows: [row(9)] });
	await reading;
	t.same([...(store.view("c1")?.rows.keys() ?? [])], [9]);
	await store.durable();
	const again = await opened(disk);
	await all(again);
	t.same([...(again.view("c1")?.rows.keys() ?? [])], [9]);
});

t.test("with many unread no count is kept: the messages tell", async (t) => {
	const disk = new TestDisk();
	const first = await opened(disk);
	fill(first, "few", 900);
	fill(first, "many", 1_100);
	await first.durable();
	const store = await opened(disk);
	t.equal(store.glance("few")?.unread, 899);
	t.equal(store.glance("many"), null);
});

t.test("a long text is kept whole, and shown in a list by its beginning", async (t) => {
	const disk = new TestDisk();
	const first = await opened(disk);
	const long = `${"x".repeat(199)}🦊 and so on`;
	const { ttlMs: _, clientTime: __, seenUpTo: ___, type: ____, ...body } = text(long);
	first.change("c1", { rows: [row(1, { body })], held: 1 });
	await first.durable();
	const store = await opened(disk);
	t.equal(store.glance("c1")?.last?.text, "x".repeat(199), "no half of a character");
	await store.fetch(["c1"]);
	t.same(store.view("c1")?.rows.get(1)?.body, body);
});

t.test("of a message that is only files the list knows what they are", async (t) => {
	const disk = new TestDisk();
	const first = await opened(disk);
	const file = { hash: new Uint8Array(32), ticket: new Uint8Array(0), size: 3, contentType: "a/b" };
	const { body } = row(1);
	const media = [{ ...file, name: "summit.jpg" }];
	const empty = { ...(body as NonNullable<typeof body>), content: new Uint8Array(0) };
	first.change("c1", { rows: [row(1, { body: { ...empty, media } })], held: 1 });
	await first.durable();
	const last = { from: "bob", text: "", media };
	t.match((await opened(disk)).glance("c1")?.last, last);
});

t.test("watermarks of a large group are kept as well", async (t) => {
	const disk = new TestDisk();
	const first = await opened(disk);
	const mark = (user: string, seen: number): WireWatermark => {
		return { user, delivered: seen, deliveredAt: 1, seen, seenAt: 2 };
	};
	for (let at = 0; at < 40; at += 1) {
		first.change("c1", { watermarks: [mark(`u${at}`, at)] });
		if (at % 10 === 0) await first.durable();
	}
	first.change("c1", { watermarks: [mark("u0", 50)] });
	await first.durable();
	t.same(picture(await opened(disk)), picture(first));
	first.change("c1", { clear: true, watermarks: [mark("u1", 3)] });
	await first.durable();
	t.same(picture(await opened(disk)), picture(first));
});

t.test("messages that cannot be read · said once, nothing is written any more", async (t) => {
	const disk = new TestDisk();
	const first = await opened(disk);
	fill(first, "c1");
	await first.durable();
	const failures: unknown[] = [];
	const store = await opened(disk, (cause) => failures.push(cause));
	disk.broken = true;
	await store.fetch(["c1"]);
	t.equal(failures.length, 1);
	const { writes } = disk;
	store.change("c1", { rows: [row(4)] });
	await store.durable();
	t.equal(disk.writes, writes, "what is on the disk stays as it is");
	t.same(store.view("c1")?.rows.get(4), row(4));
});

t.test(
	"kept by an older version · the queue goes on, conversations are asked for again",
	async (t) => {
		const disk = new TestDisk();
		const first = await opened(disk);
		const item = first.enqueue("c1", text("waits"));
		first.listed();
		first.keep("note0", 7);
		await first.durable();
		const { identity, refs } = disk.kept.get("i") as { identity: object; refs: number };
		disk.kept.set("i", { identity, refs });
		for (const key of ["v\0c1", "r\0c1\x000", "w\0c1\0bob"]) disk.kept.set(key, { some: "thing" });

		const store = await opened(disk);
		t.same(store.stream("c1")?.queue, [item]);
		t.equal(store.note("note0"), 7);
		t.same([...store.views()], []);
		t.same(store.identity(), { ...first.identity(), listed: false });
		t.same(
			[...disk.kept.keys()].filter((key) => /^[vrw]/.test(key)),
			[],
			"nothing is left of it",
		);
		store.listed();
		await store.durable();
		t.equal((await opened(disk)).identity().listed, true, "once");
	},
);

t.test("kept by a newer version · left alone", async (t) => {
	const disk = new TestDisk();
	await opened(disk);
	disk.kept.set("i", { ...(disk.kept.get("i") as object), format: 99 });
	const before = structuredClone(disk.kept);
	await t.rejects(opened(disk), /newer version/);
	t.same(disk.kept, before);
});
