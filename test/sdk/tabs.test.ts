// Tabs of one database: what the one that leads sends the others, and that their stores stay the
// same, in this process with locks that are made here; real tabs are in `test/browser`.

import { BroadcastChannel } from "node:worker_threads";
import t, { type Test } from "tap";
import { systemClock } from "../../src/base/clock.js";
import type { LazyStore } from "../../src/sdk/lazy-store.js";
import type { Said } from "../../src/sdk/tab-words.js";
import { Tabs } from "../../src/sdk/tabs.js";
import { row } from "../client/operations.js";
import { eventually } from "./party.js";
import { all, change, fill, picture, walk } from "./store-walk.js";
import { opened, TestDisk } from "./test-disk.js";

/** The holders of each lock, one after the other. */
const queues = new Map<string, Promise<unknown>>();

function request(name: string, run: () => Promise<unknown>): Promise<unknown> {
	const held = (queues.get(name) ?? Promise.resolve()).then(run);
	queues.set(
		name,
		held.catch(() => {}),
	);
	return held;
}

Object.defineProperty(globalThis, "navigator", { value: { locks: { request } } });

function unexpected(cause: unknown): never {
	throw cause;
}

class Window {
	/** What was said by any tab. */
	readonly said: Said[] = [];
	readonly disk = new TestDisk();
	private readonly name: string;

	constructor(t: Test) {
		this.name = t.name;
		const spy = new BroadcastChannel(`colloquy:${this.name}`);
		spy.onmessage = (event) => this.said.push((event as { readonly data: Said }).data);
		t.teardown(() => spy.close());
	}

	async tab(t: Test): Promise<Tabs> {
		const options = { clock: systemClock, onFailed: unexpected };
		const tab = new Tabs(this.name, () => opened(this.disk), options);
		t.teardown(() => tab.close());
		await tab.join(this.name);
		return tab;
	}
}

t.test("a second tab is sent heads, and rows of what it looks at", async (t) => {
	const window = new Window(t);
	const store = await opened(window.disk);
	for (let at = 0; at < 60; at += 1) fill(store, `c${at}`, 50);
	await store.durable();
	const first = await window.tab(t);
	const second = await window.tab(t);
	t.equal(window.disk.reads, 0, "nobody needed a message");
	await eventually(() => window.said.some(({ type }) => type === "image"));
	const image = window.said.find(({ type }) => type === "image");
	t.same(new Set(textsIn(image)), new Set(["m3"]), "of messages only what the list shows");
	t.equal([...second.store.views()].length, 60);
	t.match(glanceIn(second, "c7"), { unread: 49, last: { text: "m50" } });
	t.same(glanceIn(second, "c7"), glanceIn(first, "c7"));
	t.throws(() => second.store.view("c7")?.rows.get(1), "nobody takes them for missing");
	await second.store.fetch(["c7"]);
	t.equal(second.store.view("c7")?.rows.size, 50);
	t.equal(window.disk.reads, 1);
	t.equal(second.store.fetch(["c7"]), null);
	await first.store.fetch(["c8"]);
	first.store.change("c8", { rows: [row(51)], held: 51 });
	await eventually(() => glanceIn(second, "c8") === null);
	await second.store.fetch(["c8"]);
	t.same(second.store.view("c8")?.rows.get(51), row(51), "what came meanwhile is among them");
});

function glanceIn({ store }: Tabs, conversation: string) {
	return (store as LazyStore).glance(conversation);
}

/** Texts of all messages in there, however deep. */
function textsIn(value: unknown): string[] {
	if (value instanceof Uint8Array) {
		const text = Buffer.from(value).toString();
		return /^m\d+$/.test(text) ? [text] : [];
	}
	if (value instanceof Map) return textsIn([...value]);
	return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

t.test("whatever changes while rows are asked for, the stores are the same", async (t) => {
	for (let seed = 1; seed <= 15; seed += 1) {
		await t.test(`seed ${seed}`, async (t) => {
			const random = walk(seed);
			const window = new Window(t);
			const first = await window.tab(t);
			const step = () => change(first.store, random);
			for (let steps = random(60); steps > 0; steps -= 1) step();
			const second = await window.tab(t);
			for (let steps = 0; steps < 60; steps += 1) {
				step();
				if (random(8) === 0) void second.store.fetch([`c${1 + random(3)}`]);
				if (random(3) === 0) await new Promise((resolve) => setImmediate(resolve));
			}
			first.keep("note0", "the end");
			await eventually(() => second.store.note("note0") === "the end");
			await all(second.store);
			t.same(picture(second.store), picture(first.store));
			await first.close();
			await eventually(() => window.said.filter(({ type }) => type === "lead").length === 2);
			const before = picture(first.store);
			await all(second.store);
			t.same(picture(second.store), before, "and the next leader goes on from there");
		});
	}
});
