// Chapter 5: numbers, gaps, repetitions, and what an answer tells.

import { type Caller, editOf, randomHex, sendOf } from "./caller.js";
import { check, type ServerStage, words } from "./stage.js";

/** A device with a conversation of its own, in which nothing is written yet under its outbox. */
async function writer(stage: ServerStage) {
	const ann = await stage.device(await stage.person());
	return { ann, self: await ann.open(ann.me) };
}

async function decided(caller: Caller, n: number): Promise<string> {
	const op = await caller.decided(n);
	const gap = op.type === "refused" && op.code === "SEND_GAP";
	return gap ? `${words(op)} expected ${op.expected}` : words(op);
}

export const writeChecks = [
	check(
		"5.1",
		"a write to the user's own entity",
		"answer 1 nil",
		async (s) => {
			const { ann } = await writer(s);
			const { n, conversation } = await ann.do(null, { type: "profile", name: "A", picture: "" });
			return `answer ${n} ${conversation ?? "nil"}`;
		},
		{ madeUsers: true },
	),
	check(
		"5.1",
		"the own entity and two conversations count apart",
		"ok, ok, ok",
		async (s) => {
			const { ann, self } = await writer(s);
			await ann.do(null, { type: "privacy", presence: "everyone" });
			await ann.send(self);
			await s.group(ann);
			return "ok, ok, ok";
		},
		{ madeUsers: true },
	),
	check("5.2", "three writes in one message", "answer 1, answer 2, answer 3", async (s) => {
		const { ann, self } = await writer(s);
		const writes = [1, 2, 3].map(
			(n) => ({ type: "write", conversation: self, n, answered: 0, command: sendOf() }) as const,
		);
		ann.say(...writes);
		const ops = [await ann.next("answer"), await ann.next("answer"), await ann.next("answer")];
		const [one, two, three] = ops.map(({ seq }) => seq) as [number, number, number];
		return two === one + 1 && three === two + 1 ? words(...ops) : `seqs ${[one, two, three]}`;
	}),
	check(
		"5.8",
		"n beyond the window, then the same once the window allows",
		"refused n, answer n",
		async (s) => {
			const { ann, self } = await writer(s);
			const n = ann.welcome.limits.window + 1;
			const command = sendOf();
			ann.write(self, n, 0, command);
			const first = await ann.decided(n);
			ann.write(self, n, n - 1, command);
			const second = await ann.decided(n);
			return `${first.type} n, ${second.type} n`;
		},
	),
	check("5.3", "n beyond the window", "refused 1000000 SEND_WINDOW", async (s) => {
		const { ann, self } = await writer(s);
		ann.write(self, 1_000_000, 0, sendOf());
		return decided(ann, 1_000_000);
	}),
	check("5.3", "n at the end of the window, and one beyond", "SEND_GAP, SEND_WINDOW", async (s) => {
		const { ann, self } = await writer(s);
		const { window } = ann.welcome.limits;
		const codes: string[] = [];
		for (const n of [window, window + 1]) {
			ann.write(self, n, 0, sendOf());
			const op = await ann.decided(n);
			codes.push(op.type === "refused" ? op.code : "ok");
		}
		return codes.join(", ");
	}),
	check("5.4", "n 2 before n 1", "refused 2 SEND_GAP expected 1", async (s) => {
		const { ann, self } = await writer(s);
		ann.write(self, 2, 0, sendOf());
		return decided(ann, 2);
	}),
	check("5.4", "back to the expected number", "answer 1, answer 2", async (s) => {
		const { ann, self } = await writer(s);
		ann.write(self, 2, 0, sendOf());
		await ann.decided(2);
		ann.write(self, 1, 0, sendOf());
		ann.write(self, 2, 0, sendOf());
		return `${await decided(ann, 1)}, ${await decided(ann, 2)}`;
	}),
	check(
		"5.4",
		"a new server that is told of 41 answered: n 42, then 44",
		"answer 42, refused 44 SEND_GAP expected 43",
		async (s) => {
			const { ann, self } = await writer(s);
			ann.write(self, 42, 41, sendOf());
			const first = await decided(ann, 42);
			ann.write(self, 44, 41, sendOf());
			return `${first}, ${await decided(ann, 44)}`;
		},
	),
	check(
		"5.5",
		"a refusal is final: the next number is decided",
		"refused 1 MESSAGE_UNKNOWN, answer 2",
		async (s) => {
			const { ann, self } = await writer(s);
			ann.write(self, 1, 0, { type: "delete", seq: 1_000_000 });
			const first = await decided(ann, 1);
			ann.write(self, 2, 1, sendOf());
			return `${first}, ${await decided(ann, 2)}`;
		},
	),
	check("5.5", "a refused write said again", "refused 1 MESSAGE_UNKNOWN, twice", async (s) => {
		const { ann, self } = await writer(s);
		const said: string[] = [];
		for (let i = 0; i < 2; i++) {
			ann.write(self, 1, 0, { type: "delete", seq: 1_000_000 });
			said.push(await decided(ann, 1));
		}
		return said[0] === said[1] ? `${said[0]}, twice` : said.join(", ");
	}),
	check(
		"5.6",
		"the same said again on a new connection",
		"the same answer, one message",
		async (s) => {
			const { ann, self } = await writer(s);
			const command = sendOf("once");
			ann.write(self, 1, 0, command);
			const first = await ann.decided(1);
			const again = await s.again(ann);
			again.write(self, 1, 0, command);
			const second = await again.decided(1);
			const { messages } = await again.history(self, null, 2);
			const same = JSON.stringify(first) === JSON.stringify(second);
			const top = first.type === "answer" && messages[0]?.seq === first.seq;
			const answers = same ? "the same answer" : words(first, second);
			return `${answers}, ${top ? "one message" : "two messages"}`;
		},
	),
	check(
		"5.6",
		"the same with another spelling of the conversation",
		"the same answer",
		async (s) => {
			const ann = await s.device(await s.person());
			const group = `g${randomHex(8)}`;
			ann.write(group, 1, 0, { type: "create", kind: "group", title: "", members: [] });
			const first = await ann.decided(1);
			ann.write(group.toUpperCase(), 1, 0, {
				type: "create",
				kind: "group",
				title: "",
				members: [],
			});
			const second = await ann.decided(1);
			return JSON.stringify(first) === JSON.stringify(second) ? "the same answer" : words(second);
		},
	),
	check(
		"5.7",
		"another content under a number that was decided",
		"refused 1 SEND_CONFLICT",
		async (s) => {
			const { ann, self } = await writer(s);
			ann.write(self, 1, 0, sendOf("one"));
			await ann.decided(1);
			ann.write(self, 1, 0, sendOf("another"));
			return decided(ann, 1);
		},
	),
	check("5.7", "a number that answered has passed", "refused 1 SEND_STALE", async (s) => {
		const { ann, self } = await writer(s);
		const command = sendOf();
		ann.write(self, 1, 0, command);
		await ann.decided(1);
		ann.write(self, 2, 1, sendOf());
		await ann.decided(2);
		ann.write(self, 1, 0, command);
		return decided(ann, 1);
	}),
	check("5.9", "one's own row: outbox and number", "for the sender only", async (s) => {
		const { ann, bob, group } = await s.pair();
		const { n } = await ann.send(group);
		const [mine] = (await ann.history(group)).messages;
		const [theirs] = (await bob.history(group)).messages;
		const own = mine?.outbox === ann.identity.outbox && mine.n === n;
		const others = theirs?.outbox === null && theirs.n === null;
		return own && others ? "for the sender only" : `${mine?.outbox} ${mine?.n} ${theirs?.outbox}`;
	}),
	check("5.9", "one's own row after it was deleted", "outbox and number still", async (s) => {
		const { ann, self } = await writer(s);
		const { n, seq } = await ann.send(self);
		await ann.do(self, { type: "delete", seq });
		const [row] = (await ann.history(self)).messages;
		const kept = row?.state === "deleted" && row.outbox === ann.identity.outbox && row.n === n;
		return kept ? "outbox and number still" : `${row?.state} ${row?.outbox} ${row?.n}`;
	}),
	check("5.10", "one's own write", "no push here, one on the other device", async (s) => {
		const person = await s.person();
		const [one, other] = [await s.device(person), await s.device(person)];
		const self = await one.open(one.me);
		await one.send(self);
		const there = (await other.quiet()).filter(({ type }) => type === "message").length;
		const here = (await one.quiet()).filter(({ type }) => type === "message").length;
		const pushes = here === 0 ? "no push" : `${here} pushes`;
		return `${pushes} here, ${there === 1 ? "one" : there} on the other device`;
	}),
	check(
		"5.10",
		"an answer and the push of the next message",
		"each continues the one before",
		async (s) => {
			const { ann, bob, group } = await s.pair();
			const first = await ann.send(group);
			const theirs = (await bob.send(group)).position;
			const push = await ann.next("message");
			const chain =
				push.from === first.position &&
				push.message.position === theirs &&
				first.from < first.position;
			return chain ? "each continues the one before" : `${first.position}, ${push.from}, ${theirs}`;
		},
	),
	check("5.10", "an edit and a deletion", "seq of the message, id of its send", async (s) => {
		const { ann, self } = await writer(s);
		const command = sendOf("first");
		const { seq } = await ann.do(self, command);
		const edited = await ann.do(self, editOf(seq));
		const [row] = (await ann.history(self, null, 1)).messages;
		const kept =
			command.type === "send" && Buffer.compare(row?.body?.id ?? Buffer.alloc(0), command.id) === 0;
		const deleted = await ann.do(self, { type: "delete", seq });
		const seqs = edited.seq === seq && deleted.seq === seq;
		const number = seqs ? "seq of the message" : "another seq";
		return `${number}, ${kept ? "id of its send" : "another id"}`;
	}),
	check("5.11", "a send with seenUpTo", "seen, as if said before", async (s) => {
		const { ann, bob, group } = await s.pair();
		const { seq } = await ann.send(group);
		await bob.next("message");
		bob.say({ type: "delivered", conversation: group, seq });
		await bob.do(group, sendOf("read it", { seenUpTo: seq }));
		const seen = await ann.match(
			(op) =>
				op.type === "status" && op.watermarks.some((one) => one.user === bob.me && one.seen >= seq),
			"the status seen",
		);
		return seen.type === "status" ? "seen, as if said before" : "";
	}),
	check("5.12", "a device signed out, another with an outbox of its own", "answer 1", async (s) => {
		const { ann, self } = await writer(s);
		await ann.send(self);
		ann.say({ type: "logout", request: 1_000, device: null });
		await ann.end();
		const again = await s.device(ann.identity.person);
		again.write(self, 1, 0, sendOf("another"));
		return decided(again, 1);
	}),
];
