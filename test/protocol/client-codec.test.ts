// The client's small codec says the same bytes and reads the same operations as the large one: on
// every vector, on operations made at random, and on bytes that are broken everywhere.

import fc from "fast-check";
import t from "tap";
import * as small from "../../src/protocol/client-codec.js";
import * as large from "../../src/protocol/codec.js";
import { clientOp, serverOp } from "./arbitrary.js";
import { aliases, bytesOf, fromJson, hexOf, invalid, toJson, vectors } from "./documented.js";

/** What a frame reads as; of a broken one only that it is. */
function read(frame: large.ServerFrame): unknown {
	return frame.ok ? toJson(frame.ops) : frame.code;
}

t.test("every vector", async (t) => {
	for (const { name, from, hex, op } of vectors()) {
		if (from === "client") t.equal(hexOf(small.encodeClientOp(fromJson(op))), hex, name);
		else t.same(read(small.decodeServerFrame(bytesOf(hex))), [op], name);
	}
	for (const { name, hex } of [...aliases(), ...invalid()]) {
		const bytes = bytesOf(hex);
		t.same(read(small.decodeServerFrame(bytes)), read(large.decodeServerFrame(bytes)), name);
	}
});

t.test("any operation of a client", async () => {
	fc.assert(
		fc.property(fc.array(clientOp, { minLength: 1, maxLength: 4 }), (ops) => {
			const expected = hexOf(large.encodeClientFrame(ops));
			return hexOf(small.encodeClientFrame(ops)) === expected;
		}),
		{ numRuns: 1_500 },
	);
});

t.test("any operation of a server", async (t) => {
	fc.assert(
		fc.property(fc.array(serverOp, { minLength: 1, maxLength: 4 }), (ops) => {
			const bytes = large.encodeServerFrame(ops);
			t.strictSame(
				read(small.decodeServerFrame(bytes)),
				read(large.decodeServerFrame(bytes)),
				hexOf(bytes).slice(0, 200),
			);
		}),
		{ numRuns: 400 },
	);
});

t.test("broken everywhere · as the large one sees it, and nothing is thrown", async (t) => {
	let differ = 0;
	for (const { from, hex, name } of vectors()) {
		if (from === "client") continue;
		const whole = bytesOf(hex);
		for (let at = 0; at < whole.length; at += 1) {
			const flipped = Uint8Array.from(whole);
			flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
			for (const bytes of [whole.slice(0, at), flipped]) {
				const one = read(small.decodeServerFrame(bytes));
				const two = read(large.decodeServerFrame(bytes));
				if (JSON.stringify(one) === JSON.stringify(two)) continue;
				differ += 1;
				t.comment(`${name} ${hexOf(bytes)}: ${JSON.stringify(one)}, not ${JSON.stringify(two)}`);
			}
		}
	}
	t.equal(differ, 0);
});

t.test("a frame inside a larger buffer is read from its own bytes", async (t) => {
	const { hex, op } = vectors().find(({ from }) => from === "server") as {
		hex: string;
		op: unknown;
	};
	const around = new Uint8Array(hex.length / 2 + 20).fill(0x93);
	around.set(bytesOf(hex), 7);
	const frame = small.decodeServerFrame(around.subarray(7, 7 + hex.length / 2));
	t.same(read(frame), [op]);
});

t.test("what cannot be said is a TypeError of the caller", async (t) => {
	const send = fromJson<large.SaidOp>(vectors().find(({ name }) => name === "send")?.op);
	const wrong: unknown[] = [
		{ type: "nothing" },
		{ type: "seen", conversation: "c", seq: -1 },
		{ type: "seen", conversation: "c", seq: 1.5 },
		{ type: "seen", conversation: "half \ud800", seq: 1 },
		{ type: "watch", users: [1] },
		{ ...send, command: { type: "profile", name: null, picture: "" } },
		{ ...send, command: { type: "role", user: "u", role: "king" } },
	];
	for (const op of wrong) t.throws(() => small.encodeClientOp(op as large.SaidOp), TypeError);
	t.ok(small.encodeClientOp(send).length > 0, "and the next one is as ever");
});
