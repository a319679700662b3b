// Frames to bytes: only what changed, in one update, without a colour where none is wanted.

import t from "tap";
import { depthOf, encodeLine, type Frame, nothingDrawn, update } from "../../src/terminal/ansi.js";
import { type Line, span } from "../../src/terminal/line.js";

const columns = 20;

function frameOf(...texts: string[]): Frame {
	return { lines: texts.map((text): Line => [span(text)]), cursor: { row: 0, column: 0 } };
}

t.test("the first frame draws all, the same one again nothing", async (t) => {
	const first = update(nothingDrawn, frameOf("one", "two"), columns, 16);
	t.match(first.bytes, "one");
	t.match(first.bytes, "two");
	t.equal(update(first.drawn, frameOf("one", "two"), columns, 16).bytes, "");
});

t.test("a frame is one synchronised update that shows the cursor in its place again", async (t) => {
	const { bytes } = update(nothingDrawn, frameOf("one"), columns, 16);
	t.ok(bytes.startsWith("\u001b[?2026h\u001b[?25l"));
	t.ok(bytes.endsWith("\u001b[1;1H\u001b[?25h\u001b[?2026l"));
});

t.test("only lines that changed are sent, and none is cleared before it is written", async (t) => {
	const { drawn } = update(nothingDrawn, frameOf("one", "two", "three"), columns, 16);
	const { bytes } = update(drawn, frameOf("one", "TWO", "three"), columns, 16);
	t.match(bytes, "\u001b[2;1HTWO\u001b[K");
	t.notMatch(bytes, /one|three/);
	t.notMatch(bytes, "\u001b[2K");
});

t.test("a cursor that moves is all that is sent", async (t) => {
	const frame = frameOf("one");
	const { drawn } = update(nothingDrawn, frame, columns, 16);
	const moved = update(drawn, { ...frame, cursor: { row: 0, column: 2 } }, columns, 16);
	t.equal(moved.bytes, "\u001b[?2026h\u001b[1;3H\u001b[?2026l");
});

t.test("a line that fills the width is not cut at its end", async (t) => {
	const { bytes } = update(nothingDrawn, frameOf("x".repeat(columns)), columns, 16);
	t.notMatch(bytes, "\u001b[K");
});

t.test("after what terminals measure differently the column is set anew", async (t) => {
	const line = [span("a👩‍👩‍👧‍👦b")];
	t.match(encodeLine(line, 16), "a👩‍👩‍👧‍👦\u001b[4Gb");
	const { bytes } = update(nothingDrawn, { ...frameOf(), lines: [line] }, columns, 16);
	t.match(bytes, "\u001b[2K", "and what was there before cannot shine through");
});

t.test("a control that came as far as this does nothing either", async (t) => {
	t.equal(encodeLine([span("a\u001b[2Jb\nc")], 16), "a␛[2Jbc");
});

t.test("colours are as many as the terminal has, and none against NO_COLOR", async (t) => {
	const line = [span("x", "bad", { bold: true })];
	t.equal(encodeLine(line, 16), "\u001b[1;31mx\u001b[0m");
	t.match(encodeLine(line, 256), "38;5;");
	t.equal(encodeLine(line, 0), "\u001b[1mx\u001b[0m", "weight is no colour");
	t.equal(depthOf({ TERM: "xterm" }), 16);
	t.equal(depthOf({ TERM: "screen-256color" }), 256);
	t.equal(depthOf({ TERM: "xterm", COLORTERM: "truecolor" }), 256);
	t.equal(depthOf({ TERM: "xterm-256color", NO_COLOR: "1" }), 0);
	t.equal(depthOf({ TERM: "xterm", NO_COLOR: "" }), 16);
});
