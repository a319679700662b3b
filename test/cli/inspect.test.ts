import { existsSync, rmSync } from "node:fs";
import t from "tap";
import { connectDevice as device, send, sendText } from "../helpers/cli-device.js";
import { runCli, startServer, tempFolder } from "../helpers/server-process.js";

interface Facts {
	readonly live: boolean;
	readonly head: number;
	readonly members: readonly { readonly user: string; readonly delivered: number }[];
	readonly messages: readonly { readonly seq: number; readonly text: string | null }[];
}

async function inspect(data: string, ...args: readonly string[]) {
	const { code, stdout, stderr } = await runCli(["inspect", "--data", data, "--json", ...args]);
	return { code, stderr, facts: JSON.parse(stdout) as Facts & Record<string, unknown> };
}

/** Asks again until the answer is right: receipts travel. */
async function until(
	data: string,
	args: readonly string[],
	right: (facts: Facts) => boolean,
): Promise<Facts & Record<string, unknown>> {
	for (let tries = 0; tries < 50; tries += 1) {
		const { facts } = await inspect(data, ...args);
		if (facts.messages !== undefined && right(facts)) return facts;
	}
	throw new Error("the right answer never came");
}

t.test("the durable truth is the same through the server and without it", async (t) => {
	const data = tempFolder();
	t.teardown(() => rmSync(data, { recursive: true, force: true }));
	const server = await startServer({ data });
	t.teardown(() => server.kill());
	const ann = await device(t, server, "ann");
	const bob = await device(t, server, "bob");
	const { conversation } = await ann.request<"open">({ type: "open", user: "bob" });
	for (let n = 1; n <= 120; n += 1) {
		ann.write(conversation, sendText(`message ${n} ü🙂`));
	}
	ann.write(conversation, send(Uint8Array.of(0xff, 0, 1), "application/octet-stream"));
	const all = ["bob~ann", "--all"];
	const read = (facts: Facts) =>
		facts.head === 121 &&
		facts.members.every(({ user, delivered }) => user === "ann" || delivered === 121);
	const up = await until(data, all, read);

	t.match(up, {
		kind: "conversation",
		live: true,
		id: "ann~bob",
		conversationKind: "direct",
		registry: { pid: /^n1\/1\/\d+$/, running: true },
		members: [
			{ user: "ann", role: "member", active: true, intervals: [{ from: 1, to: null }] },
			{ user: "bob", delivered: 121, seen: 0 },
		],
	});
	t.equal(up.messages.length, 121);
	t.match(up.messages[6], {
		seq: 7,
		sender: "ann",
		state: "live",
		status: "delivered",
		contentType: "text/plain",
		text: "message 7 ü🙂",
		content: Buffer.from("message 7 ü🙂").toString("base64"),
		n: 7,
	});
	t.match(up.messages[120], { text: null, content: "/wAB" });

	const user = await inspect(data, "bob");
	t.match(user.facts, {
		kind: "user",
		live: true,
		id: "bob",
		registry: { running: true },
		devices: [
			{
				device: bob.store.identity().device,
				generation: bob.store.identity().offered,
				fresh: false,
			},
		],
		conversations: [{ conversation: "ann~bob", role: "member" }],
		blocks: [],
	});

	const ps = await runCli(["ps", "--data", data]);
	t.match(ps.stdout, /users +2 /);
	t.match(ps.stdout, /conversations +1 /);

	ann.stop();
	bob.stop();
	t.strictSame(await server.kill(), { code: null, signal: "SIGKILL" });
	const down = (await inspect(data, ...all)).facts;
	t.strictSame({ ...down, live: true, registry: up.registry }, up);
	t.match(down, { live: false, registry: { running: false } });
});

t.test("pages: 100 by default, from and limit, nothing beyond the head", async (t) => {
	const server = await startServer();
	t.teardown(() => server.discard());
	const ann = await device(t, server, "ann");
	const { conversation } = await ann.request<"open">({ type: "open", user: "ann" });
	for (let n = 1; n <= 105; n += 1)
		ann.write(conversation, send(Uint8Array.of(n), "application/octet-stream"));
	const seqs = async (...args: readonly string[]) =>
		(await inspect(server.data, "ann~ann", ...args)).facts.messages.map(({ seq }) => seq);
	await until(server.data, ["ann~ann"], (facts) => facts.head === 105);
	t.equal((await seqs()).length, 100);
	t.strictSame(await seqs("--from", "104"), [104, 105]);
	t.strictSame(await seqs("--from", "2", "--limit", "3"), [2, 3, 4]);
	t.strictSame(await seqs("--from", "106"), []);
	const text = await runCli(["inspect", "ann~ann", "--data", server.data, "--from", "105"]);
	t.match(text.stdout, /ann~ann {2}direct/);
	t.match(text.stdout, /105 messages/);
	for (const line of text.stdout.split("\n")) t.ok([...line].length <= 80, line);
});

t.test("an id that is both needs --kind; one that is neither is a plain no", async (t) => {
	const server = await startServer();
	t.teardown(() => server.discard());
	const ann = await device(t, server, "ann");
	ann.write("ann", { type: "create", kind: "group", title: "mine", members: [] });
	for (let tries = 0; tries < 50; tries += 1) {
		if ((await inspect(server.data, "ann")).code === 2) break;
	}
	const both = await inspect(server.data, "ann");
	t.equal(both.code, 2);
	t.match(both.stderr, /add --kind user or --kind conversation/);
	t.match((await inspect(server.data, "ann", "--kind", "user")).facts, { kind: "user" });
	const group = (await inspect(server.data, "ann", "--kind", "conversation")).facts;
	t.match(group, { conversationKind: "group", title: "mine", members: [{ role: "owner" }] });
	for (const id of ["zoe", "ann~zoe"]) t.equal((await inspect(server.data, id)).code, 1, id);
	for (const args of [
		["a b"],
		["ann", "--kind", "x"],
		["ann", "--from", "0"],
		["ann", "--limit", "x"],
	]) {
		t.equal((await inspect(server.data, ...args)).code, 2, args.join(" "));
	}
});

t.test("a folder without a store is refused, and none is begun there", async (t) => {
	const data = `${tempFolder()}/nothing`;
	t.equal((await inspect(data, "ann")).code, 1);
	t.notOk(existsSync(data));
});
