// What one frame of the server brings is taken over at once, and told once: nobody sees the half.

import t from "tap";
import { LateMap } from "../../src/sdk/late-map.js";
import { pushed } from "../client/operations.js";
import { SdkStage } from "./stage.js";

const conversation = "ann~bob";

t.test("the messages of a frame are in the list before anybody is told, once", async (t) => {
	const stage = new SdkStage();
	const { client } = stage;
	const talk = client.conversation(conversation);
	const peer = await stage.welcome();
	const told: string[] = [];
	const list = () => talk.messages.snapshot().map(({ text }) => text);
	talk.messages.subscribe(() => told.push(`list of ${list().length}`));
	talk.unread.subscribe(() => told.push(`${talk.unread.snapshot()} unread`));
	client.on("message", ({ text }) => told.push(`${text} of ${list().length}`));
	peer.say(...[1, 2, 3].map((seq) => pushed(conversation, seq)));
	await stage.settle();
	t.same(list(), ["m1", "m2", "m3"]);
	t.same(told.toSorted(), ["3 unread", "list of 3", "m1 of 3", "m2 of 3", "m3 of 3"]);
	t.same(told.slice(2), ["m1 of 3", "m2 of 3", "m3 of 3"], "stores first, then events in order");
	await client.close();
});

t.test("what is asked between a frame and its telling is answered as things are", async (t) => {
	const stage = new SdkStage();
	const { client } = stage;
	const talk = client.conversation(conversation);
	const peer = await stage.welcome();
	peer.say(pushed(conversation, 1), pushed(conversation, 2));
	await stage.settle();
	const [one, two] = talk.messages.snapshot();
	talk.seen(1);
	t.same([one?.status, two?.status, talk.unread.snapshot()], ["seen", "delivered", 1]);
	const [line] = client.conversations.snapshot();
	t.match(line, { id: conversation, unread: 1, last: { text: "m2" } });
	await client.close();
});

t.test("a map that is made late is made once, by the first look", (t) => {
	let made = 0;
	const map = new LateMap(() => {
		made += 1;
		return new Map([["a", 1]]);
	});
	t.equal(made, 0);
	t.equal(map.get("a"), 1);
	map.set("b", 2);
	t.same([...map], Object.entries({ a: 1, b: 2 }));
	const seen: string[] = [];
	map.forEach((value, key) => {
		seen.push(`${key}${value}`);
	});
	t.same(
		[seen, [...map.keys()], [...map.values()]],
		[
			["a1", "b2"],
			["a", "b"],
			[1, 2],
		],
	);
	t.same([map.size, map.has("b"), map.has("c")], [2, true, false]);
	map.clear();
	t.same([map.size, made], [0, 1]);
	t.end();
});
