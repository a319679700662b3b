// What a single message or page may grow to: reactions have a limit, and pages are cut by their
// bytes, so that every device can read what its user may see.

import t from "tap";
import { serverFrameBytesMax } from "../../src/protocol/limits.js";
import { startBroker } from "../helpers/broker.js";
import { text, WireClient } from "../helpers/wire-client.js";
import { pour, readAll, said, sign, write } from "./talk.js";

const react = (emoji: string | null) => ({ type: "react", seq: 2, emoji }) as const;

async function refused(client: WireClient, group: string, n: number, emoji: string) {
	client.write(group, n, n - 1, react(emoji));
	const outcome = await client.outcome(group, n);
	return outcome.type === "refused" ? outcome.code : outcome.type;
}

t.test("a message takes so many reactions, counted over restarts and take-backs", async (t) => {
	let it = await startBroker({ reactionsPerMessageMax: 2 });
	t.teardown(() => it.discard());
	const [ann, bob, cyd] = [await sign(it, "ann"), await sign(it, "bob"), await sign(it, "cyd")];
	await write(ann, "g", 1, { type: "create", kind: "group", title: "g", members: ["bob", "cyd"] });
	await write(ann, "g", 2, text("m1"));
	await write(ann, "g", 3, text("m2"));
	await write(ann, "g", 4, react("a"));
	await write(bob, "g", 1, react("b"));
	t.equal(await refused(cyd, "g", 1, "c"), "REACTION_LIMIT");
	await write(bob, "g", 2, react("other"));
	it = await it.restart();
	const [bobAgain, cydAgain] = [await sign(it, "bob", "d2"), await sign(it, "cyd", "d2")];
	t.equal(await refused(cydAgain, "g", 1, "c"), "REACTION_LIMIT", "after a restart too");
	// Taken back and given in one turn: what is not committed yet counts.
	for (const n of [1, 2, 3]) bobAgain.write("g", n, n - 1, react(n === 2 ? "b" : null));
	for (const n of [1, 2, 3]) t.match(await bobAgain.outcome("g", n), { type: "answer" });
	await write(cydAgain, "g", 2, react("c"));
	t.equal(await refused(bobAgain, "g", 4, "b"), "REACTION_LIMIT");
	const [, second] = await readAll(cydAgain, "g");
	t.same(second?.reactions, [
		{ user: "ann", emoji: "a" },
		{ user: "cyd", emoji: "c" },
	]);
});

/** Bytes of the largest WebSocket message that came since. */
function largest(client: WireClient): () => number {
	let bytes = 0;
	client.socket.on("message", (data: Buffer) => {
		bytes = Math.max(bytes, data.length);
	});
	return () => bytes;
}

t.test("pages of history and of the list are cut by bytes, and hold all together", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const ann = await sign(it, "ann");
	const filled = (seq: number) => text(`${seq} `.padEnd(60 * 1_024, "x"));
	const peers = Array.from({ length: 40 }, (_, i) => `u${i}`);
	for (const [i, peer] of peers.entries()) {
		await it.broker.provision(peer);
		await write(ann, await ann.open(peer), 1, filled(i));
	}
	const conversation = await ann.open("ann");
	await pour(
		ann,
		conversation,
		1,
		Array.from({ length: 40 }, (_, i) => filled(i)),
	);
	const bytes = largest(ann);
	const all = await readAll(ann, conversation);
	t.same(
		all.map((one) => said(one)?.split(" ")[0]),
		Array.from({ length: 40 }, (_, i) => `${i}`),
	);
	const listed: string[] = [];
	let pages = 0;
	for (let cursor: string | null = null, more = true; more; pages += 1) {
		const page = await ann.ask({ type: "list", cursor, limit: 200 });
		if (page.type !== "result" || page.result.type !== "list") throw new Error(page.type);
		for (const one of page.result.entries) listed.push(one.conversation);
		cursor = page.result.cursor;
		more = cursor !== null;
	}
	t.equal(new Set(listed).size, 41);
	t.equal(listed.length, 41, "none twice");
	t.ok(pages > 3, `${pages} pages`);
	t.ok(bytes() > 100_000 && bytes() <= serverFrameBytesMax, `the largest had ${bytes()} bytes`);
});

t.test("an address may show so many refused tokens as the configuration says", async (t) => {
	const it = await startBroker({ failuresPerMinute: 1, failureBurst: 2 });
	t.teardown(() => it.discard());
	const codes: string[] = [];
	for (let i = 0; i < 4; i += 1) {
		const client = await WireClient.dial({ wsUrl: it.wsUrl, token: "bad" });
		client.hello();
		codes.push((await client.next("goodbye")).code);
	}
	t.same(codes, ["AUTH_REJECTED", "AUTH_REJECTED", "AUTH_REJECTED", "RATE_LIMITED"]);
});
