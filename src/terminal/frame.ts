// The whole screen as lines: header, list of conversations where there is room, messages, what goes
// on, input. Pure: a view and a size in, exactly that many lines and a cursor out.

import type { Frame } from "./ansi.js";
import { ordered, runsLeft } from "./bidi.js";
import { namesMessage } from "./commands.js";
import { inputLines } from "./input.js";
import { blank, clipLine, type Line, lineWidth, type Span, span, spread } from "./line.js";
import { type Area, type Asked, hiddenBelow, type Look, messageLines } from "./messages.js";
import { clip, harmlessLine } from "./text.js";
import { nameTone, presenceSpan, presenceText, type Signs, sizeText, whenOf } from "./theme.js";
import type { ConnectionView, ListItem, OpenView, Panel, View } from "./view.js";

export interface Size {
	readonly columns: number;
	readonly rows: number;
}

/** From this width on the list of conversations stands beside the messages. */
const wideFrom = 100;
const listCells = 30;
const inputRowsMax = 6;
const transfersShown = 2;
const barCells = 20;

/** Where the messages stand, for scrolling. */
export function messageArea(view: View, size: Size): Area {
	const { main, input } = layout(view, size);
	// Header with its rule, and the lines above the input.
	const above = 3 + Math.min(view.transfers.length, transfersShown);
	return { columns: main, rows: Math.max(0, size.rows - above - input) };
}

export function askedOf(view: View): Asked {
	return { me: view.me, now: view.now, numbered: namesMessage(view.editor.text) };
}

export function frame(view: View, size: Size, look: Look): Frame {
	const { wide, main, input } = layout(view, size);
	const area = messageArea(view, size);
	const { lines: typed, cursor } = inputLines(view.editor, hint(view), main, inputRowsMax, look);
	const middle = content(view, area, look);
	const bottom = [
		...transferLines(view, main, look.signs),
		statusLine(view, main, look.signs),
		...typed,
	];
	const all = [...header(view, main, look), ...middle, ...bottom];
	const rows = all.slice(-size.rows);
	const lines = wide ? beside(listPane(view, size.rows, look), rows, look.signs) : rows;
	const left = wide ? listCells + 1 : 0;
	const row = Math.min(size.rows - 1, size.rows - input + cursor.row);
	return { lines, cursor: { row, column: Math.min(size.columns - 1, left + cursor.column) } };
}

function layout(view: View, { columns, rows }: Size) {
	const wide = columns >= wideFrom && view.open !== null;
	const main = wide ? columns - listCells - 1 : columns;
	const most = Math.max(1, Math.min(inputRowsMax, rows - 4));
	const look = { signs: { prompt: ">" } as Signs, order: "terminal" } as const;
	const input = inputLines(view.editor, "", main, most, look).lines.length;
	return { wide, main, input };
}

function hint(view: View): string {
	if (view.open === null) return "/open who, or /help";
	const who = view.open.kind === "direct" ? view.open.title : `${view.open.title}`;
	return `message to ${clip(harmlessLine(who), 24)}, or /help`;
}

function header(view: View, cells: number, look: Look): Line[] {
	const { signs } = look;
	const others = view.list
		.filter(({ id, muted }) => id !== view.open?.id && !muted)
		.reduce((sum, { unread }) => sum + unread, 0);
	const right: Span[] = [
		...(view.durable ? [] : [span("in memory only", "bad"), blank(2)]),
		...(others > 0
			? [span(`${others} unread${view.open === null ? "" : " elsewhere"}`, "warn"), blank(2)]
			: []),
		span(clip(harmlessLine(view.me), 20), "accent", { bold: true }),
		blank(1),
	];
	const left = view.open === null ? homeTitle() : openTitle(view.open, view.now, look);
	return [spread([blank(1), ...left], [blank(2), ...right], cells), rule(cells, signs)];
}

function homeTitle(): Span[] {
	return [span("Conversations", "text", { bold: true })];
}

function openTitle(open: OpenView, now: number, { signs, order }: Look): Span[] {
	const title = clip(harmlessLine(open.title), 40);
	const shown = ordered(title, runsLeft(title), order);
	const name = span(shown, open.kind === "direct" ? nameTone(open.title) : "text", { bold: true });
	if (open.presence !== null) {
		const said = presenceText(open.presence, now);
		const sign = presenceSpan(open.presence, signs);
		return said === "" ? [name] : [name, blank(2), sign, span(` ${said}`, "faint")];
	}
	const members = open.members === null ? "" : `  ${open.members} members`;
	return [span(`${signs.group} `, "faint"), name, span(members, "faint")];
}

function rule(cells: number, signs: Signs): Line {
	return [span(signs.rule.repeat(cells), "faint")];
}

function content(view: View, area: Area, look: Look): Line[] {
	const { panel, open } = view;
	const room = panel === null ? 0 : Math.min(area.rows, panel.lines.length + 1);
	const rest = { columns: area.columns, rows: area.rows - room };
	const above =
		open === null
			? home(view, rest, look)
			: messageLines(open, view.anchor, rest, askedOf(view), look);
	if (panel === null || room === 0) return above;
	const from = panelFrom(panel, room - 1, 0);
	const shown = panel.lines.slice(from, from + room - 1);
	const more = panel.lines.length > shown.length;
	const key = from + shown.length < panel.lines.length ? "PageDown" : "PageUp";
	const where = more ? ` ${from + 1}–${from + shown.length} of ${panel.lines.length}, ${key}` : "";
	const title: Line = [
		span(`${look.signs.rule.repeat(2)} `, "accent"),
		span(panel.title, "accent", { bold: true }),
		span(`${where} `, "faint"),
	];
	const close = [span(" Esc ", "faint"), span(look.signs.rule.repeat(2), "accent")];
	return [
		...above,
		spread(title, close, area.columns, look.signs.rule, "accent"),
		...shown.map((line) => clipLine(line, area.columns)),
	];
}

/** Lines above what is shown of a panel after so many pages, the last page being full. */
export function panelFrom({ from = 0, lines }: Panel, room: number, pages: number): number {
	return Math.max(0, Math.min(from + pages * room, lines.length - room));
}

/** Without an open conversation the list takes the whole width. */
function home(view: View, area: Area, look: Look): Line[] {
	const lines = view.list
		.slice(0, Math.floor(area.rows / 2))
		.flatMap((item) => listItem(item, area.columns, view, look));
	if (lines.length === 0) {
		lines.push(
			[],
			[blank(2), span("Nobody yet. ", "text"), span("/open who", "accent"), span(" begins.")],
		);
	}
	return fill(lines, area.rows);
}

function fill(lines: readonly Line[], rows: number): Line[] {
	const filled = lines.slice(0, rows);
	while (filled.length < rows) filled.push([]);
	return filled;
}

function listPane(view: View, rows: number, look: Look): Line[] {
	const title = [blank(1), span("Conversations", "faint")];
	const room = Math.max(0, Math.floor((rows - 2) / 2));
	const at = view.list.findIndex(({ id }) => id === view.open?.id);
	// The open one is always in sight.
	const from = Math.max(0, Math.min(at - room + 1, view.list.length - room));
	const items = view.list
		.slice(from, from + room)
		.flatMap((item) => listItem(item, listCells, view, look));
	return fill([title, rule(listCells, look.signs), ...items], rows);
}

function listItem(item: ListItem, cells: number, view: View, { signs, order }: Look): Line[] {
	const chosen = item.id === view.open?.id;
	const mark = chosen ? span(signs.chosen, "accent") : blank(1);
	const sign =
		item.presence === null ? span(signs.group, "faint") : presenceSpan(item.presence, signs);
	const title = ordered(harmlessLine(item.title), runsLeft(item.title), order);
	const loud = item.unread > 0 && !item.muted;
	const tone = item.kind === "direct" ? nameTone(item.title) : "text";
	const when = item.at === null ? "" : whenOf(item.at, view.now);
	const badge =
		item.unread === 0
			? []
			: [
					span(
						` ${item.unread} `,
						loud ? "warn" : "faint",
						loud ? { bold: true, reverse: true } : {},
					),
				];
	const text = harmlessLine(item.preview);
	return [
		spread(
			[mark, sign, blank(1), span(title, tone, { bold: chosen || loud })],
			[blank(1), span(when, "faint"), blank(1)],
			cells,
		),
		spread(
			[mark, blank(2), span(ordered(text, runsLeft(text), order), "faint")],
			[...(badge.length > 0 ? [blank(1)] : []), ...badge, blank(1)],
			cells,
		),
	];
}

function beside(list: readonly Line[], rows: readonly Line[], signs: Signs): Line[] {
	return rows.map((line, row) => {
		const left = spread(list[row] ?? [], [], listCells);
		return [...left, span(row === 1 ? signs.cross : signs.wall, "faint"), ...line];
	});
}

/** The oldest ones that are under way, each with its bar. */
function transferLines({ transfers }: View, cells: number, signs: Signs): Line[] {
	return transfers.slice(0, transfersShown).map(({ way, name, done, size }) => {
		const part = size === 0 ? 0 : done / size;
		const full = Math.floor(part * barCells);
		const left = [
			blank(1),
			span(`${way === "up" ? signs.up : signs.down} `, "accent"),
			span(harmlessLine(name)),
		];
		const right = [
			blank(2),
			span(signs.full.repeat(full), "accent"),
			span(signs.empty.repeat(barCells - full), "faint"),
			span(` ${String(Math.floor(part * 100)).padStart(3)} % of ${sizeText(size)} `),
		];
		return spread(clipLine(left, cells - lineWidth(right)), right, cells);
	});
}

/** Between messages and input: trouble first, then how a command went, then who is typing. */
function statusLine(view: View, cells: number, signs: Signs): Line {
	const banner = connectionText(view.connection, view.queued);
	if (banner !== null) {
		const tone = view.connection.type === "closed" ? "bad" : "warn";
		const text = clip(` ${banner}`, cells);
		return spread([span(text, tone, { reverse: true, bold: true })], [], cells, " ").map(
			(piece) => ({
				...piece,
				tone,
				reverse: true,
			}),
		);
	}
	const left: Span[] = [span(signs.rule.repeat(2), "faint"), blank(1)];
	const said = statusSpans(view);
	const below = view.open === null ? 0 : hiddenBelow(view.open, view.anchor);
	const sending = view.queued > 0 ? [span(` sending ${view.queued} `, "warn")] : [];
	const more =
		view.anchor === null ? [] : [span(` ${below} below ${signs.down} PageDown `, "warn")];
	const right = [...sending, ...more, span(signs.rule.repeat(2), "faint")];
	if (said.length === 0) return spread([], right, cells, signs.rule, "faint");
	const room = cells - lineWidth(right);
	return spread(
		[...clipLine([...left, ...said], room - 2), blank(1)],
		right,
		cells,
		signs.rule,
		"faint",
	);
}

function statusSpans(view: View): Span[] {
	if (view.notice !== null) {
		return [span(harmlessLine(view.notice.text), view.notice.tone)];
	}
	const typing = view.open?.typing ?? [];
	if (typing.length === 0) return [];
	const names = typing.slice(0, 2).map(harmlessLine);
	if (typing.length > 2) return [span(`${typing.length} people are typing…`, "accent")];
	return [span(`${names.join(" and ")} ${typing.length === 1 ? "is" : "are"} typing…`, "accent")];
}

/** Null while all is well. */
export function connectionText(connection: ConnectionView, queued: number): string | null {
	const waiting = queued === 0 ? "" : `, ${queued} queued`;
	switch (connection.type) {
		case "online":
			return null;
		case "connecting":
			return `connecting${waiting}`;
		case "offline": {
			const { reason, retryInMs } = connection;
			const seconds = retryInMs === null ? 0 : Math.ceil(retryInMs / 1_000);
			const again = seconds > 0 ? `, next try in ${seconds} s or with Enter` : "";
			// Last, because it is what may be cut.
			const why = reason === null ? "" : ` (${harmlessLine(reason)})`;
			return `offline${waiting}${again}${why}`;
		}
		case "closed":
			return `closed: ${harmlessLine(connection.reason)}${waiting}`;
		default:
			return connection satisfies never;
	}
}
