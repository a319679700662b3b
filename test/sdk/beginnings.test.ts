// The first moments of a new device, before it has the list of conversations, and the last of any:
// what is asked too early waits, and what is due is said before the end.

import { rmSync } from "node:fs";
import t from "tap";
import { tempFolder } from "../helpers/server-process.js";
import { connected, Party, texts, value } from "./party.js";

function names(count: number): string[] {
	return Array.from({ length: count }, (_, at) => `m${at + 1}`);
}

t.test("older, asked before the list is there · waits for it", async (t) => {
	const party = await Party.start(t);
	const { talk: bobs } = await party.pair("bob", "ann");
	for (const name of names(12)) await bobs.send(name).reached("delivered");

	const fresh = party.client("ann");
	const talk = fresh.conversation("ann~bob");
	t.same(await talk.older(5), { more: true });
	t.same(texts(talk.messages.snapshot()), names(12).slice(7));
	t.same(await talk.older(100), { more: false });
	t.same(texts(talk.messages.snapshot()), names(12));
});

t.test("closed while it waits · it is told", async (t) => {
	const party = await Party.start(t);
	await party.provision("bob");
	const ann = party.client("ann");
	party.line(ann).broken = true;
	const asked = ann.conversation("ann~bob").older();
	await ann.close();
	await t.rejects(asked, { code: "CLOSED" });
});

t.test("listed · when every conversation is there, and from then on, offline too", async (t) => {
	const party = await Party.start(t);
	const folder = tempFolder("colloquy-client-");
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	const others = names(5).map((name) => `user-${name}`);
	await party.provision(...others);
	const known = party.client("ann");
	for (const user of others) await known.open(user);

	const fresh = party.client("ann", { store: folder });
	t.equal(fresh.listed.snapshot(), false);
	await value(fresh.listed, (listed) => listed);
	t.equal(fresh.conversations.snapshot().length, others.length);
	await fresh.close();

	const again = party.client("ann", { store: folder });
	party.line(again).broken = true;
	await value(again.listed, (listed) => listed);
	t.equal(again.conversations.snapshot().length, others.length);
});

t.test("older, asked before the folder's messages are read · waits for them", async (t) => {
	const party = await Party.start(t);
	const folder = tempFolder("colloquy-client-");
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	await party.provision("bob");
	const before = party.client("ann", { store: folder });
	const talk = await before.open("bob");
	for (const name of names(3)) await talk.send(name).reached("sent");
	await before.close();

	const again = party.client("ann", { store: folder });
	const same = again.conversation("ann~bob");
	t.same(await same.older(1), { more: false });
	t.equal(same.messages.snapshot().length, 3);
});

for (const place of ["memory", "a folder"]) {
	t.test(`seen, and closed at once · the others are told, from ${place}`, async (t) => {
		const party = await Party.start(t);
		const folder = tempFolder("colloquy-client-");
		t.teardown(() => rmSync(folder, { recursive: true, force: true }));
		await party.provision("ann", "bob");
		const bob = party.client("bob");
		const ann = party.client("ann", place === "memory" ? {} : { store: folder });
		await Promise.all([connected(ann), connected(bob)]);
		const message = (await bob.open("ann")).send("have you seen this?");
		await message.reached("delivered");
		ann.conversation("ann~bob").seen();
		await ann.close();
		await message.reached("seen");
	});
}
