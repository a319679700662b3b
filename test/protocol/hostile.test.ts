// Frames as an attacker or a broken client makes them (faults C029, C030, C031, C033).

import t from "tap";
import { systemClock } from "../../src/base/clock.js";
import { pack, unpack } from "../../src/base/pack.js";
import { decodeClientFrame, decodeServerFrame } from "../../src/protocol/codec.js";
import { opCode } from "../../src/protocol/frames.js";
import { bytesOf } from "./documented.js";

function repeat(hex: string, times: number, end = ""): Uint8Array {
	return bytesOf(hex.repeat(times) + end);
}

/** By how much memory grew while the decoders refused. */
function cost(bytes: Uint8Array): { rss: number; refused: boolean } {
	const before = process.memoryUsage().rss;
	const refused = !decodeClientFrame(bytes).ok && !decodeServerFrame(bytes).ok;
	return { refused, rss: process.memoryUsage().rss - before };
}

const bombs: readonly (readonly [string, Uint8Array])[] = [
	["24,000 array headers that claim 65,535 each", repeat("dcffff", 24_000)],
	["10,000 arrays of one inside each other", repeat("91", 10_000, "c0")],
	["200,000 arrays of one inside each other", repeat("91", 200_000, "c0")],
	["an array of 2^32 - 1", bytesOf("ddffffffff")],
	["an array of 2^32 - 1 inside an operation", bytesOf("920addffffffff")],
	["a map of 2^32 - 1", bytesOf("9204dfffffffff")],
	["bytes of 2^32 - 1", bytesOf("9204c6ffffffff")],
	["a text of 2^32 - 1", bytesOf("9204dbffffffff")],
	["an extension of 2^32 - 1", bytesOf("9204c9ffffffff01")],
	["100,000 arrays of nothing deep in an operation", repeat("90", 100_000)],
];

t.test("a bomb of nested or endless headers is refused without memory", async (t) => {
	for (const [name, bytes] of bombs) {
		// The best of a few: what else the machine does is not the decoder's cost.
		const tries = [cost(bytes), cost(bytes), cost(bytes), cost(bytes)];
		const rss = Math.min(...tries.map((one) => one.rss));
		t.ok(tries[0]?.refused, `${name} is refused`);
		t.ok(rss < 4_000_000, `${name} takes ${rss} bytes`);
	}
});

t.test("the library for rows does not give in to a bomb either", async (t) => {
	// Only rows of our own reach it. A canary: an update that weakens it is seen here.
	for (const [name, bytes] of bombs) {
		const before = process.memoryUsage().rss;
		t.throws(() => unpack(bytes), name);
		t.ok(process.memoryUsage().rss - before < 200_000_000, name);
	}
});

/** The structured-clone extensions of msgpackr, and the ones everybody has. */
const extensions = [
	"81d46900" /* a map with an id as key */,
	"9291d66900000001d67000000001" /* a value, then a reference to it */,
	"91d6690000000193d67000000001c0c0" /* a list that holds itself */,
	"d67000000001" /* a reference to nothing */,
	"81910101" /* a map with an array as key */,
	"d47300" /* a set */,
	"c70b7401666f6f" /* a typed array, cut */,
	"d6ff00000000" /* a timestamp */,
	"d7ff0000000000000000",
	"c70cff000000000000000000000000",
	"d40000" /* undefined, as msgpackr writes it */,
	"c1",
	"d57200ff",
];

t.test("every map, extension and reserved byte is refused, wherever it stands", async (t) => {
	for (const hex of extensions) {
		for (const around of [`9204${hex}`, `9503a16101009201${hex}`, `9304a16101${hex}`, hex]) {
			t.ok(cost(bytesOf(around)).refused, around);
		}
	}
});

t.test("maps that would reach a prototype are refused before anything is made", async (t) => {
	const key = (text: string) => `a${text.length.toString(16)}${Buffer.from(text).toString("hex")}`;
	for (const name of ["__proto__", "constructor", "prototype"]) {
		const map = `81${key(name)}81${key("polluted")}c3`;
		for (const around of [`9204${map}`, `9503a16101009201${map}`, `9503a1610100930c${map}c0`]) {
			t.notOk(decodeClientFrame(bytesOf(around)).ok, `${name} in ${around}`);
		}
	}
	t.notOk(decodeClientFrame(bytesOf("920482a16101a16102")).ok, "duplicate keys");
	t.notOk(decodeClientFrame(bytesOf("920481c001")).ok, "a nil key");
	t.notOk("polluted" in {}, "the prototype of all is as it was");
});

t.test("an id named like a property of all objects is an id like any other", async (t) => {
	for (const id of ["__proto__", "constructor", "prototype", "tostring", "hasownproperty"]) {
		const hex = (0xa0 | id.length).toString(16) + Buffer.from(id).toString("hex");
		const frame = decodeClientFrame(bytesOf(`9304${hex}05`));
		t.same(frame.ok && frame.ops, [{ type: "delivered", conversation: id, seq: 5 }]);
	}
});

const fives = ["05", "cc05", "cd0005", "ce00000005", "cf0000000000000005"];
const signedFives = ["d005", "d10005", "d200000005", "d30000000000000005"];
const floatFives = ["ca40a00000", "cb4014000000000000"];

const noNumbers = {
	"1.5": "cb3ff8000000000000",
	"1.5, short": "ca3fc00000",
	NaN: "cb7ff8000000000000",
	Infinity: "cb7ff0000000000000",
	"-Infinity": "cbfff0000000000000",
	"-0": "cb8000000000000000",
	"-0, short": "ca80000000",
	"-1": "ff",
	"-1, coded in 8 bits": "d0ff",
	"-1, coded in 64 bits": "d3ffffffffffffffff",
	"2^53": "cf0020000000000000",
	"2^53 + 1": "cf0020000000000001",
	"2^64 - 1": "cfffffffffffffffff",
	"2^53 as a float": "cb4340000000000000",
	"5e-324": "cb0000000000000001",
	"a text": "a135",
	bytes: "c40105",
	nil: "c0",
	true: "c3",
};

t.test("5 is 5 in every coding", async (t) => {
	for (const five of [...fives, ...signedFives, ...floatFives]) {
		const frame = decodeClientFrame(bytesOf(`9304a161${five}`));
		t.same(frame.ok && frame.ops, [{ type: "delivered", conversation: "a", seq: 5 }], five);
	}
	const largest = decodeClientFrame(bytesOf("9304a161cf001fffffffffffff"));
	t.same(largest.ok && largest.ops[0], {
		type: "delivered",
		conversation: "a",
		seq: Number.MAX_SAFE_INTEGER,
	});
});

t.test(
	"what is no whole number is refused with one code, in every place of a number",
	async (t) => {
		const send = "c4080102030405060708a0c400";
		const places: readonly (readonly [string, string, string])[] = [
			["delivered.seq", "9304a161", "RECEIPT_INVALID"],
			["seen.seq", "9305a161", "RECEIPT_INVALID"],
			["pull.position", "940901a161", "BAD_REQUEST"],
			["ping.request", "9211", "BAD_REQUEST"],
			["write.n", "9503a161", "BAD_REQUEST"],
			["write.answered", "9503a16101", "BAD_REQUEST"],
			["delete.seq", "9503a16101009203", "BAD_REQUEST"],
			["mute.until", "9503a1610100920e", "BAD_REQUEST"],
			["ready.generation", "9202", "BAD_REQUEST"],
		];
		const optional: readonly (readonly [string, string, string])[] = [
			["history.limit", "950601a161c0", "BAD_REQUEST"],
			["history.before", "940601a161", "BAD_REQUEST"],
			["send.clientTime", `9503a161010099 01${send}c0c0c0c0`.replace(" ", ""), "BAD_REQUEST"],
			["send.replyTo", `9503a161010095 01${send}`.replace(" ", ""), "BAD_REQUEST"],
		];
		for (const [number, hex] of Object.entries(noNumbers)) {
			for (const [place, before, code] of number === "nil" ? places : [...places, ...optional]) {
				// Behind n and answered the rest of a write must stand.
				const rest = place === "write.n" ? "009109" : place === "write.answered" ? "9109" : "";
				const frame = decodeClientFrame(bytesOf(before + hex + rest));
				const op = frame.ok ? frame.ops[0] : undefined;
				t.equal(op?.type === "invalid" && op.answer.code, code, `${number} as ${place}`);
			}
		}
	},
);

/** A value of any allowed type, arrays of such among them. */
function anything(depth: number): unknown {
	const random = (below: number) => Math.floor(systemClock.random() * below);
	switch (random(depth > 0 ? 9 : 7)) {
		case 0:
			return null;
		case 1:
			return random(2) === 0;
		case 2:
			return random(300);
		case 3:
			return systemClock.random() * 1e14;
		case 4:
			return "abc~d".slice(random(5));
		case 5:
			return "x".repeat(random(300));
		case 6:
			return systemClock.randomBytes(random(20));
		default:
			return Array.from({ length: random(8) }, () => anything(depth - 1));
	}
}

t.test("no sound structure with the wrong values in it makes a decoder throw", async (t) => {
	// The decoder reads on in a few places after the first wrong value: it must not run off. Here a
	// content type of bytes, whose own length and first bytes look like the head of a huge content.
	const lure = `c4c6ffffffff${"00".repeat(194)}`;
	const lured = decodeClientFrame(
		bytesOf(`9503a161010094 01c4080102030405060708${lure}c400`.replace(" ", "")),
	);
	t.match(lured.ok && lured.ops[0], { answer: { detail: "send.contentType is not a text" } });
	const codes = [...Object.values(opCode), 0, 22, 63, 78, 99];
	for (let round = 0; round < 100_000; round++) {
		const code = codes[round % codes.length] as number;
		const values = Array.from({ length: round % 10 }, () => anything(4));
		const command = [round % 20, ...values];
		const op = round % 3 === 0 ? [opCode.write, "a", 5, 1, command] : [code, ...values];
		const bytes = pack(op);
		decodeClientFrame(bytes);
		decodeServerFrame(bytes);
	}
	t.pass();
});

t.test("no bytes at random make a decoder throw", async (t) => {
	for (let round = 0; round < 20_000; round++) {
		const bytes = systemClock.randomBytes(1 + (round % 60));
		// Half of them begin like an operation, so that they get further.
		if (round % 2 === 0) bytes.set([0x95, 1 + (round % 21)].slice(0, bytes.length));
		decodeClientFrame(bytes);
		decodeServerFrame(bytes);
	}
	t.pass();
});
