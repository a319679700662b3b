// The list of messages: from any anchor upwards as many lines as there is room for, laid out only
// where it is seen. Pure; what a line means to scrolling is its message's key and its row in it.

import { type Order, ordered, runsLeft } from "./bidi.js";
import {
	blank,
	centre,
	clipLine,
	type Line,
	lineWidth,
	type Span,
	span,
	spread,
	type Tone,
} from "./line.js";
import { clip, harmless, harmlessLine, pad, width, wrap } from "./text.js";
import {
	dayName,
	dayOf,
	fileText,
	nameTone,
	type Signs,
	statusSignCells,
	statusSpans,
	timeOf,
} from "./theme.js";
import type { Anchor, MessageView, OpenView } from "./view.js";

/** How it is drawn, whatever is shown. */
export interface Look {
	readonly signs: Signs;
	readonly order: Order;
}

export interface Area {
	readonly columns: number;
	readonly rows: number;
}

interface Row {
	readonly key: string;
	readonly row: number;
	readonly line: Line;
}

/** A pause after which a message gets its time and name again. */
const pauseMs = 5 * 60_000;
const nameCellsMin = 4;
const nameCellsMax = 14;
/** Lines of one message that are shown; the whole text of a flood would hide all others. */
const linesMax = 60;
const timeCells = 5;
/** With a number before the sign: `12/34 ✓✓`. */
const groupStatusCells = statusSignCells + 6;

/** Columns of one message: ` 18:05  name │ text   ✓✓ `. */
interface Columns {
	readonly all: number;
	readonly name: number;
	readonly text: number;
	readonly status: number;
}

function columnsOf(open: OpenView, me: string, cells: number): Columns {
	const names = new Set(open.messages.slice(-200).map(({ from }) => from));
	const longest = Math.max(...[...names, me].map((name) => width(harmlessLine(name))));
	const most = Math.min(nameCellsMax, Math.floor(cells / 5));
	const name = Math.max(nameCellsMin, Math.min(longest, most));
	const status = open.kind === "direct" ? statusSignCells : groupStatusCells;
	// Blanks: before the time, after it, before the bar, after it, before the status, at the end.
	const text = Math.max(8, cells - timeCells - name - status - 8);
	return { all: cells, name, text, status };
}

export interface Asked {
	readonly me: string;
	readonly now: number;
	/** While a command that names a message is typed, numbers stand where times stand. */
	readonly numbered: boolean;
}

/** The visible lines, exactly `area.rows`, newest at the bottom. */
export function messageLines(
	open: OpenView,
	anchor: Anchor,
	area: Area,
	asked: Asked,
	look: Look,
): Line[] {
	const rows = collect(open, anchor, area.rows, area, asked, look).map(({ line }) => line);
	if (rows.length < area.rows) {
		const top = topLine(open, area.columns);
		if (top !== null) rows.unshift(top);
	}
	while (rows.length < area.rows) rows.unshift([]);
	return rows;
}

function topLine(open: OpenView, cells: number): Line | null {
	if (open.older === "asking") return centre("loading older messages", cells, " ", "faint");
	if (open.messages.length > 0 || open.older === "more") return null;
	return centre("nothing was said yet", cells, " ", "faint");
}

/** Where the view stands after a page up; null: at the newest, because all fits. */
export function pageUp(open: OpenView, anchor: Anchor, area: Area, asked: Asked, look: Look) {
	const step = Math.max(1, area.rows - 2);
	const rows = collect(open, anchor, area.rows + step, area, asked, look);
	// At the top the oldest line stays at the top.
	const bottom = Math.max(Math.min(area.rows, rows.length) - 1, rows.length - 1 - step);
	const row = rows[bottom];
	const atTop = rows.length < area.rows + step;
	const moved = row !== undefined && bottom < rows.length - 1;
	return { anchor: moved ? { key: row.key, row: row.row } : anchor, atTop };
}

/** Where the view stands after a page down; null: at the newest. */
export function pageDown(open: OpenView, anchor: Anchor, area: Area, asked: Asked, look: Look) {
	if (anchor === null) return null;
	let left = Math.max(1, area.rows - 2);
	const columns = columnsOf(open, asked.me, area.columns);
	const from = open.messages.findIndex(({ key }) => key === anchor.key);
	if (from < 0) return null;
	for (let at = from; at < open.messages.length; at += 1) {
		const block = blockOf(open, at, columns, asked, look);
		const start = at === from ? anchor.row + 1 : 0;
		if (block.length - start > left) {
			return { key: (open.messages[at] as MessageView).key, row: start + left - 1 };
		}
		left -= block.length - start;
	}
	return null;
}

/** How many messages lie below the anchor. */
export function hiddenBelow(open: OpenView, anchor: Anchor): number {
	if (anchor === null) return 0;
	const at = open.messages.findIndex(({ key }) => key === anchor.key);
	return at < 0 ? 0 : open.messages.length - 1 - at;
}

/** Up to `most` rows that end at the anchor, oldest first. */
function collect(
	open: OpenView,
	anchor: Anchor,
	most: number,
	area: Area,
	asked: Asked,
	look: Look,
): Row[] {
	const columns = columnsOf(open, asked.me, area.columns);
	const found = anchor === null ? -1 : open.messages.findIndex(({ key }) => key === anchor.key);
	const last = found < 0 ? open.messages.length - 1 : found;
	let rows: Row[] = [];
	for (let at = last; at >= 0 && rows.length < most; at -= 1) {
		const { key } = open.messages[at] as MessageView;
		const block = blockOf(open, at, columns, asked, look);
		const shown = at === found && anchor !== null ? block.slice(0, anchor.row + 1) : block;
		rows = [...shown.map((line, row) => ({ key, row, line })), ...rows];
	}
	return rows.slice(-most);
}

/** All lines of one message, with what separates it from the one before. */
function blockOf(open: OpenView, at: number, columns: Columns, asked: Asked, look: Look): Line[] {
	const message = open.messages[at] as MessageView;
	const before = open.messages[at - 1];
	const newDay = before === undefined || dayOf(before.at) !== dayOf(message.at);
	const unread = message.seq !== null && message.seq === open.unreadFrom;
	const { rule } = look.signs;
	const lines: Line[] = [];
	if (newDay) lines.push(centre(dayName(message.at, asked.now), columns.all, rule, "faint"));
	if (unread) lines.push(centre("new", columns.all, rule, "bad"));
	const again = newDay || unread || follows(message, before) === false;
	return [...lines, ...messageBlock(message, again, columns, asked, look)];
}

/** Said in one breath with the message before: name and time need not stand there again. */
function follows(message: MessageView, before: MessageView | undefined): boolean {
	if (before === undefined || before.from !== message.from) return false;
	return message.at - before.at < pauseMs;
}

function messageBlock(
	message: MessageView,
	again: boolean,
	columns: Columns,
	asked: Asked,
	look: Look,
): Line[] {
	const { signs } = look;
	const tone = toneOf(message.from, asked.me);
	const body = [
		...quote(message, asked.me, columns, look),
		...textLines(message, columns, look),
		...fileLines(message, columns, look),
		...reactions(message, columns),
	];
	const status = statusSpans(message, signs);
	return body.map((content, row) => {
		const first = row === 0;
		const left = asked.numbered && message.seq !== null ? `#${message.seq}` : timeOf(message.at);
		const showTime = first && (again || asked.numbered);
		const time = span(pad(showTime ? left : "", timeCells, "right"), "faint");
		const name = first && again ? harmlessLine(message.from) : "";
		const head: Span[] = [
			blank(1),
			time,
			blank(2),
			span(pad(name, columns.name, "right"), tone, { bold: true }),
			blank(1),
			span(signs.bar, tone),
			blank(1),
		];
		const end: Line = [...(first ? status : []), blank(1)];
		return spread([...head, ...content], end, columns.all);
	});
}

function toneOf(user: string, me: string): Tone {
	return user === me ? "accent" : nameTone(user);
}

function quote(
	{ reply }: MessageView,
	me: string,
	columns: Columns,
	{ signs, order }: Look,
): Line[] {
	if (reply === null) return [];
	const from = harmlessLine(reply.from);
	const room = columns.text - width(signs.reply) - width(from) - 3;
	const text = clip(harmlessLine(reply.text), Math.max(4, room));
	const line = [
		span(`${signs.reply} `, "faint"),
		span(from, toneOf(reply.from, me)),
		span(`: ${ordered(text, runsLeft(text), order)}`, "faint", { italic: true }),
	];
	return [clipLine(line, columns.text)];
}

function textLines(message: MessageView, columns: Columns, look: Look): Line[] {
	if (message.deleted) return [[span("deleted", "faint", { italic: true })]];
	const lines: Line[] = [];
	const onlyFiles = message.text === "" && message.files.length > 0;
	for (const paragraph of onlyFiles ? [] : harmless(message.text).split("\n")) {
		const left = runsLeft(paragraph);
		for (const text of wrap(paragraph, columns.text)) {
			const shown = ordered(text, left, look.order);
			// A paragraph that runs left begins at the right.
			const indent = left ? columns.text - width(shown) : 0;
			lines.push(indent > 0 ? [blank(indent), span(shown)] : [span(shown)]);
		}
	}
	if (lines.length > linesMax) {
		const more = lines.length - linesMax;
		lines.splice(linesMax, more, [span(`… ${more} more lines`, "faint", { italic: true })]);
	}
	if (message.edited) append(lines, span(" (edited)", "faint"), columns.text);
	if (message.error !== null) {
		for (const text of wrap(`not sent: ${harmless(message.error)}`, columns.text)) {
			lines.push([span(text, "bad")]);
		}
	}
	return lines;
}

function fileLines({ files, deleted }: MessageView, columns: Columns, { signs }: Look): Line[] {
	if (deleted) return [];
	return files.map((file) => {
		const line = [span(`${signs.file} `, "accent"), span(fileText(file))];
		return clipLine(line, columns.text);
	});
}

/** At the end of the last line, or on one of its own when there is no room. */
function append(lines: Line[], piece: Span, cells: number): void {
	const last = lines.at(-1) as Line;
	if (lineWidth(last) + width(piece.text) <= cells) lines[lines.length - 1] = [...last, piece];
	else lines.push([{ ...piece, text: piece.text.trimStart() }]);
}

function reactions({ reactions: all, deleted }: MessageView, columns: Columns): Line[] {
	if (all.length === 0 || deleted) return [];
	const spans = all.flatMap(({ emoji, users }, at) => [
		...(at === 0 ? [] : [blank(2)]),
		span(harmlessLine(emoji)),
		span(users.length === 1 ? ` ${harmlessLine(users[0] ?? "")}` : ` ${users.length}`, "faint"),
	]);
	return [clipLine(spans, columns.text)];
}
