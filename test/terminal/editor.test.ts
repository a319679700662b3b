// The input line, key by key.

import t from "tap";
import { type Editor, edit, emptyEditor, entered, withText } from "../../src/terminal/editor.js";
import { KeyReader } from "../../src/terminal/keys.js";

/** The state after these bytes; a key that means nothing is left out. */
function typed(bytes: string, from: Editor = emptyEditor): Editor {
	return new KeyReader().read(bytes).reduce((editor, key) => edit(editor, key) ?? editor, from);
}

/** The text with the cursor as `|`. */
function shown({ text, cursor }: Editor): string {
	const all = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)];
	const parts = all.map(({ segment }) => segment);
	return [...parts.slice(0, cursor), "|", ...parts.slice(cursor)].join("");
}

t.test("types, moves and erases by whole characters", async (t) => {
	t.equal(shown(typed("héllo")), "héllo|");
	t.equal(shown(typed("abc\u001b[D\u001b[Dx")), "ax|bc");
	t.equal(shown(typed("a👩‍👩‍👧‍👦b\u001b[D\u007f")), "a|b");
	t.equal(shown(typed("e\u0301x\u007f\u007f")), "|");
	t.equal(shown(typed("e")), "e|");
	t.equal(shown(typed("\u0301", typed("e"))), "e\u0301|", "a mark joins what stands before it");
	t.equal(shown(typed("ab\u001b[H\u001b[3~")), "|b");
	t.equal(shown(typed("\u007f\u001b[D\u001b[3~")), "|");
});

t.test("words: back, forth, away, and back again", async (t) => {
	t.equal(shown(typed("one two\u001b[1;5D")), "one |two");
	t.equal(shown(typed("one two\u001b[1;5D\u001b[1;5D\u001b[1;5C")), "one| two");
	t.equal(shown(typed("one two\u0017")), "one |");
	t.equal(shown(typed("one two\u0017\u0019\u0019")), "one twotwo|");
	t.equal(shown(typed("one two\u001b[1;5D\u000b")), "one |");
	t.equal(shown(typed("one two\u001b[1;5D\u0015")), "|two");
});

t.test("what was entered comes back, and what was being typed with it", async (t) => {
	const two = entered(withText(entered(withText(emptyEditor, "first")), "second"));
	t.equal(two.text, "");
	t.equal(shown(typed("dra\u001b[A", two)), "second|");
	t.equal(shown(typed("dra\u001b[A\u001b[A\u001b[A", two)), "first|");
	t.equal(shown(typed("dra\u001b[A\u001b[A\u001b[B\u001b[B", two)), "dra|");
	t.equal(shown(typed("\u001b[B", two)), "|");
	t.strictSame(entered(withText(two, "second")).history, ["first", "second"], "not twice");
});

t.test("a paste keeps its lines and loses its controls; Alt-Enter makes a line", async (t) => {
	t.equal(typed("\u001b[200~a\r\nb\u001b[31m\u001b[201~").text, "a\nb␛[31m");
	t.equal(typed("a\u001b\rb").text, "a\nb");
});

t.test("keys of the screen are not the line's", async (t) => {
	for (const bytes of ["\r", "\t", "\u001b[5~", "\u001b[1;3A", "\u0003"]) {
		const [key] = new KeyReader().read(bytes);
		t.equal(key && edit(emptyEditor, key), null, JSON.stringify(bytes));
	}
});
