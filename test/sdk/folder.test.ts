// A folder as storage: what was queued is there after a kill, one process at a time, and a disk
// that fails is said and got over.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { systemClock } from "../../src/base/clock.js";
import { freshNames, type MemoryStore } from "../../src/client/memory-store.js";
import type { WireMessage } from "../../src/protocol/frames.js";
import type { ClientError, Message } from "../../src/sdk/index.js";
import { type Batch, type Disk, KeptStore } from "../../src/sdk/kept-store.js";
import { row, text } from "../client/operations.js";
import { tempFolder } from "../helpers/server-process.js";
import { tokenFor } from "../helpers/wire-client.js";
import { connected, Party, texts, value } from "./party.js";

function folderOf(t: { teardown(run: () => void): unknown }): string {
	const folder = tempFolder("colloquy-client-");
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

t.test("closed and opened again · the same history, unread, and queue", async (t) => {
	const party = await Party.start(t);
	const store = folderOf(t);
	const { talk: bobs } = await party.pair("bob", "ann");
	await bobs.send("one").reached("delivered");
	const first = party.client("ann", { store });
	await connected(first);
	t.match(first.storage.snapshot(), { durable: true, error: null });
	const talk = first.conversation("ann~bob");
	await talk.older();
	await talk.send("two").reached("sent");
	await bobs.send("three").reached("delivered");
	await value(talk.messages, (list) => list.length === 3);
	party.line(first).break();
	await value(first.state, ({ type }) => type === "waiting");
	const queued = talk.send("four");
	await queued.reached("queued");
	const before = talk.messages.snapshot().map(({ seq, text }) => [seq, text]);
	const unread = talk.unread.snapshot();
	await first.close();

	const second = party.client("ann", { store });
	party.line(second).broken = true;
	const again = second.conversation("ann~bob");
	const list = await value(again.messages, ({ length }) => length === 4);
	t.same(
		list.map(({ seq, text }) => [seq, text]),
		before,
	);
	t.equal(second.user, "ann", "known without a connection");
	t.equal(again.unread.snapshot(), unread);
	t.equal(list[3]?.status, "queued");
	t.equal(second.state.snapshot().queued, 1);
	party.line(second).broken = false;
	second.retry();
	await list[3]?.reached("sent");
	await value(bobs.messages, (list) => list.length === 4);
	t.same(texts(bobs.messages.snapshot()), ["one", "two", "three", "four"]);
});

const sdk = new URL("../../src/sdk/index.js", import.meta.url).href;

/** A client of its own process, which says what it has queued as soon as that is durable. */
const program = `
	import { connect } from ${JSON.stringify(sdk)};
	const [url, token, store, count, online] = process.argv.slice(1);
	const transport = online === "online" ? {} : { transport: () => Promise.reject(new Error("no")) };
	const client = connect({ url, token, store, ...transport });
	client.on("error", () => {});
	client.on("state", ({ type, reason }) => console.log("state", type, reason?.message ?? ""));
	const talk = client.conversation("ann~bob");
	for (let i = 1; i <= Number(count); i += 1) {
		talk.send("m" + i).reached("queued").then(() => console.log("queued", i));
	}
`;

interface Program {
	readonly child: ChildProcess;
	readonly pid: number;
	readonly lines: string[];
	until(line: RegExp): Promise<string>;
	kill(): Promise<unknown>;
}

function run(...args: string[]): Program {
	const child = spawn(process.execPath, ["--input-type=module", "-e", program, ...args], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	const lines: string[] = [];
	let rest = "";
	child.stdout.on("data", (data) => {
		const parts = (rest + String(data)).split("\n");
		rest = parts.pop() ?? "";
		lines.push(...parts);
	});
	return {
		child,
		pid: child.pid ?? 0,
		lines,
		async until(line) {
			for (;;) {
				const found = lines.find((one) => line.test(one));
				if (found !== undefined) return found;
				if (child.exitCode !== null) throw new Error(`it ended after: ${lines.join(" / ")}`);
				await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
			}
		},
		kill() {
			const ended = child.exitCode !== null || child.signalCode !== null;
			child.kill("SIGKILL");
			return ended ? Promise.resolve() : once(child, "exit");
		},
	};
}

t.test("killed while offline · what was told to be queued goes out once, in order", async (t) => {
	const party = await Party.start(t);
	const { other, ann } = await party.pair();
	await ann.close();
	const store = folderOf(t);
	const token = await tokenFor(party.data, "ann");
	const killed = run(party.url, token, store, "30", "offline");
	await killed.until(/^queued 30$/);
	await killed.kill();
	const half = run(party.url, token, store, "0", "online");
	await half.until(/^state connected/);
	await half.kill();
	const client = party.client("ann", { store });
	await connected(client);
	const list = await value(other.messages, ({ length }) => length >= 30);
	t.same(
		texts(list),
		Array.from({ length: 30 }, (_, at) => `m${at + 1}`),
	);
});

t.test("two on one folder · the second is refused and names the holder", async (t) => {
	const party = await Party.start(t);
	await party.provision("bob");
	const store = folderOf(t);
	const token = await tokenFor(party.data, "ann");
	const holder = run(party.url, token, store, "0", "offline");
	t.teardown(() => holder.kill());
	await holder.until(/^state waiting/);
	const second = party.client("ann", { store });
	const message = second.conversation("ann~bob").send("never");
	const { reason } = await value(second.state, ({ type }) => type === "closed");
	t.equal(reason?.code, "DATA_LOCKED");
	t.match(reason?.message, `process ${holder.pid}`);
	await t.rejects(message.reached("sent"), { code: "CLOSED" } satisfies Partial<ClientError>);
	await holder.kill();
	const third = party.client("ann", { store });
	await connected(third);
	const here = party.client("ann", { store });
	const { reason: own } = await value(here.state, ({ type }) => type === "closed");
	t.match(own?.message, `process ${process.pid}`, "nor twice in one process");
});

t.test("no folder to be had · memory instead, and that is said", async (t) => {
	const party = await Party.start(t);
	await party.provision("bob");
	const folder = folderOf(t);
	writeFileSync(join(folder, "file"), "");
	const client = party.client("ann", { store: join(folder, "file", "below") });
	const states: unknown[] = [];
	client.on("storage", (state) => states.push(state));
	const talk = await client.open("bob");
	await talk.send("still works").reached("sent");
	t.match(client.storage.snapshot(), { durable: false, error: { code: "STORAGE_FAILED" } });
	t.equal(states.length, 1);
});

function unexpected(cause: unknown): never {
	throw cause;
}

/** A disk in memory that a test can fill up, and whose writes it can hold. */
class TestDisk implements Disk {
	readonly kept = new Map<string, unknown>();
	full = false;
	writes = 0;
	held: Promise<void> = Promise.resolve();

	async load() {
		return structuredClone([...this.kept]);
	}

	rows(value: unknown) {
		const all = value as WireMessage[];
		const last = all.at(-1);
		return { newest: (seq: number) => (last?.seq === seq ? last : undefined), all: () => all };
	}

	async write({ put, remove, clear }: Batch) {
		await this.held;
		if (this.full) throw new Error("no space left");
		this.writes += 1;
		for (const below of clear) {
			for (const key of [...this.kept.keys()]) if (key.startsWith(below)) this.kept.delete(key);
		}
		for (const key of remove) this.kept.delete(key);
		for (const [key, value] of put) this.kept.set(key, structuredClone(value));
	}

	async close() {}
}

t.test("what is loaded is what was stored, after any walk of changes", async (t) => {
	for (let seed = 1; seed <= 20; seed += 1) {
		const random = walk(seed);
		const disk = new TestDisk();
		const store = await KeptStore.open(disk, systemClock, unexpected);
		for (let step = 0; step < 120; step += 1) {
			change(store, random);
			if (random(4) === 0) await store.durable();
		}
		await store.durable();
		const loaded = await KeptStore.open(disk, systemClock, unexpected);
		t.same(picture(loaded), picture(store), `seed ${seed}`);
	}
});

function walk(seed: number): (bound: number) => number {
	let state = seed;
	return (bound) => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((state / 2 ** 32) * bound);
	};
}

function change(store: MemoryStore, random: (bound: number) => number): void {
	const conversation = ["c1", "c2", "c3"][random(3)] as string;
	const place = random(8) === 0 ? null : conversation;
	const stream = store.stream(place);
	const n = (stream?.answered ?? 0) + 1 + random(4);
	const rows = [row(1 + random(100), { changed: random(100) })];
	const mark = { user: `u${random(3)}`, delivered: random(9), deliveredAt: 1, seen: 0, seenAt: 0 };
	switch (random(9)) {
		case 0:
			store.began({
				current: random(100),
				generation: random(100),
				epoch: random(10) === 0 ? `e${random(3)}` : "e1",
			});
			break;
		case 1:
			store.listed();
			break;
		case 2:
		case 3:
			store.enqueue(place, text(`t${random(1_000)}`));
			break;
		case 4:
			store.settle(place, n);
			break;
		case 5:
			store.change(conversation, { rows, watermarks: [mark], clear: random(10) === 0 });
			break;
		case 6:
			store.settleWith(conversation, n, { rows, position: random(100) });
			break;
		case 7:
			if (random(3) === 0) {
				const { device, outbox } = freshNames(systemClock);
				store.fork([{ device }, { outbox }, { device, outbox }][random(3)] ?? {});
			} else store.moved(place, new Set([random(50)]));
			break;
		default:
			store.keep(`note${random(3)}`, { some: random(100) });
	}
}

/** Everything that can be read, as plain data. */
function picture(store: MemoryStore): unknown {
	return {
		identity: store.identity(),
		streams: [...store.streams()]
			.map((stream) => ({ ...stream, queue: [...stream.queue] }))
			.sort(by),
		views: [...store.views()]
			.map((view) => ({
				...view,
				rows: [...view.rows.values()].sort((one, two) => one.seq - two.seq),
				watermarks: [...view.watermarks.values()].sort((one, two) =>
					one.user < two.user ? -1 : 1,
				),
			}))
			.sort(by),
		moving: [...store.moving()].map((place) => [place, [...store.movingOf(place)]]).sort(),
		notes: ["note0", "note1", "note2"].map((name) => store.note(name)),
	};
}

function by(one: { conversation: string | null }, two: { conversation: string | null }): number {
	return (one.conversation ?? "") < (two.conversation ?? "") ? -1 : 1;
}

t.test("durable waits for the write that has it, and writes gather meanwhile", async (t) => {
	const disk = new TestDisk();
	const store = await KeptStore.open(disk, systemClock, unexpected);
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
	const store = await KeptStore.open(disk, systemClock, (cause) => failures.push(cause));
	disk.full = true;
	store.enqueue("c1", text("one"));
	await store.durable();
	store.enqueue("c1", text("two"));
	await store.durable();
	t.equal(failures.length, 1);
	t.equal(store.stream("c1")?.queue.length, 2);
});

t.test("nothing is said before what it rests on is durable", async (t) => {
	const party = await Party.start(t);
	await party.provision("bob");
	const store = folderOf(t);
	const client = party.client("ann", { store });
	const talk = await client.open("bob");
	const order: string[] = [];
	const messages: Message[] = Array.from({ length: 20 }, (_, at) => talk.send(`m${at}`));
	await Promise.all(
		messages.flatMap((message, at) => [
			message.reached("queued").then(() => order.push(`queued ${at}`)),
			message.reached("sent").then(() => order.push(`sent ${at}`)),
		]),
	);
	for (let at = 0; at < 20; at += 1) {
		t.ok(order.indexOf(`queued ${at}`) < order.indexOf(`sent ${at}`), `${at}`);
	}
});
