// Text in a terminal: what others write can do nothing to it, and every width is a number of cells.

import * as fc from "fast-check";
import t from "tap";
import {
	clip,
	clusters,
	clusterWidth,
	harmless,
	harmlessLine,
	pad,
	width,
	wrap,
} from "../../src/terminal/text.js";

t.test("no control sequence gets through, whatever it is made of", async (t) => {
	const attacks = [
		"\u001b[2J\u001b[H",
		"\u001b]0;title\u0007",
		"\u001b]52;c;cm0gLXJm\u001b\\",
		"\u009b31m",
		"\u0090q\u009c",
		"a\u0008\u0008b",
		"\u007f",
		"\u0000",
		"\u001b%G",
	];
	for (const attack of attacks)
		t.notMatch(harmless(attack), /[^\n\P{Cc}]/u, JSON.stringify(attack));
	t.equal(harmless("\u001b[31mred"), "␛[31mred", "it can be seen that something was there");
	fc.assert(
		fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
			return !/[^\n\P{Cc}]|\p{Cs}|[\u202a-\u202e\u2066-\u2069]/u.test(harmless(text));
		}),
	);
});

t.test("nothing turns a line around or hides in it", async (t) => {
	t.equal(harmless("abc\u202egpj.exe"), "abcgpj.exe");
	t.equal(harmless("a\u2067b\u2069c\u200fd\u061ce"), "abcde");
	t.equal(harmless("pay\u200bpal\ufeff\u00ad\u{e0041}"), "paypal");
	t.equal(harmless("x\ud800y"), "x\ufffdy");
	t.equal(harmless(`a${"\u0301".repeat(50)}b`), `a${"\u0301".repeat(4)}b`, "no towers of marks");
	t.equal(harmless("👨‍👩‍👧 নু‌ক"), "👨‍👩‍👧 নু‌ক", "joiners that languages and emoji need stay");
});

t.test("line ends of all kinds are one, and a name has none", async (t) => {
	t.equal(harmless("a\r\nb\rc\u2028d\u0085e"), "a\nb\nc\nd\ne");
	t.equal(harmlessLine("a \n\n b"), "a b");
	t.equal(harmless("a\tb"), "a    b");
});

t.test("what a person takes for one character is one, and as wide as its cells", async (t) => {
	const cases: readonly (readonly [string, number, number])[] = [
		["abc", 3, 3],
		["e\u0301", 1, 1],
		["你好", 2, 4],
		["한글", 2, 4],
		["👍🏽", 1, 2],
		["👩‍👩‍👧‍👦", 1, 2],
		["🇩🇪", 1, 2],
		["❤️", 1, 2],
		["1️⃣", 1, 2],
		["ｆ", 1, 2],
		["שלום", 4, 4],
		["", 0, 0],
	];
	for (const [text, count, cells] of cases) {
		t.equal(clusters(text).length, count, text);
		t.equal(width(text), cells, text);
	}
	t.equal(clusterWidth("\u0301"), 0);
});

t.test("clipping and padding never cut a character", async (t) => {
	t.equal(clip("hello", 5), "hello");
	t.equal(clip("hello", 4), "hel…");
	t.equal(clip("你好吗", 5), "你好…");
	t.equal(clip("你好吗", 4), "你…");
	t.equal(clip("👩‍👩‍👧‍👦👍", 3), "👩‍👩‍👧‍👦…");
	t.equal(clip("x", 0), "");
	t.equal(pad("ab", 4), "ab  ");
	t.equal(pad("ab", 4, "right"), "  ab");
	t.equal(pad("你好", 3), "你…");
});

t.test(
	"wraps at blanks, between wide characters, and inside a word only when it must",
	async (t) => {
		t.strictSame(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
		t.strictSame(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
		t.strictSame(wrap("ab abcdefgh", 5), ["ab", "abcde", "fgh"]);
		t.strictSame(wrap("你好世界", 5), ["你好", "世界"]);
		t.strictSame(wrap("a\n\nb", 5), ["a", "", "b"]);
		t.strictSame(wrap("", 5), [""]);
		t.strictSame(wrap("one two   ", 7), ["one two"], "blanks at the end take no line");
	},
);

t.test("no wrapped line is too wide, and no character is lost", async () => {
	const text = fc.string({
		unit: fc.constantFrom("a", "b", " ", "好", "👍🏽", "e\u0301", "👩‍👩‍👧‍👦", "\n"),
		maxLength: 60,
	});
	fc.assert(
		fc.property(text, fc.integer({ min: 2, max: 20 }), (text, cells) => {
			const lines = wrap(text, cells);
			const same = lines.join("").replaceAll(" ", "") === text.replace(/[ \n]/g, "");
			return same && lines.every((line) => width(line) <= cells);
		}),
	);
});
