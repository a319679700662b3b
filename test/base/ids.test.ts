// The rule for ids (faults C039, C041): what looks the same is one, what misleads is none.

import fc from "fast-check";
import t from "tap";
import {
	conversationId,
	conversationIdBytesMax,
	deviceId,
	directId,
	directMembers,
	userId,
	userIdBytesMax,
} from "../../src/base/ids.js";

const encoder = new TextEncoder();
const anything = fc.string({ unit: "binary", maxLength: 30 });
const nearly = fc.string({ unit: fc.constantFrom(..."aAbB~. é\u0301ßΣσςİ"), maxLength: 12 });
const raw = fc.oneof(anything, nearly);

function holds(check: (one: string, two: string) => boolean): void {
	fc.assert(fc.property(raw, raw, check), { numRuns: 2_000 });
}

/** A title that no terminal and no reader of TAP stumbles over. */
function points(text: string): string {
	return Array.from(text, (char) => char.codePointAt(0)?.toString(16)).join(" ");
}

t.test("the normal form is its own normal form", async (t) => {
	holds((one) => {
		const id = userId(one);
		return id === null || userId(id) === id;
	});
	// Alone, between letters, and doubled: rules of case look at what stands around.
	const restless: string[] = [];
	for (let point = 0x80; point < 0x110000; point++) {
		const char = String.fromCodePoint(point);
		// What neither rule touches stays as it is wherever it stands.
		if (char.normalize("NFKC") === char && char.toLowerCase() === char) continue;
		for (const text of [char, `a${char}b`, char + char]) {
			const id = userId(text);
			if (id !== null && userId(id) !== id) restless.push(point.toString(16));
		}
	}
	t.same(restless, []);
});

t.test("letters in either case, composed or not, narrow or wide, are one id", async (t) => {
	for (const same of [
		["jürgen", "ju\u0308rgen", "JÜRGEN", "JU\u0308RGEN", "ｊüｒｇｅｎ"],
		["alice", "Alice", "ALICE", "Ａlice", "ａｌｉｃｅ", "𝐀lice"],
		["admin", "ADMIN", "ａｄｍｉｎ", "Ⓐdmin"],
		["ﬁ", "fi", "FI"],
		["k", "K", "\u212a"],
	]) {
		t.same(new Set(same.map(userId)).size, 1, same.join(" "));
	}
	t.not(userId("strasse"), userId("straße"), "but not what is only spelled alike");
});

t.test("a text that is not well-formed is no id, so that no two of them can merge", async (t) => {
	for (const text of ["a\ud800", "a\ud801", "\udc00a", "a\udfff\ud800b"]) {
		t.equal(userId(text), null);
		t.equal(deviceId(text), null);
		t.equal(conversationId(text), null);
	}
});

t.test("controls, blanks, marks of direction and what has no meaning are refused", async (t) => {
	for (const text of ["a\u0000", "a\nb", "a b", "a\u00a0b", "a\u3000b", "\u200ba", "\u202ea"]) {
		t.equal(userId(text), null, points(text));
	}
	for (const text of ["\ue000", "\u0378", "a\u00ad", "\ufeffa", "\u2028"]) {
		t.equal(userId(text), null, points(text));
	}
});

t.test("nothing, dots and the separator are refused", async (t) => {
	for (const text of ["", ".", "..", "．", "‥", "a~b", "~", "～"]) {
		t.equal(userId(text), null, text);
	}
	t.equal(userId("..."), "...");
	t.equal(userId("a/b"), "a/b");
	t.equal(userId("__proto__"), "__proto__");
});

t.test("length is measured in bytes, on the form that is kept", async (t) => {
	t.equal(userId("x".repeat(userIdBytesMax)), "x".repeat(userIdBytesMax));
	t.equal(userId("x".repeat(userIdBytesMax + 1)), null);
	t.equal(userId("İ".repeat(255)), null, "grows when lowered");
	t.equal(userId("\ufdfa".repeat(10)), null, "holds blanks once taken apart");
	holds((one) => {
		const id = userId(one);
		return id === null || encoder.encode(id).length <= userIdBytesMax;
	});
});

t.test("a megabyte of anything is refused at once", async (t) => {
	t.equal(userId("\ufdfa".repeat(350_000)), null);
	t.equal(conversationId("~".repeat(1_000_000)), null);
	t.equal(conversationId(`a~${"b".repeat(1_000_000)}`), null);
});

t.test("a direct conversation's id names its two members in one order", async (t) => {
	t.equal(directId("bob", "ann"), "ann~bob");
	t.same(directMembers("ann~bob"), ["ann", "bob"]);
	t.same(directMembers("ann~ann"), ["ann", "ann"]);
	t.equal(directMembers("trip"), null);
	holds((one, two) => {
		const [a, b] = [userId(one), userId(two)];
		if (a === null || b === null) return conversationId(`${one}~${two}`) === null;
		const id = directId(a, b);
		const members = directMembers(id);
		return (
			conversationId(`${one}~${two}`) === id &&
			conversationId(`${two}~${one}`) === id &&
			members?.join() === [a, b].sort().join() &&
			encoder.encode(id).length <= conversationIdBytesMax
		);
	});
});

t.test("a conversation's id is its own normal form as well", async (t) => {
	holds((one) => {
		const id = conversationId(one);
		return id === null || conversationId(id) === id;
	});
	t.pass();
});
