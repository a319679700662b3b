// Groups, links, roles, presence, profiles and blocks through the SDK and a real broker.

import t from "tap";
import { connected, eventually, Party, texts, value } from "./party.js";
import { SdkStage } from "./stage.js";

t.test("a group · facts, counts and ticks follow its members", async (t) => {
	const party = await Party.start(t);
	await party.provision("cid");
	const { ann, bob } = await party.pair();
	const group = await ann.create({ title: "Trip", members: ["bob", "cid"] });
	const { members } = await value(group.info, ({ members }) => members.length === 3);
	t.same(
		members.map(({ user, role }) => `${user} ${role}`),
		["ann owner", "bob member", "cid member"],
	);
	const bobs = bob.conversation(group.id);
	await value(bob.conversations, (list) => list.some(({ title }) => title === "Trip"));
	const message = group.send("who drives?");
	await value(bobs.messages, ({ length }) => length === 1);
	await eventually(() => message.counts.delivered === 1);
	t.same(message.counts, { delivered: 1, seen: 0, of: 2 });
	t.equal(message.status, "sent", "one of two is not all");
	const cid = party.client("cid");
	await message.reached("delivered");
	await value(cid.conversations, (list) => list[0]?.unread === 1);
	cid.conversation(group.id).seen();
	bobs.seen();
	await message.reached("seen");
	t.same(message.counts, { delivered: 2, seen: 2, of: 2 });
	await group.rename("Trip to the sea");
	await value(bobs.info, ({ title }) => title === "Trip to the sea");
	await value(bob.conversations, (list) => list.some(({ title }) => title === "Trip to the sea"));
	await group.setRole("bob", "admin");
	await value(bobs.info, ({ role }) => role === "admin");
	await t.rejects(cid.conversation(group.id).rename("mine"), { code: "NOT_ALLOWED" });
});

t.test("a link · who comes by it is no reader of what was said before", async (t) => {
	const party = await Party.start(t);
	const { ann, bob } = await party.pair();
	const group = await ann.create({ title: "Open", members: ["bob"] });
	const before = group.send("before");
	bob.conversation(group.id);
	await before.reached("delivered");
	const dan = party.client("dan");
	const dans = await dan.join(await group.link());
	await value(group.info, ({ members }) => members.length === 3);
	const after = group.send("after");
	await value(dans.messages, ({ length }) => length === 1);
	t.same(texts(dans.messages.snapshot()), ["after"]);
	await after.reached("delivered");
	t.same(after.counts, { delivered: 2, seen: 0, of: 2 });
	t.same(before.counts, { delivered: 1, seen: 0, of: 1 });
	await value(dan.conversations, ([one]) => one?.title === "Open" && one.unread === 1);
	await group.remove("dan");
	await value(dans.info, ({ role }) => role === "removed");
	await value(dan.conversations, ([one]) => one?.unread === 0);
	await t.rejects(dan.join(`${group.id}/wrong`), { code: "LINK_INVALID" });
});

t.test("presence is watched while somebody looks, over a lost connection too", async (t) => {
	const party = await Party.start(t);
	const { ann, bob } = await party.pair();
	const presence = ann.presence("bob");
	t.same(presence.snapshot(), { type: "offline", lastSeen: null });
	const off = presence.subscribe(() => {});
	await value(presence, ({ type }) => type === "online");
	party.line(ann).cut();
	await value(presence, ({ lastSeen }) => lastSeen === null);
	await value(presence, ({ type }) => type === "online");
	bob.active(false);
	await value(presence, ({ type }) => type === "away");
	off();
	t.same(presence.snapshot(), { type: "offline", lastSeen: null }, "unwatched: nothing is known");
	t.throws(() => ann.presence("no user~"), { code: "ID_INVALID" });
});

t.test("profiles, privacy, typing, mute and blocks", async (t) => {
	const party = await Party.start(t);
	const { ann, bob, talk, other } = await party.pair();
	await ann.setProfile({ name: "Ann" });
	await ann.setPrivacy("contacts");
	t.match(ann.profile.snapshot(), { user: "ann", name: "Ann", presence: "contacts" });
	t.same(await bob.profiles(["ann", "nobody"]), [{ user: "ann", name: "Ann", picture: "" }]);
	talk.typingNow(true);
	await value(other.typing, (users) => users.includes("ann"));
	await talk.send("done").reached("delivered");
	await value(other.typing, (users) => users.length === 0);
	await other.mute(Date.now() + 60_000);
	await value(other.info, ({ muted }) => muted);
	await value(bob.conversations, ([one]) => one?.muted === true);
	await bob.block("ann");
	t.same(bob.blocked.snapshot(), ["ann"]);
	const another = party.client("bob");
	await value(another.blocked, ([who]) => who === "ann");
	const held = talk.send("withheld");
	await held.reached("sent");
	await bob.unblock("ann");
	t.same(bob.blocked.snapshot(), []);
	t.same(await value(another.blocked, (users) => users.length === 0), []);
	await talk.send("heard").reached("delivered");
	t.equal(held.status, "sent", "what was withheld never comes");
	t.same(texts(other.messages.snapshot()), ["done", "heard"]);
	await connected(bob);
});

t.test("a promise of a change comes when the change shows, however the answer came", async (t) => {
	const stage = new SdkStage();
	const peer = await stage.welcome();
	const group = stage.client.conversation("g1");
	let resolved = false;
	void group.rename("Two").then(() => {
		resolved = true;
	});
	await stage.settle();
	const { n } = peer.takeOne("write");
	const answer = { type: "answer", conversation: "g1", n, seq: 0, at: 1, text: null } as const;
	// Ahead of what this device holds: it has to pull first.
	peer.say({ ...answer, from: 5, position: 6 });
	await stage.settle();
	t.equal(resolved, false);
	const change = { type: "described", title: "Two", picture: null, description: null } as const;
	const items = [{ type: "change", position: 6, at: 1, change }] as const;
	const result = { type: "pull", items, position: 6, until: 6, done: true } as const;
	for (const { request } of peer.take("pull")) peer.say({ type: "result", request, result });
	await stage.settle();
	t.equal(resolved, true);
	t.equal(group.info.snapshot().title, "Two");
	await stage.client.close();
});
