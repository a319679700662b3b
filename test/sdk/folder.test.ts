// A folder as storage: what was queued is there after a kill, one process at a time, and a disk
// that fails is said and got over.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import type { ClientError, Message } from "../../src/sdk/index.js";
import { tempFolder } from "../helpers/server-process.js";
import { tokenFor } from "../helpers/wire-client.js";
import { connected, eventually, Party, texts, value } from "./party.js";

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

t.test("closed and opened again · the list is there before messages are read", async (t) => {
	const party = await Party.start(t);
	const store = folderOf(t);
	const { talk: bobs } = await party.pair("bob", "ann");
	const first = party.client("ann", { store });
	await value(first.conversations, ({ length }) => length === 1);
	await bobs.send("one").reached("delivered");
	await bobs.send("two").reached("delivered");
	await value(first.conversations, ([talk]) => talk?.unread === 2);
	const before = first.conversations.snapshot();
	await first.close();

	const second = party.client("ann", { store });
	party.line(second).broken = true;
	t.same(await value(second.conversations, ({ length }) => length > 0), before);
	const talk = second.conversation("ann~bob");
	await value(talk.messages, (list) => texts(list).join() === "one,two");
	t.equal(talk.unread.snapshot(), 2);
});

t.test("opened again, not looked at · what changes meets what is kept", async (t) => {
	const party = await Party.start(t);
	const store = folderOf(t);
	const { talk: bobs } = await party.pair("bob", "ann");
	const first = party.client("ann", { store });
	await value(first.conversations, ({ length }) => length === 1);
	const one = bobs.send("one");
	await bobs.send("two").reached("delivered");
	const talk = first.conversation("ann~bob");
	await value(talk.messages, ({ length }) => length === 2);
	await talk.send("mine").reached("delivered");
	await first.close();

	await bobs.edit(one, "one, edited");
	const second = party.client("ann", { store });
	const heard: string[] = [];
	second.on("message", ({ text }) => heard.push(text));
	await connected(second);
	await bobs.react(one, "👍");
	await bobs.send("three").reached("delivered");
	await eventually(() => heard.length > 0);
	t.same(heard, ["three"], "what is kept does not arrive again");
	const list = second.conversation("ann~bob").messages.snapshot();
	t.same(texts(list), ["one, edited", "two", "mine", "three"]);
	t.same([...(list[0]?.reactions ?? [])], [["👍", ["bob"]]]);
});

t.test("the iterator of a conversation that is being read · only what arrives", async (t) => {
	const party = await Party.start(t);
	const store = folderOf(t);
	const { talk: bobs } = await party.pair("bob", "ann");
	const first = party.client("ann", { store });
	await value(first.conversations, ({ length }) => length === 1);
	await bobs.send("before").reached("delivered");
	await value(first.conversations, ([talk]) => talk?.last?.text === "before");
	await first.close();

	const second = party.client("ann", { store });
	const iterator = second.conversation("ann~bob")[Symbol.asyncIterator]();
	const next = iterator.next();
	await connected(second);
	await bobs.send("after").reached("delivered");
	t.equal((await next).value?.text, "after");
});
