import fc from "fast-check";
import t from "tap";
import { pack, unpack } from "../../src/base/pack.js";
import {
	decodeClientFrame,
	decodeServerFrame,
	encodeClientFrame,
	encodeClientOp,
	encodeServerFrame,
	encodeServerOp,
} from "../../src/protocol/codec.js";
import { scan } from "../../src/protocol/scan.js";
import { clientOp, serverOp } from "./arbitrary.js";
import { toJson } from "./documented.js";

/** `fast-check` reports by throwing, with the smallest case. */
function holds<T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => boolean | undefined): void {
	fc.assert(fc.property(arbitrary, check), { numRuns: 600 });
}

function same(one: unknown, two: unknown): boolean {
	return JSON.stringify(toJson(one)) === JSON.stringify(toJson(two));
}

t.test("whatever a client says is what the server reads", async (t) => {
	holds(clientOp, (op) => {
		const frame = decodeClientFrame(encodeClientOp(op));
		return frame.ok && same(frame.ops, [op]);
	});
	t.pass();
});

t.test("whatever a server says is what the client reads", async (t) => {
	holds(serverOp, (op) => {
		const frame = decodeServerFrame(encodeServerOp(op));
		return frame.ok && same(frame.ops, [op]);
	});
	t.pass();
});

t.test("many operations in one frame are read in the order said", async (t) => {
	holds(fc.array(clientOp, { minLength: 1, maxLength: 30 }), (ops) => {
		const frame = decodeClientFrame(encodeClientFrame(ops));
		return frame.ok && same(frame.ops, ops);
	});
	holds(fc.array(serverOp, { minLength: 1, maxLength: 30 }), (ops) => {
		const frame = decodeServerFrame(encodeServerFrame(ops));
		return frame.ok && same(frame.ops, ops);
	});
	t.pass();
});

t.test("what was encoded before stays as it was, however much is encoded after", async (t) => {
	const sample = fc.sample(serverOp, 500);
	const kept = sample.map((op) => encodeServerOp(op));
	const copies = kept.map((bytes) => bytes.slice());
	for (const op of fc.sample(serverOp, 2_000)) encodeServerOp(op);
	t.ok(kept.every((bytes, i) => Buffer.compare(bytes, copies[i] as Uint8Array) === 0));
});

t.test("another MessagePack library reads the same, and its coding is read", async (t) => {
	// The outside judge is msgpackr, which writes whole numbers beyond 2^32 as floats.
	const starts = { at: [], count: 0 };
	holds(clientOp, (op) => {
		const array = unpack(encodeClientOp(op));
		const theirs = pack(array);
		const frame = decodeClientFrame(theirs);
		return scan(theirs, 1, starts) === null && frame.ok && same(frame.ops, [op]);
	});
	holds(serverOp, (op) => {
		const frame = decodeServerFrame(pack(unpack(encodeServerOp(op))));
		return frame.ok && same(frame.ops, [op]);
	});
	t.pass();
});

t.test("any part of a frame cut away or changed gives operations or a code", async (t) => {
	holds(fc.tuple(clientOp, fc.maxSafeNat(), fc.nat(255)), ([op, place, byte]) => {
		const bytes = encodeClientOp(op).slice();
		const at = place % bytes.length;
		decodeServerFrame(bytes.subarray(0, at));
		if (decodeClientFrame(bytes.subarray(0, at)).ok) return false;
		bytes[at] = byte;
		decodeClientFrame(bytes);
		decodeServerFrame(bytes);
		return true;
	});
	t.pass();
});

t.test("what a newer peer appends to operations and records is passed over", async (t) => {
	const extra = ["later", [1, [2, [3]]], new Uint8Array(3), 2 ** 40];
	holds(clientOp, (op) => {
		const array = unpack(encodeClientOp(op)) as unknown[];
		if (op.type === "write") {
			const full = 2 + Object.keys(op.command).length - 1;
			const command = array[4] as unknown[];
			while (command.length < full) command.push(null);
			command.push(...extra);
		} else while (array.length < Object.keys(op).length) array.push(null);
		const frame = decodeClientFrame(pack([...array, ...extra]));
		return frame.ok && same(frame.ops, [op]);
	});
	t.pass();
});
