// The kit is worth what it finds: servers that are wrong in one thing each, and the cross that has
// to stand for it.

import t from "tap";
import type { Choice } from "../../src/conformance/index.js";
import { encodeServerOp } from "../../src/protocol/codec.js";
import type { ServerOp } from "../../src/protocol/frames.js";
import { startBroker } from "../helpers/broker.js";
import { type Falsify, type Liar, proveThrough } from "../helpers/proving.js";

interface Lie extends Liar {
	readonly name: string;
	/** The clause and the start of the situation that must be crossed out. */
	readonly crossed: readonly [string, string];
	/** What the table must say came instead. */
	readonly got: RegExp;
	/** Another situation to try, when the one crossed out is a rule for all bytes. */
	readonly tried?: readonly [string, string];
}

/** Changes operations of one type. */
function when<T extends ServerOp["type"]>(
	type: T,
	lie: (op: Extract<ServerOp, { type: T }>) => readonly ServerOp[] | Uint8Array,
): Falsify {
	return (op) => (op.type === type ? lie(op as Extract<ServerOp, { type: T }>) : [op]);
}

const onSend = ["P-6.3", "a message to a device that is level, how often"] as const;
const onPing = ["P-15.3", "an unknown operation between two others"] as const;

const lies: readonly Lie[] = [
	{
		name: "the answer to write 2 never comes",
		op: when("answer", (op) => (op.n === 2 ? [] : [op])),
		crossed: ["P-5.2", "three writes in one message"],
		got: /did not come/,
	},
	{
		name: "every push comes twice",
		op: when("message", (op) => [op, op]),
		crossed: onSend,
		got: /^message 1, message 1$/,
	},
	{
		name: "every push comes twice, as a rule for all connections",
		op: when("message", (op) => [op, op]),
		tried: onSend,
		crossed: ["P-6.3", "pushes of a connection continue each other"],
		got: /message 1 at \d+ twice/,
	},
	{
		name: "every other message is not pushed",
		op: when("message", (op) => (op.message.seq % 2 === 0 ? [] : [op])),
		tried: ["P-7.1", "delivered"],
		crossed: ["P-6.3", "a message to a device that is level"],
		got: /did not come/,
	},
	{
		name: "the number of a pulled message is one too high",
		op: when("result", (op) => {
			if (op.result.type !== "pull") return [op];
			const items = op.result.items.map((item) =>
				item.type === "message"
					? { ...item, message: { ...item.message, seq: item.message.seq + 1 } }
					: item,
			);
			return [{ ...op, result: { ...op.result, items } }];
		}),
		crossed: ["P-6.2", "ten messages from two members"],
		got: /^2,3,4/,
	},
	{
		name: "an answer names the position before its own",
		op: when("answer", (op) => [{ ...op, position: Math.max(0, op.position - 1) }]),
		crossed: ["P-6.1", "positions of an answer"],
		got: /^\d+, \d+, \d+$/,
	},
	{
		name: "strangers hear that a conversation exists",
		op: when("refused", (op) => [
			op.code === "CONVERSATION_UNKNOWN" ? { ...op, code: "NOT_A_MEMBER" } : op,
		]),
		crossed: ["P-12.7", "send in a direct"],
		got: /outsider NOT_A_MEMBER/,
	},
	{
		name: "a gap is told without the number to go back to",
		op: when("refused", (op) => [{ ...op, expected: null }]),
		crossed: ["P-5.4", "n 2 before n 1"],
		got: /expected null/,
	},
	{
		name: "writes are refused twice",
		op: when("refused", (op) => [op, op]),
		tried: ["P-5.5", "a refusal is final"],
		crossed: ["P-5.5", "writes get one outcome"],
		got: /refused 1 once more/,
	},
	{
		name: "results come twice",
		op: when("result", (op) => [op, op]),
		tried: ["P-9.4", "open twice"],
		crossed: ["P-9.2", "requests get one result"],
		got: /once more/,
	},
	{
		name: "an operation of no known number comes along",
		op: when("result", (op) => joined(op, "9163")),
		tried: onPing,
		crossed: ["P-11.1", "every operation of the server is one of the page"],
		got: /operation 99/,
	},
	{
		name: "numbers are longer than they have to be",
		// [67, request, …]: the code as a uint8.
		op: when("result", (op) => {
			const bytes = Buffer.from(encodeServerOp(op));
			return Buffer.concat([bytes.subarray(0, 1), Buffer.from([0xcc]), bytes.subarray(1)]);
		}),
		tried: onPing,
		crossed: ["P-2.7", "every message of the server is in the canonical form"],
		got: /^94cc43|^9.cc43/,
	},
	{
		name: "messages end in the middle",
		op: when("result", (op) => encodeServerOp(op).subarray(0, -1)),
		tried: onPing,
		crossed: ["P-2.1", "every message of the server is operations"],
		got: /cut|ends|beyond|more/i,
	},
	{
		name: "messages are text",
		text: true,
		tried: ["P-14.5", ""],
		crossed: ["P-1.3", "every message of the server is binary"],
		got: /a text message/,
	},
	{
		name: "another close code than the goodbye's",
		close: (code) => (code === 4500 ? 4000 : code),
		tried: ["P-2.8", "the structure is broken"],
		crossed: ["P-14.1", "close code after a goodbye"],
		got: /4000 after PROTOCOL/,
	},
	{
		name: "a generation is given twice",
		op: when("welcome", (op) => [{ ...op, generation: 1 }]),
		crossed: ["P-4.4", "the same device connects again"],
		got: /did not come|^\d+, \d+;|^1, 1/,
	},
	{
		name: "every connection has an epoch of its own",
		op: when("welcome", (op) => [{ ...op, epoch: op.session }]),
		crossed: ["P-4.7", "the epoch, twice"],
		got: /^another$/,
	},
	{
		name: "nobody gets marks",
		op: when("marks", () => [{ type: "marks", marks: [], last: true }]),
		crossed: ["P-6.5", "back after a message"],
		got: /^undefined of \d+$/,
	},
	{
		name: "content is not what was sent",
		op: when("message", (op) => {
			const { body } = op.message;
			if (body === null) return [op];
			const content = body.content.map((byte) => byte & 0x7f);
			return [{ ...op, message: { ...op.message, body: { ...body, content } } }];
		}),
		crossed: ["P-3.4", "content of all 256 bytes"],
		got: /^changed$/,
	},
	{
		name: "delivered is told as seen",
		op: when("status", (op) => {
			const watermarks = op.watermarks.map((mark) => ({ ...mark, seen: mark.delivered }));
			return [{ ...op, watermarks }];
		}),
		crossed: ["P-7.1", "delivered"],
		got: /1\/1$/,
	},
	{
		name: "who hides is shown",
		op: when("presence", (op) => [
			{ ...op, users: op.users.map((one) => ({ ...one, state: "online", lastSeen: 1 })) },
		]),
		crossed: ["P-8.4", "who hides from everybody"],
		got: /^online$/,
	},
];

function joined(op: ServerOp, hex: string): Uint8Array {
	return Buffer.concat([encodeServerOp(op), Buffer.from(hex, "hex")]);
}

/** Only the situations that start so. */
function among(situations: readonly (readonly [string, string])[]): Choice {
	return ({ clause, situation }) =>
		situations.some(([number, start]) => clause === number && situation.startsWith(start));
}

t.test("each wrong server gets the cross that it deserves", async (t) => {
	const broker = await startBroker();
	t.teardown(() => broker.discard());
	for (const { name, crossed, tried = crossed, got, ...liar } of lies) {
		const report = await proveThrough(broker, liar, among([tried, crossed]));
		const wrong = report.findings.find(among([crossed]));
		t.equal(wrong?.ok, false, `${name}: crossed out`);
		t.match(wrong?.got, got, name);
	}
	const right = await proveThrough(
		broker,
		{},
		among(lies.flatMap(({ crossed, tried = crossed }) => [tried, crossed])),
	);
	t.strictSame(
		right.findings.filter(({ ok }) => !ok),
		[],
		"without a lie nothing is crossed out",
	);
	t.ok(right.total > lies.length);
});
