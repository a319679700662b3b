// Chapter 2, and the vectors of 17: other codings of the same, fields left out and added, and what
// is said to bytes that are not valid.

import { decodeClientFrame, decodeServerFrame } from "../protocol/codec.js";
import { unhex, utf8 } from "./bytes.js";
import { type Caller, sendOf } from "./caller.js";
import { protocolVectors } from "./page.js";
import { check, type ServerCheck, words } from "./stage.js";

/** What comes for one message of bytes, a ping behind it showing where the answers end. */
async function answered(caller: Caller, hex: string): Promise<string> {
	caller.sayHex(hex);
	const request = 4_000_000;
	caller.say({ type: "ping", request });
	const fits = (op: { type: string; request?: unknown }) =>
		op.type === "goodbye" || (op.type === "result" && op.request === request);
	const last = await caller.match(fits, "an answer");
	// A read may take longer than the ping behind it.
	if (caller.heard.length === 0)
		await caller.until(
			() => caller.heard.length > 0,
			5_000,
			() => "nothing came",
		);
	const before = words(...caller.heard.splice(0));
	if (last.type === "result") return before;
	await caller.end();
	return words(last);
}

const five = [
	"05",
	"cc05",
	"d005",
	"cf0000000000000005",
	"d30000000000000005",
	"ca40a00000",
	"cb4014000000000000",
];

/** In the words of vectors.json. */
async function outcome(caller: Caller, hex: string): Promise<string> {
	caller.sayHex(hex);
	caller.say({ type: "ping", request: 4_000_000 });
	const op = await caller.match(() => true, "an outcome");
	if (op.type === "goodbye") return op.code;
	if (op.type === "error") return `error ${op.request ?? "nil"} ${op.code}`;
	if (op.type !== "refused") return words(op);
	const where = op.conversation === null ? "nil" : JSON.stringify(op.conversation);
	return `refused ${where} ${op.n} ${op.code}`;
}

const invalid: ServerCheck[] = protocolVectors().invalid.map(({ name, hex, outcome: expected }) =>
	check("17.3", name, expected, async (s) => outcome(await s.one(), hex)),
);

/** What each operation among the aliases brings a stranger to the conversations it names. */
const understood: Readonly<Record<string, string>> = {
	delivered: "error nil CONVERSATION_UNKNOWN",
	"history, older": "error 2 CONVERSATION_UNKNOWN",
	list: "result 3 list",
	"react, taken back": "refused 1 CONVERSATION_UNKNOWN",
};

const aliases: ServerCheck[] = protocolVectors().aliases.flatMap(({ name, hex }) => {
	const expected = understood[name];
	if (expected === undefined) return [];
	const situation = `${name} as ${hex}`;
	return [check("17.2", situation, expected, async (s) => answered(await s.one(), hex))];
});

/** The kit reads and writes by the vectors as well, or its own findings would be worth nothing. */
function unreadable(): string {
	const bad = protocolVectors().vectors.filter(({ from, hex }) => {
		const bytes = unhex(hex);
		return !(from === "client" ? decodeClientFrame(bytes) : decodeServerFrame(bytes)).ok;
	});
	return bad.length === 0 ? "all read" : bad.map(({ name }) => name).join(", ");
}

export const encodingChecks = [
	check(
		"2.1",
		"three operations in one message",
		"result 1 ping, result 2 list, result 3 ping",
		async (s) => {
			const ann = await s.one();
			ann.say(
				{ type: "ping", request: 1 },
				{ type: "list", request: 2, cursor: null, limit: 1 },
				{ type: "ping", request: 3 },
			);
			await ann.until(
				() => ann.heard.length >= 3,
				5_000,
				() => words(...ann.heard),
			);
			const sorted = ann.heard.toSorted((a, b) => requestOf(a) - requestOf(b));
			return words(...sorted);
		},
	),
	check("2.2", "an operation of one element more than its code", "result 9 ping", async (s) =>
		answered(await s.one(), "921109"),
	),
	...five.map((coding) =>
		check("2.4", `request 5 as ${coding}`, "result 5 ping", async (s) =>
			answered(await s.one(), `9211${coding}`),
		),
	),
	check("2.4", "request 2^53 − 1", "result 9007199254740991 ping", async (s) =>
		answered(await s.one(), "9211cf001fffffffffffff"),
	),
	check("2.4", "request 2^53", "error nil BAD_REQUEST", async (s) =>
		answered(await s.one(), "9211cf0020000000000000"),
	),
	check("2.3", "elements of every lawful type behind the last field", "result 6 ping", async (s) =>
		answered(await s.one(), "9c1106c0c2c3ff2aca3f800000cb3ff0000000000000a161c4016190"),
	),
	check("2.5", "eight arrays deep behind the last field", "result 6 ping", async (s) =>
		answered(await s.one(), "93110691919191919190"),
	),
	check("2.6", "list with both optional fields left out", "result 3 list", async (s) =>
		answered(await s.one(), "920703"),
	),
	check("2.6", "list with both optional fields nil", "result 3 list", async (s) =>
		answered(await s.one(), "940703c0c0"),
	),
	check("2.6", "list with two fields more than are known", "result 3 list", async (s) =>
		answered(await s.one(), "960703c00aa17892c0c3"),
	),
	check("2.6", "create with more fields than are known", "answer 1", async (s) => {
		const ann = await s.one();
		const id = Buffer.from(ann.identity.outbox).toString("hex");
		// The conversation is 32 digits long; the command has a list and a text too many.
		return answered(ann, `9503d920${id}0100${"960601a0c090a178"}`);
	}),
	check("2.7", "the same list in longer headers", "result 3 list", async (s) =>
		answered(await s.one(), "dd00000004cc07ce00000003c0cd000a"),
	),
	check(
		"2.8",
		"a field is not valid: the rest of the message is done",
		"error 1 BAD_REQUEST, result 2 ping",
		async (s) => answered(await s.one(), "9506" + "01a161c000" + "921102"),
	),
	check(
		"2.8",
		"the structure is broken: nothing in the message is done",
		"goodbye PROTOCOL",
		async (s) => {
			const ann = await s.one();
			ann.sayHex(`921101${"9204d46900"}`);
			await ann.end();
			return words(...ann.heard);
		},
	),
	check("2.8", "a hello that is not valid", "no welcome", async (s) => {
		const ann = await s.dial(await s.person());
		ann.sayHex("970101a161a1610000c40f000000000000000000000000000000");
		await ann.end();
		return ann.heard.some(({ type }) => type === "welcome") ? "welcome" : "no welcome";
	}),
	check(
		"2.9",
		"the kinds of three conversations, as they travel",
		"direct 0, group 1, channel 2",
		async (s) => {
			const ann = await s.one();
			const ids = [await ann.open(ann.me), await s.group(ann), await s.group(ann, [], "channel")];
			const said: string[] = [];
			for (const conversation of ids) {
				const { kind } = await ann.result({ type: "info", conversation, cursor: null, limit: 1 });
				// A result: code, request, kind of result (19), and the first field, in one byte each.
				said.push(`${kind} ${ann.messages.at(-1)?.at(4)}`);
			}
			return said.join(", ");
		},
	),
	check("2.10", "an error, as it travels", "the text OP_UNKNOWN", async (s) => {
		const ann = await s.one();
		await answered(ann, "9132");
		const text = Buffer.concat([Buffer.from([0xaa]), utf8("OP_UNKNOWN")]);
		return ann.messages.some((bytes) => bytes.includes(text))
			? "the text OP_UNKNOWN"
			: "no such text";
	}),
	check(
		"2.11",
		"the server's clock in welcome, ping and an answer",
		"one clock, forwards",
		async (s) => {
			const ann = await s.one();
			const { at } = await ann.send(await ann.open(ann.me));
			const { now } = await ann.result({ type: "ping" });
			const start = ann.welcome.now;
			const lawful = start > 1_500_000_000_000 && at >= start && now >= at && now < start + 60_000;
			return lawful ? "one clock, forwards" : `${start}, ${at}, ${now}`;
		},
	),
	check(
		"2.11",
		"ttlMs beyond ten years, until beyond the year 9999",
		"BAD_REQUEST, BAD_REQUEST",
		async (s) => {
			const ann = await s.one();
			const self = await ann.open(ann.me);
			const ttl = await ann.tried(self, sendOf("hi", { ttlMs: 315_360_000_001 }));
			return `${ttl}, ${await ann.tried(self, { type: "mute", until: 253_402_300_800_000 })}`;
		},
	),
	check("17.1", "the kit itself reads every vector", "all read", async () => unreadable()),
	...aliases,
	...invalid,
];

function requestOf(op: { readonly type: string }): number {
	return "request" in op ? Number(op.request) : 0;
}
