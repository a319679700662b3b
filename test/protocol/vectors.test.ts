import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { errorTable } from "../../src/base/errors.js";
import {
	type ClientFrame,
	decodeClientFrame,
	decodeServerFrame,
	encodeClientOp,
	encodeServerOp,
	type ServerFrame,
} from "../../src/protocol/codec.js";
import { root } from "../helpers/root.js";
import {
	aliases,
	bytesOf,
	fromJson,
	hexOf,
	invalid,
	table,
	toJson,
	type Vector,
	vectors,
} from "./documented.js";

function decode(from: Vector["from"], bytes: Uint8Array): ClientFrame | ServerFrame {
	return from === "client" ? decodeClientFrame(bytes) : decodeServerFrame(bytes);
}

function encode({ from, op }: Vector): Uint8Array {
	return from === "client" ? encodeClientOp(fromJson(op)) : encodeServerOp(fromJson(op));
}

/** Every outcome is either an operation or a code: nothing else can come out of any bytes. */
function outcomes(frame: ClientFrame | ServerFrame): string[] {
	if (!frame.ok) return [frame.code];
	return frame.ops.map((op) => (op.type === "invalid" ? op.answer.code : op.type));
}

t.test("every vector encodes to its bytes and decodes to its operation", async (t) => {
	for (const vector of vectors()) {
		t.equal(hexOf(encode(vector)), vector.hex, `${vector.name} encodes`);
		const frame = decode(vector.from, bytesOf(vector.hex));
		t.same(frame.ok && toJson(frame.ops), [vector.op], `${vector.name} decodes`);
	}
});

t.test("all vectors of one side in one message decode in order", async (t) => {
	for (const from of ["client", "server"] as const) {
		const own = vectors().filter((vector) => vector.from === from);
		const frame = decode(from, bytesOf(own.map((vector) => vector.hex).join("")));
		t.same(
			frame.ok && toJson(frame.ops),
			own.map((vector) => vector.op),
		);
	}
});

t.test("docs/vectors.json holds the same as the page", async (t) => {
	const file: unknown = JSON.parse(readFileSync(join(root, "docs/vectors.json"), "utf8"));
	t.same(file, {
		protocol: "colloquy.v1",
		vectors: vectors(),
		aliases: aliases(),
		invalid: invalid(),
	});
});

t.test("other codings of a vector decode to the same operation", async (t) => {
	const byName = new Map(vectors().map((vector) => [vector.name, vector.op]));
	for (const { name, hex } of aliases()) {
		const frame = decodeClientFrame(bytesOf(hex));
		t.same(frame.ok && toJson(frame.ops), [byName.get(name)], `${name} from ${hex}`);
	}
});

t.test("what is not valid is answered as the page says", async (t) => {
	for (const { name, hex, outcome } of invalid()) {
		const frame = decodeClientFrame(bytesOf(hex));
		t.equal(said(frame), outcome, name);
	}
});

function said(frame: ClientFrame): string {
	if (!frame.ok) return frame.code;
	const op = frame.ops[0];
	if (op?.type !== "invalid") return `valid ${op?.type}`;
	const { answer } = op;
	if (answer.type === "error") return `error ${answer.request ?? "nil"} ${answer.code}`;
	const { conversation, n, code } = answer;
	return `refused ${conversation === null ? "nil" : JSON.stringify(conversation)} ${n} ${code}`;
}

t.test("a vector cut at any place is refused with a code", async (t) => {
	for (const { name, from, hex } of vectors()) {
		const bytes = bytesOf(hex);
		for (let length = 0; length < bytes.length; length++) {
			const frame = decode(from, bytes.slice(0, length));
			if (frame.ok) t.fail(`${name} cut at ${length} is taken as ${outcomes(frame)}`);
		}
	}
	t.pass();
});

t.test("a vector with any byte changed is an operation or a code, never a throw", async (t) => {
	const known = new Set<string>([
		...Object.keys(errorTable),
		...vectors().map((vector) => vector.op.type as string),
	]);
	for (const { name, from, hex } of vectors()) {
		const bytes = bytesOf(hex);
		for (let at = 0; at < bytes.length; at++) {
			for (const flip of [0x01, 0x20, 0x80, 0xff, 0x0f]) {
				const damaged = bytes.slice();
				damaged[at] = (damaged[at] as number) ^ flip;
				for (const outcome of outcomes(decode(from, damaged))) {
					if (!known.has(outcome)) t.fail(`${name}: byte ${at} changed by ${flip}: ${outcome}`);
				}
			}
		}
	}
	t.pass();
});

t.test("each message of the sample decodes, and the write is the one taken apart", async (t) => {
	const rows = table("sample");
	for (const [who, hex, says] of rows) {
		const from = (who as string).endsWith("→") ? "client" : "server";
		t.ok(decode(from, bytesOf(hex as string)).ok, says as string);
	}
	const write = rows.map(([, hex]) => hex).find((hex) => hex?.startsWith("9503"));
	const parts =
		"95 03 a7616e6e7e626f62 01 00 94 01 c4080102030405060708 aa746578742f706c61696e c4026869";
	t.equal(write, parts.replaceAll(" ", ""));
});
