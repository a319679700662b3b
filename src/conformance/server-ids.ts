// Chapter 3: one rule for ids, the ids of direct conversations, and texts that come back unchanged.

import { type Caller, randomHex, sendOf } from "./caller.js";
import { check, type ServerStage } from "./stage.js";

/** What a server makes of an id that names nothing: whether it is an id at all. */
async function judged(stage: ServerStage, conversation: string): Promise<string> {
	const ann = await stage.one();
	return ann.asked({ type: "info", conversation, cursor: null, limit: 1 });
}

const unlawful: readonly (readonly [string, string])[] = [
	["empty", ""],
	["one dot", "."],
	["two dots", ".."],
	["a blank inside", "a b"],
	["a control character", "a\u0007"],
	["a zero-width joiner", "a\u200db"],
	["a line separator", "a\u2028b"],
	["a private character", "a\ue000"],
	["three parts with ~", "a~b~c"],
	["101 bytes", "x".repeat(101)],
	["51 letters of two bytes", "ü".repeat(51)],
];

const lawful: readonly (readonly [string, string])[] = [
	["100 bytes", "x".repeat(100)],
	["letters, digits, signs", "q-7_.:@+!"],
	["another script", "проверка"],
	["an emoji", "\u{1f600}"],
];

export const idChecks = [
	...unlawful.map(([name, id]) => check("3.1", `id: ${name}`, "ID_INVALID", (s) => judged(s, id))),
	...lawful.map(([name, id]) =>
		check("3.1", `id: ${name}`, "CONVERSATION_UNKNOWN", (s) => judged(s, `${id}`)),
	),
	check("3.1", "device of 64 bytes, of 65, with ~", "ok, ID_INVALID, ID_INVALID", async (s) => {
		const ann = await s.one();
		const asked: string[] = [];
		for (const device of ["d".repeat(64), "d".repeat(65), "a~b"]) {
			asked.push(await ann.asked({ type: "logout", device }));
		}
		return asked.join(", ");
	}),
	check(
		"3.1",
		"a user named composed, decomposed and in full-width capitals",
		"one user, three times",
		async (s) => {
			const tail = randomHex(6);
			const spelled = [`jürgen${tail}`, `ju\u0308rgen${tail}`, `ＪÜＲＧＥＮ${tail}`];
			const [user = ""] = spelled;
			const token = await s.token(user, 3_600_000);
			await s.device({ user, token });
			const bob = await s.one();
			const found = await bob.result({ type: "profiles", users: spelled });
			const names = found.profiles.map((profile) => profile.user);
			return names.join() === [user, user, user].join() ? "one user, three times" : names.join();
		},
		{ madeUsers: true },
	),
	check(
		"3.2",
		"a direct conversation, opened from both sides",
		"the lesser ~ the greater, twice",
		async (s) => {
			const [ann, bob] = (await s.several(2)) as [Caller, Caller];
			const id = [ann.me, bob.me].sort().join("~");
			const opened = [await ann.open(bob.me), await bob.open(ann.me)];
			return opened.every((one) => one === id) ? "the lesser ~ the greater, twice" : opened.join();
		},
	),
	check("3.2", "its two users the other way round", "ok", async (s) => {
		const [ann, bob] = (await s.several(2)) as [Caller, Caller];
		const id = await ann.open(bob.me);
		const turned = id.split("~").reverse().join("~");
		return ann.asked({ type: "info", conversation: turned, cursor: null, limit: 1 });
	}),
	check("3.2", "one with oneself", "the user, twice", async (s) => {
		const ann = await s.one();
		const id = await ann.open(ann.me);
		return id === `${ann.me}~${ann.me}` ? "the user, twice" : id;
	}),
	check("3.3", "a write to an id in capitals", "answer with its normal form", async (s) => {
		const ann = await s.one();
		const group = await s.group(ann);
		ann.write(group.toUpperCase(), 2, 1, sendOf());
		const { type, conversation } = await ann.decided(2);
		return conversation === group ? `${type} with its normal form` : String(conversation);
	}),
	check("3.3", "a write to a text that is no id", "refused with that very text", async (s) => {
		const ann = await s.one();
		const text = "No Id At All";
		const op = await ann.outcome(text, sendOf());
		return op.conversation === text ? "refused with that very text" : String(op.conversation);
	}),
	check("3.3", "a write to a text of 1,025 bytes", "error nil ID_INVALID", async (s) => {
		const ann = await s.one();
		ann.write("x".repeat(1_025), 1, 0, sendOf());
		const op = await ann.next("error");
		return `error ${op.request ?? "nil"} ${op.code}`;
	}),
	check("3.4", "content of all 256 bytes", "as it was sent", async (s) => {
		const [ann, bob] = (await s.several(2)) as [Caller, Caller];
		const group = await s.group(ann, [bob]);
		const content = Uint8Array.from({ length: 256 }, (_, byte) => byte);
		await ann.do(group, sendOf("", { content, contentType: "application/x-any; a=1" }));
		const { body } = (await bob.next("message")).message;
		const same = body !== null && Buffer.compare(body.content, content) === 0;
		return same && body.contentType === "application/x-any; a=1" ? "as it was sent" : "changed";
	}),
	check("3.4", "a title with NUL and another script", "as it was sent", async (s) => {
		const ann = await s.one();
		const id = randomHex(16);
		const title = "a\u0000 \u202eשלום ü";
		await ann.do(id, { type: "create", kind: "group", title, members: [] });
		const info = await ann.result({ type: "info", conversation: id, cursor: null, limit: 1 });
		return info.title === title ? "as it was sent" : JSON.stringify(info.title);
	}),
];
