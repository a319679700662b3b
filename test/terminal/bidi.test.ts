// Right-to-left text in the order in which it is read, from left to right on the screen.

import t from "tap";
import { ordered, orderOf, place, runsLeft } from "../../src/terminal/bidi.js";

t.test("a paragraph runs as its first letter does", async (t) => {
	t.ok(runsLeft("שלום"));
	t.ok(runsLeft("12: שלום"));
	t.ok(runsLeft("مرحبا hello"));
	t.notOk(runsLeft("hello שלום"));
	t.notOk(runsLeft("123"));
});

t.test("letters are turned around, numbers and foreign words inside are not", async (t) => {
	t.equal(ordered("אבג", true, "here"), "גבא");
	t.equal(ordered("אבג 123", true, "here"), "123 גבא");
	t.equal(ordered("say אבג now", false, "here"), "say גבא now");
	t.equal(ordered("אבג abc דה", true, "here"), "הד abc גבא");
});

t.test("brackets open the way that the text runs", async (t) => {
	t.equal(ordered("א(ב)", true, "here"), "(ב)א");
});

t.test("marks and emoji stay whole", async (t) => {
	const text = "שָׁ👩‍👩‍👧‍👦";
	t.strictSame([...place(text, true).shown], ["👩‍👩‍👧‍👦", "שָׁ"]);
	t.strictSame([...place(text, true).indices], [1, 0]);
});

t.test("a terminal that orders by itself is left to it", async (t) => {
	t.equal(orderOf({ VTE_VERSION: "7200" }), "terminal");
	t.equal(orderOf({ TERM_PROGRAM: "Apple_Terminal" }), "terminal");
	t.equal(orderOf({ TERM: "xterm-256color" }), "here");
	t.equal(ordered("אבג", true, "terminal"), "אבג");
});
