// Messages through the SDK and a real broker: live objects whose status only moves forward, one
// list without gap or double, counts that are counted.

import t from "tap";
import type { Message, Status } from "../../src/sdk/index.js";
import { connected, eventually, Party, texts, value } from "./party.js";

t.test("a send · at once in the list, then sent, delivered, seen, each told once", async (t) => {
	const party = await Party.start(t);
	const { talk, other, ann } = await party.pair();
	const statuses: Status[] = [];
	ann.on("status", ({ status }) => statuses.push(status));
	const message = talk.send("hello");
	t.equal(message.status, "queued");
	t.equal(message.seq, null);
	t.same(texts(talk.messages.snapshot()), ["hello"], "the list has it before anything happened");
	t.equal(await message.reached("delivered"), message);
	t.equal(message.seq, 1);
	const [got] = await value(other.messages, (list) => list.length === 1);
	t.match(got, { text: "hello", from: "ann", own: false, status: "delivered", seq: 1 });
	t.equal(other.unread.snapshot(), 1);
	other.seen(got as Message);
	t.equal(other.unread.snapshot(), 0, "counted, not told");
	t.equal(got?.status, "seen");
	await message.reached("seen");
	t.same(statuses, ["sent", "delivered", "seen"]);
	t.equal(talk.messages.snapshot()[0], message, "the same object from the first moment on");
	t.equal(talk.messages.snapshot().length, 1);
});

t.test("the event comes before the promise, and subscribers before the event", async (t) => {
	const party = await Party.start(t);
	const { talk, ann } = await party.pair();
	const order: string[] = [];
	ann.on("status", ({ status }) => order.push(`event ${status}`));
	talk.messages.subscribe(() => order.push(`list ${message.status}`));
	const message = talk.send("first");
	message.subscribe(() => order.push(`message ${message.status}`));
	await message.reached("sent").then(() => order.push("promise sent"));
	t.ok(order.indexOf("message sent") < order.indexOf("event sent"), order.join());
	t.ok(order.indexOf("event sent") < order.indexOf("promise sent"), order.join());
});

t.test("what is seen before the list has come counts, and makes up no conversation", async (t) => {
	const party = await Party.start(t);
	const { talk } = await party.pair();
	const sent = ["one", "two", "three"].map((text) => talk.send(text));
	await sent.at(-1)?.reached("delivered");
	const second = party.client("bob");
	party.line(second).pause();
	second.conversation(talk.id).seen(2);
	second.conversation("bob~nobody").seen(7);
	await eventually(() => party.line(second).opened > 0);
	t.same(second.conversations.snapshot(), []);
	party.line(second).resume();
	await sent[1]?.reached("seen");
	t.equal(sent[2]?.status, "delivered");
	await value(second.conversations, (list) => list.length > 0);
	t.match(second.conversations.snapshot(), [{ id: talk.id, unread: 1 }]);
	t.equal(second.conversations.snapshot().length, 1);
	t.same(texts(second.conversation(talk.id).messages.snapshot()), [], "history stays to be asked");
});

t.test("seen in parts · each as far as it was read, and the others are left alone", async (t) => {
	const party = await Party.start(t);
	const { talk, other } = await party.pair();
	const sent = ["one", "two", "three", "four", "five"].map((text) => talk.send(text));
	await Promise.all(sent.map((message) => message.reached("delivered")));
	const statuses = () => sent.map(({ status }) => status);
	const rest = () => sent.slice(2).map(({ revision }) => revision);
	const before = rest();
	await value(other.messages, (list) => list.length === 5);
	other.seen(2);
	await sent[1]?.reached("seen");
	t.same(statuses(), ["seen", "seen", "delivered", "delivered", "delivered"]);
	t.same(rest(), before, "nothing of them has changed");
	const last = talk.send("six");
	await last.reached("delivered");
	t.same(statuses().slice(2), ["delivered", "delivered", "delivered"]);
	other.seen(6);
	await Promise.all([...sent, last].map((message) => message.reached("seen")));
});

t.test("messages arrive once each, in order, and not what was sent here", async (t) => {
	const party = await Party.start(t);
	const { talk, other, bob } = await party.pair();
	const events: string[] = [];
	bob.on("message", (message) => events.push(message.text));
	const heard: string[] = [];
	const reading = (async () => {
		for await (const message of other) {
			heard.push(message.text);
			other.send(`re: ${message.text}`);
			if (heard.length === 20) break;
		}
	})();
	for (let i = 1; i <= 20; i += 1) talk.send(`m${i}`);
	await reading;
	const expected = Array.from({ length: 20 }, (_, at) => `m${at + 1}`);
	t.same(heard, expected);
	t.same(events, expected);
	const list = await value(talk.messages, (list) => list.length === 40);
	t.same(
		list.map(({ seq }) => seq),
		Array.from({ length: 40 }, (_, at) => at + 1),
	);
});

t.test("edit, react, delete · seen by both in the same objects", async (t) => {
	const party = await Party.start(t);
	const { talk, other } = await party.pair();
	const message = talk.send("teh");
	await talk.edit(message, "the");
	t.equal(message.text, "the");
	t.equal(message.edited, true);
	const [got] = await value(other.messages, ([one]) => one?.text === "the");
	await other.react(got as Message, "👍");
	await value(talk.messages, () => message.reactions.size > 0);
	t.same([...message.reactions], [["👍", ["bob"]]]);
	await other.react(got as Message, null);
	await value(talk.messages, () => message.reactions.size === 0);
	await talk.deleteForAll(message);
	await value(other.messages, () => got?.deleted === true);
	t.equal(got?.text, "");
	t.equal(other.unread.snapshot(), 0, "what is gone is not unread");
	await other.deleteForMe(got as Message);
	await value(other.messages, (list) => list.length === 0);
	t.equal(talk.messages.snapshot().length, 1);
});

t.test("a new device · old messages by page, joined without gap or double", async (t) => {
	const party = await Party.start(t);
	const { talk, other } = await party.pair();
	for (let i = 1; i <= 60; i += 1) talk.send(`m${i}`);
	const last = await value(talk.messages, (list) => list.at(-1)?.status === "delivered");
	t.equal(last.length, 60);
	other.seen(40);
	await value(talk.messages, (list) => list[39]?.status === "seen");
	const second = party.client("bob");
	await connected(second);
	await value(second.conversations, ([one]) => one?.unread === 20);
	const view = second.conversation(talk.id);
	talk.send("m61");
	await value(view.messages, (list) => list.length === 1);
	t.same(texts(view.messages.snapshot()), ["m61"]);
	const pages: boolean[] = [];
	for (let more = true; more; ) {
		({ more } = await view.older(25));
		pages.push(more);
		t.equal(view.unread.snapshot(), 21, "all the way");
	}
	t.same(pages, [true, true, false]);
	t.same(
		texts(view.messages.snapshot()),
		Array.from({ length: 61 }, (_, at) => `m${at + 1}`),
	);
	t.equal(view.unread.snapshot(), 21);
	view.seen();
	await value(other.unread, (count) => count === 0);
	const mine = party.client("ann");
	await connected(mine);
	const old = mine.conversation(talk.id);
	await old.older(100);
	await value(old.messages, (list) => list[0]?.status === "seen");
	t.equal(old.messages.snapshot()[0]?.own, true);
});

t.test("cut in mid-stream again and again · each once, in order", async (t) => {
	const party = await Party.start(t);
	const { talk, other, ann, bob } = await party.pair();
	for (let i = 1; i <= 60; i += 1) {
		talk.send(`m${i}`);
		if (i % 12 === 0) party.line(ann).cut();
		if (i % 15 === 0) party.line(bob).cut();
		await new Promise((resolve) => setTimeout(resolve, 3));
	}
	const expected = Array.from({ length: 60 }, (_, at) => `m${at + 1}`);
	await value(other.messages, (list) => list.length === 60);
	t.same(texts(other.messages.snapshot()), expected);
	await eventually(() => talk.messages.snapshot().every(({ status }) => status === "delivered"));
	t.same(texts(talk.messages.snapshot()), expected);
});

t.test("own messages from another device are arrivals, and tick here too", async (t) => {
	const party = await Party.start(t);
	const { talk, other } = await party.pair();
	const laptop = party.client("ann");
	await connected(laptop);
	const arrivals: Message[] = [];
	laptop.on("message", (message) => arrivals.push(message));
	const sent = talk.send("from the phone");
	await sent.reached("delivered");
	await eventually(() => arrivals.length === 1);
	t.match(arrivals[0], { own: true, text: "from the phone" });
	other.seen();
	await arrivals[0]?.reached("seen");
});
