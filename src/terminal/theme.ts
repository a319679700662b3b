// Signs and colours by their meaning, and how times and sizes are said. One place, so that all of
// the screen speaks alike. A status differs in shape as well as in colour: each step adds to the
// sign.

import { type Span, span, type Tone } from "./line.js";
import { harmlessLine, pad } from "./text.js";
import type { FileView, MessageView, PresenceView, Status } from "./view.js";

export interface Signs {
	readonly status: Readonly<Record<Status, string>>;
	readonly present: Readonly<Record<PresenceView["type"], string>>;
	readonly rule: string;
	readonly bar: string;
	readonly wall: string;
	readonly cross: string;
	readonly chosen: string;
	readonly reply: string;
	readonly prompt: string;
	readonly group: string;
	readonly down: string;
	readonly up: string;
	readonly file: string;
	/** Of a bar: done, and to be done. */
	readonly full: string;
	readonly empty: string;
}

export const unicodeSigns: Signs = {
	status: { queued: "○", sent: "✓", delivered: "✓✓", seen: "✓✓●", refused: "✗" },
	present: { online: "●", away: "◐", offline: "○", hidden: " " },
	rule: "─",
	bar: "│",
	wall: "│",
	cross: "┼",
	chosen: "▌",
	reply: "↳",
	prompt: "›",
	group: "#",
	down: "↓",
	up: "↑",
	file: "▤",
	full: "█",
	empty: "░",
};

/** For a terminal that says it has no UTF-8, and for the console of Linux, whose font is small. */
export const asciiSigns: Signs = {
	status: { queued: "o", sent: "v", delivered: "vv", seen: "vv*", refused: "x" },
	present: { online: "*", away: "~", offline: "-", hidden: " " },
	rule: "-",
	bar: "|",
	wall: "|",
	cross: "+",
	chosen: ">",
	reply: "`-",
	prompt: ">",
	group: "#",
	down: "v",
	up: "^",
	file: "=",
	full: "#",
	empty: ".",
};

/** ASCII only where the environment names another character set; silence means UTF-8 today. */
export function signsOf(env: Readonly<Record<string, string | undefined>>): Signs {
	const charset = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
	const other = charset !== "" && !/utf-?8/i.test(charset);
	return other || env.TERM === "linux" ? asciiSigns : unicodeSigns;
}

const statusTones: Readonly<Record<Status, Tone>> = {
	queued: "warn",
	sent: "faint",
	delivered: "text",
	seen: "seen",
	refused: "bad",
};

/** The widest of `Signs.status`. */
export const statusSignCells = 3;

/** The sign of a status, and before it how many of a group are on the way to the next one. */
export function statusSpans(message: MessageView, signs: Signs): Span[] {
	const { status, counts, own } = message;
	if (!own || message.deleted) return [];
	// To the left of its room, so that a sign grows in its place and does not jump.
	const text = pad(signs.status[status], statusSignCells);
	const sign = span(text, statusTones[status], { bold: status === "seen" });
	const under = status === "sent" || status === "delivered";
	if (!under || counts === null || counts.of < 2) return [sign];
	const reached = counts.seen > 0 ? counts.seen : counts.delivered;
	if (reached === 0 || reached >= counts.of) return [sign];
	return [span(`${reached}/${counts.of} `, counts.seen > 0 ? "seen" : "faint"), sign];
}

export function presenceSpan(presence: PresenceView, signs: Signs): Span {
	const tones: Readonly<Record<PresenceView["type"], Tone>> = {
		online: "good",
		away: "warn",
		offline: "faint",
		hidden: "faint",
	};
	return span(signs.present[presence.type], tones[presence.type]);
}

/** The same colour for the same person everywhere, and for everybody one of eight. */
export function nameTone(user: string): Tone {
	let sum = 7;
	for (const sign of user) sum = (sum * 31 + (sign.codePointAt(0) as number)) % 1_000_003;
	return `name${(sum % 8) as 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7}`;
}

/** `18:05`, in the time of this machine. */
export function timeOf(at: number): string {
	const date = new Date(at);
	return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

function two(value: number): string {
	return String(value).padStart(2, "0");
}

/** A number that is the same for all times of one day of this machine's time zone. */
export function dayOf(at: number): number {
	const date = new Date(at);
	return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

const days = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const years = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const shortDays = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** `Today`, `Yesterday`, `Tuesday 24 November`, `24 November 2025`. */
export function dayName(at: number, now: number): string {
	const ago = dayOf(now) - dayOf(at);
	if (ago === 0) return "Today";
	if (ago === 1) return "Yesterday";
	if (new Date(at).getFullYear() !== new Date(now).getFullYear()) return years.format(at);
	return days.format(at).replace(",", "");
}

/** Short, for a list: a time today, else a day. */
export function whenOf(at: number, now: number): string {
	const ago = dayOf(now) - dayOf(at);
	if (ago === 0) return timeOf(at);
	return ago === 1 ? "yesterday" : shortDays.format(at);
}

export function presenceText(presence: PresenceView, now: number): string {
	if (presence.type === "hidden") return "";
	if (presence.type !== "offline") return presence.type;
	if (presence.lastSeen === null) return "offline";
	const minutes = Math.floor((now - presence.lastSeen) / 60_000);
	if (minutes < 1) return "last seen just now";
	if (minutes < 60) return `last seen ${minutes} min ago`;
	const when = whenOf(presence.lastSeen, now);
	const time = when.includes(":") ? when : `${when} ${timeOf(presence.lastSeen)}`;
	return `last seen ${time}`;
}

const units = ["B", "kB", "MB", "GB", "TB"];

/** `999 B`, `2.1 MB`, `200 MB` */
export function sizeText(bytes: number): string {
	let value = bytes;
	let unit = 0;
	while (value >= 999.5 && unit < units.length - 1) {
		value /= 1_000;
		unit += 1;
	}
	const digits = unit === 0 || value >= 99.95 ? 0 : 1;
	return `${value.toFixed(digits)} ${units[unit]}`;
}

/** A file on one line: what it is called, how large it is, what it is. */
export function fileText({ name, size, contentType }: FileView): string {
	return `${harmlessLine(name)}  ${sizeText(size)}  ${harmlessLine(contentType)}`.trimStart();
}
