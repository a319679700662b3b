// What stands on the screen, cell by cell. The pictures are of 80 columns unless they say
// otherwise; where one is wrong, look at it before changing it.

import t from "tap";
import { frame, panelFrom, type Size } from "../../src/terminal/frame.js";
import { cells, lineText, lineWidth } from "../../src/terminal/line.js";
import type { Look } from "../../src/terminal/messages.js";
import { asciiSigns, unicodeSigns } from "../../src/terminal/theme.js";
import type { View } from "../../src/terminal/view.js";
import { listItem, message, now, openView, rowsOf, typing, viewWith } from "./views.js";

process.env.TZ = "UTC";

const look: Look = { signs: unicodeSigns, order: "here" };
const small: Size = { columns: 80, rows: 24 };

function rows(view: View, size: Size = small, as: Look = look): string[] {
	return rowsOf(frame(view, size, as));
}

/** The rows that hold something, rules left out. */
function said(view: View, size: Size = small): string[] {
	return rows(view, size).filter((row) => row !== "" && !/^─+$/.test(row));
}

t.test("a day's talk: dates, names once, ticks in their column, the new line", async (t) => {
	const talk = openView(
		[
			message(1, "bob", 1_500, "Morning! Is the broker up?"),
			message(2, "ann", 60, "It is."),
			{ ...message(3, "ann", 59, "Twice killed, nothing lost."), status: "delivered" },
			{ ...message(4, "ann", 58, "And now?"), status: "sent" },
			message(5, "bob", 12, "Coming to the review?"),
			message(6, "bob", 11, "It starts at half past."),
			{ ...message(7, "ann", 0, "on my way"), seq: null, status: "queued" },
		],
		{ unreadFrom: 5, typing: ["bob"] },
	);
	const view = viewWith(talk, { editor: typing("save me a seat") });
	t.strictSame(rows(view, { columns: 80, rows: 16 }), [
		" bob  ● online                                                              ann",
		"────────────────────────────────────────────────────────────────────────────────",
		"",
		"",
		"────────────────────────────────── Yesterday ───────────────────────────────────",
		" 17:12   bob │ Morning! Is the broker up?",
		"──────────────────────────────────── Today ─────────────────────────────────────",
		" 17:12   ann │ It is.                                                       ✓✓●",
		"             │ Twice killed, nothing lost.                                  ✓✓",
		"             │ And now?                                                     ✓",
		"───────────────────────────────────── new ──────────────────────────────────────",
		" 18:00   bob │ Coming to the review?",
		"             │ It starts at half past.",
		" 18:12   ann │ on my way                                                    ○",
		"── bob is typing… ──────────────────────────────────────────────────────────────",
		" › save me a seat",
	]);
	t.strictSame(frame(view, { columns: 80, rows: 16 }, look).cursor, { row: 15, column: 17 });
});

t.test("an answer, reactions, an edit, a deletion, a refusal", async (t) => {
	const talk = openView([
		{
			...message(1, "ann", 9, "Ten minutes ago."),
			reply: { from: "bob", text: "Did the new\nbuild go out?" },
			reactions: [
				{ emoji: "👍", users: ["bob"] },
				{ emoji: "❤️", users: ["bob", "ann"] },
			],
		},
		{ ...message(2, "bob", 8, "no hurry"), edited: true },
		{ ...message(3, "bob", 7, "secret"), deleted: true },
		{
			...message(4, "ann", 6, "hello?"),
			seq: null,
			status: "refused",
			error: "one of the two has blocked the other",
		},
	]);
	t.strictSame(said(viewWith(talk)).slice(2, -1), [
		" 18:03   ann │ ↳ bob: Did the new build go out?                             ✓✓●",
		"             │ Ten minutes ago.",
		"             │ 👍 bob  ❤️ 2",
		" 18:04   bob │ no hurry (edited)",
		"             │ deleted",
		" 18:06   ann │ hello?                                                       ✗",
		"             │ not sent: one of the two has blocked the other",
	]);
	t.notMatch(rows(viewWith(talk)).join("\n"), "secret");
});

t.test("oneself has one colour, also where one is quoted", async (t) => {
	const reply = { from: "ann", text: "hi" };
	const talk = openView([message(1, "ann", 9, "hi"), { ...message(2, "bob", 8, "yes"), reply }]);
	const pieces = frame(viewWith(talk), small, look).lines.slice(2).flat();
	const tones = pieces.filter(({ text }) => text.trim() === "ann").map(({ tone }) => tone);
	t.strictSame(tones, ["accent", "accent"]);
});

t.test("a group shows how many of how many on the way to the next step", async (t) => {
	const own = (seq: number, delivered: number, seen: number) => ({
		...message(seq, "ann", 1, `m${seq}`),
		status:
			seen === 4 ? ("seen" as const) : delivered === 4 ? ("delivered" as const) : ("sent" as const),
		counts: { delivered, seen, of: 4 },
	});
	const talk = openView([own(1, 4, 4), own(2, 4, 2), own(3, 3, 0), own(4, 0, 0)], {
		kind: "group",
		title: "Release party",
		presence: null,
		members: 5,
		typing: ["bob", "carol"],
	});
	const shown = said(viewWith(talk));
	t.match(shown[0], /^ # Release party {2}5 members/);
	t.match(shown[2], /m1 +✓✓●$/);
	t.match(shown[3], /m2 +2\/4 ✓✓$/);
	t.match(shown[4], /m3 +3\/4 ✓$/);
	t.match(shown[5], /m4 +✓$/);
	t.match(shown[6], /^── bob and carol are typing… ─+$/);
});

t.test(
	"wide characters, emoji, marks and right-to-left text keep every column in place",
	async (t) => {
		const texts = [
			"你好,世界",
			"👩‍👩‍👧‍👦 family",
			"e\u0301te\u0301",
			"שלום (עולם) 12",
			"مرحبا",
			"🇩🇪❤️1️⃣",
		];
		const talk = openView(texts.map((text, at) => ({ ...message(at + 1, "ann", 9, text) })));
		const { lines } = frame(viewWith(talk), small, look);
		for (const line of lines.filter((one) => lineText(one).includes("✓"))) {
			t.equal(lineWidth(line), 80, lineText(line));
			t.equal(cells(line)[13], "│");
			t.equal(cells(line)[76], "✓");
		}
		const hebrew = rows(viewWith(talk)).find((row) => row.includes("12 "));
		t.match(hebrew, /12 \(םלוע\) םולש +✓✓●$/, "runs to the left, from the right");
	},
);

t.test("with room there is a list of conversations, with what is unread", async (t) => {
	const list = [
		listItem("bob", { unread: 0 }),
		listItem("Release party", { id: "g", kind: "group", presence: null, unread: 3 }),
		listItem("dora", { presence: { type: "away" }, at: now - 86_400_000, preview: "好的,明天見" }),
		listItem("news", { id: "c", kind: "channel", presence: null, unread: 12, muted: true }),
	];
	const view = viewWith(openView([message(1, "bob", 1, "hi")]), { list });
	const size = { columns: 110, rows: 14 };
	const shown = rows(view, size);
	t.strictSame(
		frame(view, size, look)
			.lines.slice(0, 10)
			.map((line) => cells(line).slice(0, 31).join("")),
		[
			" Conversations                │",
			"──────────────────────────────┼",
			"▌● bob                  18:11 │",
			"▌  bob said something         │",
			" # Release party        18:11 │",
			"   Release party said so…  3  │",
			" ◐ dora             yesterday │",
			"   好的,明天見                │",
			" # news                 18:11 │",
			"   news said something    12  │",
		],
	);
	t.match(shown[0], /3 unread elsewhere {2}ann$/, "what is muted does not count");
	for (const line of frame(view, size, look).lines) t.ok(lineWidth(line) <= 110);
	t.notMatch(rows(view, small).join("\n"), "Release party", "and without room there is none");
});

t.test("offline is a banner with what waits and when it is tried again", async (t) => {
	const talk = openView([message(1, "bob", 1, "hi")]);
	const offline = { type: "offline", reason: "connection refused", retryInMs: 3_400 } as const;
	const shown = (more: Partial<View>) => rows(viewWith(talk, more)).at(-2);
	t.equal(
		shown({ connection: offline, queued: 3 }),
		" offline, 3 queued, next try in 4 s or with Enter (connection refused)",
	);
	t.equal(shown({ connection: { type: "connecting" }, queued: 1 }), " connecting, 1 queued");
	t.equal(
		shown({ connection: { type: "closed", reason: "the token was not accepted" } }),
		" closed: the token was not accepted",
	);
	t.match(shown({ queued: 2 }), /─ sending 2 ──$/, "while the outbox drains it says so");
	const { lines } = frame(viewWith(talk, { connection: offline }), small, look);
	t.ok(
		lines.at(-2)?.every(({ reverse }) => reverse),
		"over the whole width",
	);
});

t.test("when the disk keeps nothing, that is always in sight", async (t) => {
	const talk = openView([message(1, "bob", 1, "hi")]);
	t.match(rows(viewWith(talk, { durable: false }))[0], /in memory only {2}ann$/);
	t.notMatch(rows(viewWith(talk))[0], "memory");
});

t.test("a panel stands above the input and leaves the newest messages in sight", async (t) => {
	const talk = openView([message(1, "bob", 1, "hi")]);
	const panel = { title: "members", lines: [[{ text: " ann" }], [{ text: " bob" }]] };
	const shown = rows(viewWith(talk, { panel }));
	t.match(shown.at(-5), /^── members ─+ Esc ──$/);
	t.strictSame(shown.slice(-4, -2), [" ann", " bob"]);
	t.match(shown.at(-6), /hi$/);
});

t.test("a panel that is too long says which lines it shows, and pages", async (t) => {
	const lines = Array.from({ length: 30 }, (_, at) => [{ text: ` entry ${at + 1}` }]);
	const panel = { title: "help", lines };
	const first = rows(viewWith(openView([]), { panel }));
	t.match(first[2], /^── help 1–19 of 30, PageDown ─+ Esc ──$/);
	t.equal(first[3], " entry 1");
	const from = panelFrom(panel, 19, 1);
	const second = rows(viewWith(openView([]), { panel: { ...panel, from } }));
	t.match(second[2], /12–30 of 30, PageUp ─/);
	t.equal(second[21], " entry 30");
	t.equal(panelFrom({ ...panel, from }, 19, -1), 0);
});

t.test("numbers stand where times stand while a message is asked for", async (t) => {
	const talk = openView([message(7, "bob", 1, "hi"), message(8, "bob", 1, "there")]);
	const shown = said(viewWith(talk, { editor: typing("/reply ") }));
	t.match(shown[2], /^ {4}#7 {3}bob │ hi$/);
	t.match(shown[3], /^ {4}#8 {7}│ there$/);
});

t.test("a long input grows upwards, and the cursor is always in sight", async (t) => {
	const talk = openView([message(1, "bob", 1, "hi")]);
	const text = "word ".repeat(60).trimEnd();
	const { lines, cursor } = frame(viewWith(talk, { editor: typing(text) }), small, look);
	t.equal(lines.length, 24);
	t.equal(cursor.row, 23);
	const shown = lines.map(lineText);
	t.match(shown.at(-4), /^ › word/);
	const start = { ...typing(`${"x".repeat(76 * 20)}`), cursor: 0 };
	const begun = frame(viewWith(talk, { editor: start }), small, look);
	t.strictSame(begun.cursor, { row: 18, column: 3 });
});

t.test("in right-to-left input the cursor stands left of what was typed last", async (t) => {
	const view = viewWith(openView([]), { editor: typing("אבג") });
	const { lines, cursor } = frame(view, small, look);
	t.equal(lineText(lines.at(-1) ?? []).trim(), "› גבא");
	t.equal(cursor.column, 3);
	t.equal(
		frame({ ...view, editor: { ...typing("אבג"), cursor: 0 } }, small, look).cursor.column,
		6,
	);
});

t.test("without a conversation the list takes the screen, or says how to begin", async (t) => {
	t.match(rows(viewWith(null, { list: [] })).join("\n"), "Nobody yet. /open who begins.");
	t.match(rows(viewWith(null, { list: [listItem("bob", { unread: 2 })] }))[0], / 2 unread {2}ann$/);
	const shown = rows(viewWith(null));
	t.match(shown[0], /^ Conversations/);
	t.match(shown[2], /● bob/);
	t.match(rows(viewWith(openView([])))[22 - 1], /nothing was said yet/);
});

t.test("names, titles and texts of others never leave their cells", async (t) => {
	const evil = "x\u001b[2J\u0007\ny\u202ez";
	const talk = openView([{ ...message(1, evil, 1, evil), reply: { from: evil, text: evil } }], {
		title: evil,
		typing: [evil],
	});
	const view = viewWith(talk, {
		list: [listItem(evil, { preview: evil })],
		notice: { tone: "bad", text: evil },
		connection: { type: "closed", reason: evil },
	});
	for (const size of [small, { columns: 120, rows: 30 }, { columns: 20, rows: 6 }]) {
		const { lines } = frame(view, size, look);
		t.equal(lines.length, size.rows);
		for (const line of lines) {
			t.notMatch(lineText(line), /\p{Cc}|\u202e/u);
			t.ok(lineWidth(line) <= size.columns, lineText(line));
		}
	}
});

t.test("every size has as many lines as rows, none too wide, and the cursor inside", async (t) => {
	const talk = openView(
		Array.from({ length: 40 }, (_, at) =>
			message(at + 1, at % 3 ? "bob" : "ann", 400 - at, `m ${at}`),
		),
	);
	const offline = { type: "offline", reason: "why", retryInMs: 1_000 } as const;
	for (let columns = 20; columns < 140; columns += 7) {
		for (let height = 6; height < 40; height += 5) {
			const view = viewWith(talk, { editor: typing("x".repeat(columns * 2)), connection: offline });
			const { lines, cursor } = frame(view, { columns, rows: height }, look);
			t.equal(lines.length, height);
			t.ok(lines.every((line) => lineWidth(line) <= columns));
			t.ok(cursor.row < height && cursor.column < columns);
		}
	}
});

t.test("without UTF-8 the same is said in ASCII", async (t) => {
	const talk = openView([{ ...message(1, "ann", 1, "hi"), status: "delivered" }]);
	const shown = rows(viewWith(talk), small, { signs: asciiSigns, order: "here" }).join("\n");
	t.match(shown, /ann \| hi +vv$/m);
	t.notMatch(shown, /[^\n -~]/);
});
