// What people complain of in other clients, each as a test at a real broker: sends in every state,
// servers that pause and restart, words said while offline, callbacks that throw, ends.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import t from "tap";
import type { ClientError, Message } from "../../src/sdk/index.js";
import { connect, MemoryStore } from "../../src/sdk/index.js";
import { connected, Party, texts, value } from "./party.js";

t.test("sends in every state of the connection · all settle, once each, in order", async (t) => {
	const party = await Party.start(t);
	await party.provision("bob");
	const ann = party.client("ann");
	const sent: Message[] = [];
	const talk = ann.conversation("ann~bob");
	const send = (text: string) => sent.push(talk.send(text));
	await connected(ann);
	await ann.open("bob");
	send("connected");
	party.line(ann).break();
	await value(ann.state, ({ type }) => type === "waiting");
	send("waiting");
	ann.retry();
	t.equal(ann.state.snapshot().type, "connecting");
	send("connecting");
	await value(ann.state, ({ type }) => type === "waiting");
	t.equal(ann.state.snapshot().queued >= 2, true);
	party.line(ann).broken = false;
	ann.retry();
	send("connecting again");
	await Promise.all(sent.map((message) => message.reached("sent")));
	const bob = party.client("bob");
	await connected(bob);
	const expected = ["connected", "waiting", "connecting", "connecting again"];
	const list = await value(
		bob.conversation("ann~bob").messages,
		({ length }) => length === expected.length,
	);
	t.same(texts(list), expected);
	t.equal(ann.state.snapshot().queued, 0);
	await ann.close();
	t.throws(() => talk.send("closed"), { code: "CLOSED" });
	t.equal(talk.messages.snapshot().length, expected.length);
});

t.test("sends before the first connection and before the storage is open", async (t) => {
	const party = await Party.start(t);
	await party.provision("bob");
	const first = party.client("ann");
	await first.open("bob");
	const ann = party.client("ann");
	const message = ann.conversation("ann~bob").send("early");
	t.equal(message.status, "queued");
	await message.reached("sent");
});

t.test("a server that pauses for long during a send · one message", async (t) => {
	const party = await Party.start(t);
	const { ann, talk, other } = await party.pair();
	party.line(ann).pause();
	const message = talk.send("once");
	await new Promise((resolve) => setTimeout(resolve, 300));
	t.equal(message.status, "queued");
	// The client gives up on it and comes back, as after any silence.
	party.line(ann).paused = false;
	party.line(ann).cut();
	await message.reached("delivered");
	t.same(texts(other.messages.snapshot()), ["once"]);
	t.same(texts(talk.messages.snapshot()), ["once"]);
});

t.test("seen while offline · equal on all devices when back", async (t) => {
	const party = await Party.start(t);
	const { talk, other, bob } = await party.pair();
	const messages = [talk.send("one"), talk.send("two")];
	await messages[1]?.reached("delivered");
	const tablet = party.client("bob");
	await connected(tablet);
	const onTablet = tablet.conversation(talk.id);
	await value(tablet.conversations, ([one]) => one?.unread === 2);
	party.line(bob).break();
	await value(bob.state, ({ type }) => type === "waiting");
	other.seen();
	t.equal(other.unread.snapshot(), 0);
	t.equal(bob.conversations.snapshot()[0]?.unread, 0);
	party.line(bob).broken = false;
	bob.retry();
	await messages[1]?.reached("seen");
	await value(tablet.conversations, ([one]) => one?.unread === 0);
	await value(onTablet.unread, (count) => count === 0);
});

t.test("left while offline · gone when back, and not joined again", async (t) => {
	const party = await Party.start(t);
	const { ann, bob } = await party.pair();
	const group = await ann.create({ title: "Trip", members: ["bob"] });
	await value(bob.conversations, (list) => list.some(({ title }) => title === "Trip"));
	const mine = bob.conversation(group.id);
	party.line(bob).break();
	await value(bob.state, ({ type }) => type === "waiting");
	const left = mine.leave();
	party.line(bob).broken = false;
	bob.retry();
	await left;
	await value(group.info, ({ members }) => members.length === 1);
	party.line(bob).cut();
	await connected(bob);
	await value(mine.info, ({ role }) => role === "removed");
	t.equal(group.info.snapshot().members.length, 1);
	const refused = mine.send("still here?");
	await t.rejects(refused.reached("sent"), { code: "NOT_A_MEMBER" });
	t.equal(refused.status, "refused");
	t.match(refused.error, { retryable: false, action: "ask to be added" });
	t.equal(refused.cancel(), true);
	t.notOk(mine.messages.snapshot().includes(refused));
});

t.test("callbacks that throw everywhere · told as errors, and everything goes on", async (t) => {
	const party = await Party.start(t);
	const { ann, bob, talk, other } = await party.pair();
	const errors: unknown[] = [];
	const boom = () => {
		throw new Error("mine");
	};
	bob.on("error", (cause) => errors.push(cause));
	bob.on("error", boom);
	for (const event of ["message", "status", "state"] as const) {
		ann.on(event, boom);
		bob.on(event, boom);
	}
	for (const store of [other.messages, other.unread, other.info, other.typing]) {
		store.subscribe(boom);
	}
	bob.conversations.subscribe(boom);
	bob.state.subscribe(boom);
	const message = talk.send("through");
	message.subscribe(boom);
	await message.reached("delivered");
	await value(other.messages, (list) => list.length === 1);
	other.messages.snapshot()[0]?.subscribe(boom);
	other.seen();
	await message.reached("seen");
	party.line(bob).cut();
	await connected(bob);
	await talk.send("again").reached("delivered");
	t.ok(errors.length >= 4);
	t.ok(errors.every((cause) => (cause as Error).message === "mine"));
});

t.test("a store that throws · the send says so, and what went before is not lost", async (t) => {
	const party = await Party.start(t);
	await party.provision("bob");
	const store = new MemoryStore({ device: "d1", outbox: "0123456789abcdef0123456789abcdef" });
	const ann = party.client("ann", { store });
	const talk = await ann.open("bob");
	await talk.send("first").reached("sent");
	store.hooks.before = (transaction) => {
		if (transaction === "enqueue") throw new Error("full");
	};
	const refused = talk.send("second");
	await t.rejects(refused.reached("sent"), { code: "STORAGE_FAILED" });
	store.hooks = {};
	await talk.send("third").reached("sent");
	t.same(texts(talk.messages.snapshot()), ["first", "third", "second"]);
});

t.test("what is not a message is the caller's to know, at once", async (t) => {
	const party = await Party.start(t);
	await party.provision("bob");
	const ann = party.client("ann");
	t.throws(() => ann.conversation("no good~id~at all"), { code: "ID_INVALID" });
	const talk = ann.conversation("ann~bob");
	t.throws(() => talk.send({}), TypeError);
	t.throws(() => talk.send({ text: "x", ttlMs: 1.5 }), TypeError);
	t.same(talk.messages.snapshot(), [], "nothing of it is left in the list");
	const mentions = [7 as unknown as string];
	const early = talk.send({ text: "x", mentions });
	await t.rejects(early.reached("sent"), { code: "BAD_REQUEST" });
	t.equal(early.cancel(), true);
	await connected(ann);
	t.throws(() => talk.send({ text: "x", ttlMs: -1 }), TypeError);
	t.throws(() => talk.send({ text: "x", mentions }), TypeError);
	const large = talk.send(new Uint8Array(70_000));
	t.equal(large.error?.code, "MESSAGE_TOO_LARGE");
	await t.rejects(large.reached("sent"), { code: "MESSAGE_TOO_LARGE" });
	await t.rejects(ann.open("nobody-here"), { code: "USER_UNKNOWN" });
	await t.rejects(ann.join("not a link"), { code: "LINK_INVALID" });
});

t.test("close · iterators end, waiting promises reject, later calls are refused", async (t) => {
	const party = await Party.start(t);
	await party.provision("bob");
	const ann = party.client("ann");
	const talk = await ann.open("bob");
	party.line(ann).break();
	await value(ann.state, ({ type }) => type === "waiting");
	const rounds: string[] = [];
	const readers = [
		(async () => {
			for await (const message of talk) rounds.push(message.text);
		})(),
		(async () => {
			for await (const { type } of ann.state) rounds.push(type);
		})(),
	];
	const waiting: Promise<unknown>[] = [
		talk.send("kept").reached("sent"),
		ann.open("bob"),
		talk.rename("x"),
		talk.react(1, "👍"),
	];
	await Promise.all([
		ann.close(),
		...waiting.map((one) => t.rejects(one, { code: "CLOSED" } satisfies Partial<ClientError>)),
	]);
	await Promise.all(readers);
	t.equal(rounds.at(-1), "closed");
	await ann.close();
	await t.rejects(ann.open("bob"), { code: "CLOSED" });
});

t.test("a program that iterates and closes ends by itself", async (t) => {
	const party = await Party.start(t);
	await party.provision("bob");
	const sdk = new URL("../../src/sdk/index.js", import.meta.url).href;
	const { tokenFor } = await import("../helpers/wire-client.js");
	const token = await tokenFor(party.data, "ann");
	const program = `
		import { connect } from ${JSON.stringify(sdk)};
		const client = connect({ url: ${JSON.stringify(party.url)}, token: ${JSON.stringify(token)} });
		const talk = await client.open("bob");
		const reading = (async () => { for await (const m of talk) console.log(m.text); })();
		await talk.send("hi").reached("sent");
		talk.react(99, "x");
		await client.close();
		await reading;
		console.log("done");
	`;
	const { stdout } = await promisify(execFile)(
		process.execPath,
		["--input-type=module", "-e", program],
		{ timeout: 10_000 },
	);
	t.equal(stdout, "done\n");
});

t.test("await using closes", async (t) => {
	const party = await Party.start(t);
	const client = connect({ url: party.url, token: "none" });
	client.on("error", () => {});
	await client[Symbol.asyncDispose]();
	t.equal(client.state.snapshot().type, "closed");
});
