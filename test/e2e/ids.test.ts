// Ids as people and programs really write them, through a whole broker and back after a restart:
// one rule, applied once at the edge, so that no two users or conversations meet and none splits.

import { randomBytes } from "node:crypto";
import t from "tap";
import type { ServerOp } from "../../src/protocol/frames.js";
import { startBroker, type TestBroker } from "../helpers/broker.js";
import { text, WireClient } from "../helpers/wire-client.js";
import { comeBack, readAll, said, sign, write } from "./talk.js";

const group = { type: "create", kind: "group", title: "", members: [] } as const;

async function name(it: TestBroker, user: string): Promise<string> {
	const client = await sign(it, user, randomBytes(4).toString("hex"));
	client.cut();
	return client.welcome.user;
}

/** A token with any text as its subject, which the command line would not make. */
function broker(): Promise<TestBroker> {
	const authenticate = async (token: string) => ({
		user: token.startsWith("raw ") ? (JSON.parse(token.slice(4)) as string) : token,
		expiresAt: Date.now() + 60_000,
		issuedAt: Date.now(),
		device: null,
	});
	return startBroker({}, { authenticate: authenticate as never });
}

// C039
t.test("one name in any spelling is one user, and messages reach the same actor", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	for (const spelling of ["j\u00fcrgen", "ju\u0308rgen", "JU\u0308RGEN", "\uff2a\u00dcRGEN"]) {
		t.equal(await name(it, spelling), "j\u00fcrgen");
	}
	for (const spelling of ["Alice", "alice", "\uff21lice"]) {
		t.equal(await name(it, spelling), "alice");
	}
	const alice = await sign(it, "ALICE", "d1");
	const jurgen = await sign(it, "j\u00fcrgen", "d1");
	const ids = [await alice.open("Ju\u0308rgen"), await jurgen.open("\uff21LICE")];
	t.same(ids, ["alice~j\u00fcrgen", "alice~j\u00fcrgen"]);
	alice.write("J\u00dcRGEN~Alice", 1, 0, text("m1"));
	t.match(await alice.outcome("alice~j\u00fcrgen", 1), { type: "answer", seq: 1 });
	t.match(await jurgen.next("message"), { message: { seq: 1, sender: "alice" } });
	const { actors } = await it.broker.admin.ps();
	t.match(JSON.stringify(actors), /"users"/);
	// Grows when lower-cased: the length is that of the normal form.
	const dotted = await WireClient.dial({ wsUrl: it.wsUrl, token: alice.options.token });
	dotted.say({
		type: "hello",
		version: 1,
		token: alice.options.token,
		device: "\u0130".repeat(32),
		accepted: 0,
		offered: 0,
		outbox: dotted.outbox,
		client: "",
	});
	t.match(await dotted.next("goodbye"), { code: "ID_INVALID" });
});

const good = ["\u{1F600}", "caf\u00e9", "a/b", "a:b", "a%2fb", "__proto__", "constructor", "a\\b"];
const bad = [
	"",
	".",
	"..",
	"a b",
	"a\u0000b",
	"a~b~c",
	"x".repeat(300),
	"\u200b",
	"\u{1F468}\u200d",
];

// C040
t.test(
	"names of any characters are accepted or refused at the edge, each for itself",
	async (t) => {
		let it = await startBroker();
		t.teardown(() => it.discard());
		const ann = await sign(it, "ann");
		for (const id of good) {
			await write(ann, id, 1, group);
			await write(ann, id, 2, text(`in ${id}`));
		}
		for (const [i, id] of bad.entries()) {
			ann.write(id, i + 1, i, group);
			const answer = await ann.match(
				(op: ServerOp) => op.type === "refused" || (op.type === "error" && op.request === null),
			);
			t.match(answer, { code: /^(ID_INVALID|BAD_REQUEST)$/ }, JSON.stringify(id).slice(0, 40));
		}
		it = await it.restart();
		const again = await comeBack(it, ann);
		for (const id of good) t.same((await readAll(again, id)).map(said), [`in ${id}`]);
		for (const user of ["\u{1F600}", "__proto__", "a/b"]) {
			t.equal(await name(it, user), user);
			t.match(await again.ask({ type: "open", user }), { type: "result" });
		}
		t.match(await again.ask({ type: "open", user: "..".repeat(200) }), { code: "ID_INVALID" });
		t.match(await again.ask({ type: "open", user: "nobody" }), { code: "USER_UNKNOWN" });
	},
);

// C041
t.test("what is not well-formed merges nobody, and bodies come back byte by byte", async (t) => {
	const it = await broker();
	t.teardown(() => it.discard());
	for (const user of ["a\ud800", "a\ud801", "a\u0000", "", "x".repeat(300)]) {
		const token = `raw ${JSON.stringify(user)}`;
		const one = WireClient.connect({ wsUrl: it.wsUrl, token });
		await t.rejects(one, /closed 45/, JSON.stringify(user).slice(0, 20));
	}
	const ann = await WireClient.connect({ wsUrl: it.wsUrl, token: "ann" });
	const max = ann.welcome.limits.contentBytes;
	const conversation = await ann.open("ann");
	const bodies = [
		Buffer.from([0xff, 0xfe]),
		Buffer.from("a\u0000b"),
		Buffer.alloc(0),
		randomBytes(max),
	];
	for (const [i, content] of bodies.entries()) {
		await write(ann, conversation, i + 1, { ...text(""), content } as never);
	}
	ann.write(conversation, 5, 4, { ...text(""), content: randomBytes(max + 1) } as never);
	t.match(await ann.outcome(conversation, 5), { type: "refused", code: "MESSAGE_TOO_LARGE" });
	const kept = (await readAll(ann, conversation)).map(({ body }) =>
		Buffer.from(body?.content ?? []),
	);
	t.same(kept, bodies);
	// Bytes that are no UTF-8 where an id stands: the frame is broken, and nothing of it is done.
	const raw = Buffer.from([0x94, 0x0b, 0x07, 0xa3, 0xed, 0xa0, 0x80]);
	raw[0] = 0x93;
	ann.socket.send(raw);
	t.match(await ann.next("goodbye"), { code: "PROTOCOL" });
});
