// Ids at the edge: the quick way and the rule of `base/ids.ts` are one and the same rule.

import fc from "fast-check";
import t from "tap";
import { conversationId, deviceId, directId, userId } from "../../src/base/ids.js";
import { decodeClientFrame, encodeClientOp } from "../../src/protocol/codec.js";
import { readConversation, readDevice, readUser } from "../../src/protocol/names.js";
import { Reader } from "../../src/protocol/reader.js";
import { Writer } from "../../src/protocol/writer.js";
import { bytesOf } from "./documented.js";

const writer = new Writer();
const reader = new Reader();

function read(readId: (reader: Reader) => string, raw: string): string | null {
	writer.begin();
	writer.text(raw);
	reader.start(writer.finish().slice(), 0);
	const id = readId(reader);
	return reader.code === null ? id : null;
}

/** Everything that decides: letters of both cases, the separator, dots, blanks, accents. */
const nearly = fc.string({
	unit: fc.oneof(
		{ weight: 8, arbitrary: fc.constantFrom(..."abcAB019.~!}[@`|{_-") },
		fc.constantFrom(" ", "\u0000", "é", "e\u0301", "Ａ", "İ", "\u200b", "👍", "\ue000"),
	),
	maxLength: 12,
});
const long = fc
	.tuple(nearly, fc.nat(220))
	.map(([text, length]) => [...text.repeat(20)].slice(0, length).join(""));

t.test("ids are read exactly as the rule takes them", async (t) => {
	fc.assert(
		fc.property(fc.oneof(nearly, long), (raw) => {
			return (
				read(readUser, raw) === userId(raw) &&
				read(readDevice, raw) === deviceId(raw) &&
				read(readConversation, raw) === conversationId(raw)
			);
		}),
		{ numRuns: 10_000 },
	);
	t.pass();
});

t.test("a direct conversation is one, whichever of the two stands first", async (t) => {
	t.equal(read(readConversation, "bob~ann"), "ann~bob");
	t.equal(read(readConversation, "ann~bob"), "ann~bob");
	t.equal(read(readConversation, "Ann~ＢＯＢ"), "ann~bob");
	t.equal(read(readConversation, "a~a"), "a~a");
	t.equal(read(readConversation, "ab~a"), "a~ab");
	t.equal(read(readConversation, "ann~bob~cy"), null);
	t.equal(read(readConversation, "~ann"), null);
	t.equal(read(readConversation, "ann~"), null);
	t.equal(read(readConversation, "~"), null);
});

t.test("the longest ids pass, one byte more does not", async (t) => {
	const name = "a".repeat(100);
	t.equal(read(readUser, name), name);
	t.equal(read(readUser, `${name}a`), null);
	t.equal(read(readConversation, `${name}~${name}`), `${name}~${name}`);
	t.equal(read(readConversation, `${name}~${name}a`), null);
	t.equal(read(readConversation, `${name}a`), null);
	t.equal(read(readDevice, "d".repeat(64)), "d".repeat(64));
	t.equal(read(readDevice, "d".repeat(65)), null);
	t.equal(read(readUser, "é".repeat(50)), "é".repeat(50));
	t.equal(read(readUser, "é".repeat(51)), null);
});

t.test("composed, decomposed, upper case and full width are one user", async (t) => {
	for (const raw of ["jürgen", "ju\u0308rgen", "JÜRGEN", "ＪÜＲＧＥＮ"]) {
		t.equal(read(readUser, raw), "jürgen");
	}
	t.equal(directId("jürgen", "ann"), "ann~jürgen");
});

t.test("a name that grows when lowered is measured after it has grown", async (t) => {
	// 33 capital dotted i are 66 bytes, in lower case 99; 34 are 102.
	t.equal(read(readUser, "İ".repeat(33))?.length, 66);
	t.equal(read(readUser, "İ".repeat(34)), null);
	t.equal(read(readUser, "İ".repeat(255)), null);
});

t.test("ids that end in half a character never reach a rule: the frame is refused", async (t) => {
	// \ud800 and \ud801 as a careless encoder writes them, and as a careful one replaces them.
	t.equal(decodeClientFrame(bytesOf("9304a461eda08001")).ok, false);
	t.equal(decodeClientFrame(bytesOf("9304a461eda08101")).ok, false);
	const op = { type: "open", request: 1, user: "a\ud800" } as const;
	t.throws(() => encodeClientOp(op), TypeError, "our own client does not replace it either");
});

t.test("NUL in an id is refused, in content it goes through", async (t) => {
	t.equal(read(readUser, "a\u0000b"), null);
	const frame = decodeClientFrame(
		bytesOf("9503a161010094 01c4080102030405060708a0c403610062".replace(" ", "")),
	);
	const op = frame.ok ? frame.ops[0] : undefined;
	const command = op?.type === "write" ? op.command : undefined;
	t.same(command?.type === "send" && [...command.content], [0x61, 0, 0x62]);
});

t.test(
	"ids that mislead a path or an actor's name are ids, or refused with a reason",
	async (t) => {
		for (const id of ["a/b", "a:b", "%2e%2e", "👍", "__proto__", "日本", "...", "a..b"]) {
			t.equal(read(readUser, id), id);
		}
		for (const raw of ["", ".", "..", "a b", " ", "a~b", "\u202eabc", "a\u00adb"]) {
			t.equal(read(readUser, raw), null, JSON.stringify(raw));
		}
	},
);
