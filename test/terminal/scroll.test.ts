// Scrolling: a page up and down again, what is hidden below, and a place that stays while others
// talk.

import t from "tap";
import { lineText } from "../../src/terminal/line.js";
import {
	hiddenBelow,
	type Look,
	messageLines,
	pageDown,
	pageUp,
} from "../../src/terminal/messages.js";
import { unicodeSigns } from "../../src/terminal/theme.js";
import type { Anchor, OpenView } from "../../src/terminal/view.js";
import { message, now, openView } from "./views.js";

process.env.TZ = "UTC";

const look: Look = { signs: unicodeSigns, order: "here" };
const asked = { me: "ann", now, numbered: false };
const area = { columns: 60, rows: 10 };

function talk(count: number): OpenView {
	return openView(
		Array.from({ length: count }, (_, at) => message(at + 1, "bob", 1, `m${at + 1}`)),
	);
}

/** The numbers of the messages in sight. */
function inSight(open: OpenView, anchor: Anchor): number[] {
	const lines = messageLines(open, anchor, area, asked, look);
	t.equal(lines.length, area.rows);
	return lines.flatMap((line) => {
		const found = /│ m(\d+)/.exec(lineText(line));
		return found === null ? [] : [Number(found[1])];
	});
}

function range(from: number, to: number): number[] {
	return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

t.test("pages up with two lines in common, to the very first, and not beyond", async (t) => {
	const open = talk(24);
	t.strictSame(inSight(open, null), range(15, 24));
	const first = pageUp(open, null, area, asked, look);
	t.strictSame(inSight(open, first.anchor), range(7, 16));
	t.notOk(first.atTop);
	const second = pageUp(open, first.anchor, area, asked, look);
	// The line of the date is the first of all.
	t.strictSame(inSight(open, second.anchor), range(1, 9));
	t.ok(second.atTop, "older ones may be asked for");
	t.strictSame(pageUp(open, second.anchor, area, asked, look).anchor, second.anchor);
});

t.test("pages down again, and at the end follows what comes", async (t) => {
	const open = talk(24);
	const up = pageUp(open, pageUp(open, null, area, asked, look).anchor, area, asked, look).anchor;
	const down = pageDown(open, up, area, asked, look);
	t.strictSame(inSight(open, down), range(8, 17));
	const end = pageDown(open, down, area, asked, look);
	t.equal(end, null);
	t.equal(pageDown(open, null, area, asked, look), null);
});

t.test("what comes meanwhile moves nothing, and is counted", async (t) => {
	const { anchor } = pageUp(talk(24), null, area, asked, look);
	t.strictSame(inSight(talk(30), anchor), range(7, 16));
	t.equal(hiddenBelow(talk(24), anchor), 8);
	t.equal(hiddenBelow(talk(30), anchor), 14);
	t.equal(hiddenBelow(talk(30), null), 0);
});

t.test("all in sight: a page up stays where it is", async (t) => {
	const { anchor, atTop } = pageUp(talk(3), null, area, asked, look);
	t.equal(anchor, null);
	t.ok(atTop);
});

t.test("a message longer than the screen is paged through as well", async (t) => {
	const text = Array.from({ length: 35 }, (_, at) => `line ${at}`).join("\n");
	const open = openView([message(1, "bob", 1, text)]);
	const first = (anchor: Anchor) =>
		/line \d+/.exec(messageLines(open, anchor, area, asked, look).map(lineText).join("\n"))?.[0];
	t.equal(first(null), "line 25");
	const up = pageUp(open, null, area, asked, look).anchor;
	t.equal(first(up), "line 17");
	t.equal(first(pageDown(open, up, area, asked, look)), "line 25");
});

t.test("a flood shows its beginning and how much more there is", async (t) => {
	const open = openView([message(1, "bob", 1, "x\n".repeat(500))]);
	const lines = messageLines(open, null, area, asked, look).map(lineText);
	t.match(lines.at(-1), /… 441 more lines/);
});
