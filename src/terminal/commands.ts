// What may be typed after a slash: the table of commands, how a line becomes one, and how Tab
// completes it. Pure; what a command does is where the client is known.

import { clusters, width } from "./text.js";

interface Command {
	readonly name: string;
	readonly other?: string;
	/** What follows the name, as help shows it. */
	readonly usage: string;
	readonly about: string;
	/** Begins with a message: `#12`, or none for the latest one that fits. */
	readonly message?: boolean;
	readonly people?: boolean;
	/** Begins with a path. */
	readonly path?: boolean;
	readonly fewest?: number;
}

export const commands = [
	{
		name: "open",
		usage: "who",
		about: "talk to a user, or go to a conversation",
		fewest: 1,
		people: true,
	},
	{ name: "list", usage: "", about: "all conversations" },
	{
		name: "group",
		usage: "title who …",
		about: "a new group; quote a title of several words",
		fewest: 1,
		people: true,
	},
	{ name: "add", usage: "who …", about: "add people to this group", fewest: 1, people: true },
	{ name: "remove", usage: "who …", about: "take people out of it", fewest: 1, people: true },
	{ name: "leave", usage: "", about: "leave it" },
	{ name: "title", usage: "words", about: "name it anew", fewest: 1 },
	{ name: "members", usage: "", about: "who belongs to it" },
	{ name: "link", usage: "", about: "a link with which others can join it" },
	{ name: "join", usage: "link", about: "join by a link", fewest: 1 },
	{ name: "reply", usage: "#n words", about: "answer to a message", message: true, fewest: 1 },
	{
		name: "react",
		usage: "#n 👍",
		about: "react to a message; without a sign: take it back",
		message: true,
	},
	{ name: "edit", usage: "#n words", about: "change a message of yours", message: true, fewest: 1 },
	{ name: "delete", usage: "#n", about: "delete a message of yours for all", message: true },
	{
		name: "hide",
		usage: "#n",
		about: "delete a message for yourself only",
		message: true,
		fewest: 1,
	},
	{
		name: "send",
		usage: "file words",
		about: "send a file; quote a path that has blanks",
		fewest: 1,
		path: true,
	},
	{ name: "save", usage: "#n folder", about: "save the files of a message", message: true },
	{ name: "cancel", usage: "", about: "stop what is being sent or saved" },
	{ name: "mute", usage: "8h", about: "no unread badge for so long; `off` ends it" },
	{ name: "block", usage: "who", about: "block a user", fewest: 1, people: true },
	{ name: "unblock", usage: "who", about: "and unblock", fewest: 1, people: true },
	{ name: "help", other: "?", usage: "", about: "this" },
	{ name: "quit", other: "q", usage: "", about: "the end; what waits is sent next time" },
] as const satisfies readonly Command[];

export type CommandName = (typeof commands)[number]["name"];

const table: readonly Command[] = commands;

export type Entered =
	| { readonly type: "nothing" }
	| { readonly type: "say"; readonly text: string }
	| {
			readonly type: "command";
			readonly name: CommandName;
			/** The number of the message that it names; null: none was named. */
			readonly seq: number | null;
			readonly words: readonly string[];
			/** What follows the name and the number, as it was typed. */
			readonly rest: string;
	  }
	| { readonly type: "wrong"; readonly why: string };

/** A line that was entered. `//x` says `/x`. */
export function parse(line: string): Entered {
	const text = line.trim();
	if (text === "") return { type: "nothing" };
	if (text.startsWith("//")) return { type: "say", text: text.slice(1) };
	if (!text.startsWith("/")) return { type: "say", text: line.trimEnd() };
	const [, name = "", after = ""] = /^\/(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
	const command = find(name);
	if (command === null) return { type: "wrong", why: `/${name} is no command; /help lists them` };
	const numbered = command.message === true ? /^#(\d+)\s*([\s\S]*)$/.exec(after) : null;
	const seq = numbered === null ? null : Number(numbered[1]);
	const rest = numbered === null ? after : (numbered[2] ?? "");
	const words = splitWords(rest);
	const given = words.length + (command.name === "hide" && seq !== null ? 1 : 0);
	if (given < (command.fewest ?? 0)) {
		return { type: "wrong", why: `/${command.name} ${command.usage}: ${command.about}` };
	}
	return { type: "command", name: command.name as CommandName, seq, words, rest };
}

/** By its name, its other name, or a beginning that only it has. */
function find(name: string): Command | null {
	const lower = name.toLowerCase();
	const exact = table.find((one) => one.name === lower || one.other === lower);
	if (exact !== undefined) return exact;
	const begun = lower === "" ? [] : table.filter((one) => one.name.startsWith(lower));
	return begun.length === 1 ? (begun[0] as Command) : null;
}

/** Words apart by blanks; what is in quotes is one. */
function splitWords(text: string): string[] {
	return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

/** While such a command is typed the screen shows the numbers of messages. */
export function namesMessage(text: string): boolean {
	const name = /^\/(\S+)/.exec(text)?.[1];
	return name !== undefined && find(name)?.message === true;
}

/** What Tab may complete to. */
export interface Known {
	readonly people: readonly string[];
	/** Numbers of messages, the likeliest first. */
	readonly messages: readonly number[];
	/** Paths that begin so; a folder's ends with a slash. */
	paths(begun: string): readonly string[];
}

/** Names for the signs that people react with most. */
const shortcodes: Readonly<Record<string, string>> = {
	":+1:": "👍",
	":-1:": "👎",
	":heart:": "❤️",
	":joy:": "😂",
	":wow:": "😮",
	":cry:": "😢",
	":tada:": "🎉",
	":fire:": "🔥",
	":eyes:": "👀",
	":pray:": "🙏",
	":check:": "✅",
	":rocket:": "🚀",
};

export interface Completed {
	readonly text: string;
	readonly cursor: number;
	/** All that fit, when there is more than one. */
	readonly choices: readonly string[];
}

/** The word before the cursor, as far as it is certain. Null: nothing fits. */
export function complete(text: string, cursor: number, known: Known): Completed | null {
	const all = clusters(text);
	const before = all.slice(0, cursor).join("");
	const after = all.slice(cursor).join("");
	const word = /\S*$/.exec(before)?.[0] ?? "";
	const fitting = candidates(before.slice(0, before.length - word.length), word, known);
	if (fitting.length === 0) return null;
	const shared = common(fitting);
	// Several that share no more than what is typed leave it as it is.
	const open = shared.length > word.length ? shared : word;
	// Into a folder it goes on.
	const whole = fitting.length === 1 && !open.endsWith("/");
	const certain = whole ? `${fitting[0]} ` : open;
	const head = before.slice(0, before.length - word.length) + certain;
	const tail = certain.endsWith(" ") ? after.trimStart() : after;
	const cursorAt = clusters(head).length;
	return { text: head + tail, cursor: cursorAt, choices: fitting.length > 1 ? fitting : [] };
}

function candidates(before: string, word: string, known: Known): string[] {
	const starts = (list: readonly string[]) => list.filter((one) => one.startsWith(word));
	if (word.startsWith("/") && before === "") return starts(table.map(({ name }) => `/${name}`));
	if (/^:[\w+-]+$/.test(word)) {
		const codes = Object.keys(shortcodes).filter((code) => code.startsWith(word));
		return codes.length === 1 ? [shortcodes[codes[0] as string] as string] : codes;
	}
	const command = find(/^\/(\S+)/.exec(before)?.[1] ?? "");
	if (command?.message === true && /^\/\S+\s+$/.test(before)) {
		const numbers = known.messages.map((seq) => `#${seq}`);
		// Nothing typed: the likeliest one, at once.
		return word === "" || word === "#" ? numbers.slice(0, 1) : starts(numbers);
	}
	if (command?.path === true && /^\/\S+\s+$/.test(before)) return [...known.paths(word)];
	if (command?.people === true) return starts(known.people);
	if (!word.startsWith("@")) return [];
	return starts(known.people.map((name) => `@${name}`));
}

function common(list: readonly string[]): string {
	let prefix = list[0] ?? "";
	for (const one of list) while (!one.startsWith(prefix)) prefix = prefix.slice(0, -1);
	return prefix;
}

/** Help in two columns: usage and meaning. */
export function helpRows(): { readonly usage: string; readonly about: string }[] {
	return table.map(({ name, usage, about }) => ({ usage: `/${name} ${usage}`.trim(), about }));
}

export const helpUsageCells = Math.max(...helpRows().map(({ usage }) => width(usage)));

/** `:+1:` and its like as signs. */
export function withSigns(text: string): string {
	return text.replace(/:[\w+-]+:/g, (code) => shortcodes[code] ?? code);
}
