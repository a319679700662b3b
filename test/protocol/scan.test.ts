import fc from "fast-check";
import t from "tap";
import { depthMax } from "../../src/protocol/limits.js";
import { type Starts, scan } from "../../src/protocol/scan.js";
import { isWellFormed, textOf } from "../../src/protocol/utf8.js";
import { bytesOf } from "./documented.js";

const starts: Starts = { at: [], count: 0 };

function fault(hex: string, opsMax = 100): string | null {
	return scan(bytesOf(hex), opsMax, starts);
}

t.test("a sound frame tells where its operations begin", async (t) => {
	t.equal(fault("9105"), null);
	t.same(starts.at.slice(0, starts.count), [0]);
	t.equal(fault("9105" + "9205c0" + "dc000105" + "dd0000000105" + "9105"), null);
	t.same(starts.at.slice(0, starts.count), [0, 2, 5, 9, 15]);
});

t.test("every allowed type passes, and each of them cut anywhere does not", async (t) => {
	const values = [
		...["00", "7f", "e0", "ff", "c0", "c2", "c3"],
		...["cc80", "cd0100", "ce00010000", "cf0000000100000000"],
		...["d080", "d1ff00", "d2ff000000", "d3ff00000000000000"],
		...["ca3f800000", "cb3ff0000000000000"],
		...["a0", "a161", "d903616263", "da0003616263", "db00000003616263"],
		...["c400", "c403010203", "c50003010203", "c600000003010203"],
		...["90", "9101", "dc000101", "dd0000000101"],
	];
	for (const value of values) {
		const hex = `92 05 ${value}`.replaceAll(" ", "");
		t.equal(fault(hex), null, value);
		for (let length = 2; length < hex.length; length += 2) {
			t.type(fault(hex.slice(0, length)), "string", `${value} cut at ${length / 2}`);
		}
	}
});

t.test("each byte that begins a map, an extension or nothing is refused", async (t) => {
	const room = "00".repeat(40);
	for (let byte = 0; byte < 256; byte++) {
		const map = byte >= 0x80 && byte < 0x90;
		const extension = (byte >= 0xc7 && byte <= 0xc9) || (byte >= 0xd4 && byte <= 0xd8);
		const bad = map || extension || byte === 0xc1 || byte === 0xde || byte === 0xdf;
		const found = fault(`9205${byte.toString(16).padStart(2, "0")}${room}`);
		t.equal(found === "a map, an extension or a reserved type", bad, byte.toString(16));
	}
});

t.test("depth is bounded, and reached exactly", async (t) => {
	const deep = (arrays: number) => `${"91".repeat(arrays)}05`;
	t.equal(fault(deep(depthMax)), null);
	t.match(fault(deep(depthMax + 1)), /inside each other/);
	t.equal(fault(`${"91".repeat(depthMax - 1)}90`), null);
	t.match(fault(`${"91".repeat(depthMax)}90`), /inside each other/);
	t.equal(fault(`93 05 ${deep(depthMax - 1)} ${deep(depthMax - 1)}`.replaceAll(" ", "")), null);
});

t.test("the number of operations is bounded, and reached exactly", async (t) => {
	t.equal(fault("9105".repeat(100)), null);
	t.match(fault("9105".repeat(101)), /more than 100 operations/);
});

t.test("a text is taken exactly when the platform takes it as UTF-8", async (t) => {
	const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
	function judged(bytes: Uint8Array): string | null {
		try {
			return strict.decode(bytes);
		} catch {
			return null;
		}
	}
	/** Bytes near the borders of the forms, where mistakes are. */
	const edge = fc.constantFrom(
		...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf],
		...[0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff],
	);
	fc.assert(
		fc.property(fc.array(edge, { maxLength: 8 }), (list) => {
			const bytes = new Uint8Array([0x41, ...list, 0x42]);
			const text = judged(bytes.subarray(1, bytes.length - 1));
			if (isWellFormed(bytes, 1, bytes.length - 1) !== (text !== null)) return false;
			return text === null || textOf(bytes, 1, bytes.length - 1) === text;
		}),
		{ numRuns: 20_000 },
	);
	t.pass();
});

t.test("every text comes out as it went in, seen before or not", async (t) => {
	const encoder = new TextEncoder();
	fc.assert(
		fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
			const bytes = encoder.encode(`x${text}`);
			const once = textOf(bytes, 1, bytes.length);
			return once === text && textOf(bytes, 1, bytes.length) === text;
		}),
		{ numRuns: 2_000 },
	);
	// A mark of byte order is a character like any other.
	t.equal(textOf(encoder.encode("\ufeffab"), 0, 5), "\ufeffab");
});
