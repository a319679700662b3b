// The flags of the bench, and what a scenario gets of them. What no scenario of a run asked for is
// refused, so that a typing error is no silent default.

import { CliError } from "../src/cli/exit.js";

export interface FlagRow {
	/** Without the dashes; a placeholder after it when it wants a value. */
	readonly flag: string;
	readonly about: string;
	readonly many?: boolean;
}

/** By heading of the help. */
export const flagRows: Readonly<Record<string, readonly FlagRow[]>> = {
	"All scenarios": [
		{ flag: "json", about: "one JSON document on stdout and nothing else" },
		{ flag: "size <size>", about: "small, medium, large, or all three, to see how cost grows" },
		{ flag: "quick", about: "fewer rounds in codec, journal, actors and recovery" },
		{ flag: "sustained", about: "a minute each, after a warm-up: for figures that are quoted" },
		{ flag: "rounds <n>", about: "everything so often, in turn; the middle one is quoted" },
		{
			flag: "expect <limit>",
			about: "sent.p99<10ms, lost==0, cycle:cyclesPerSecond>=50000: decides the exit code",
			many: true,
		},
		{ flag: "against <old.json>", about: "ratios to an earlier --json; worse ones fail" },
		{ flag: "threshold <ratio>", about: "how much worse fails (default 1.2)" },
		{ flag: "html <report.html>", about: "one page with tables and charts, and nothing to load" },
	],
	"cycle, latency": [
		{ flag: "pairs <n>", about: "pairs of users that talk" },
		{ flag: "window <n>", about: "messages of a pair under way at the same time" },
		{ flag: "rate <n>", about: "cycles offered a second, whether or not the server keeps up" },
		{ flag: "look <ms>", about: "B says so often that it has seen what it has; 0: never" },
		{ flag: "typing <percent>", about: "so many messages are announced by `typing`" },
		{ flag: "repeat <n>", about: "runs of a cycle; the middle one is quoted" },
	],
	"cycle, latency, group, hot": [
		{ flag: "seconds <s>", about: "how long is measured" },
		{ flag: "warmup <s>", about: "how long not, before" },
		{ flag: "bytes <n|n-m>", about: "size of a text, or smallest and largest" },
	],
	"idle, storm": [
		{ flag: "users <n>", about: "users that are connected" },
		{ flag: "settle <s>", about: "idle: seconds of silence before memory is read" },
		{ flag: "pulse <s>", about: "idle: then everybody pulses so often; 0: nobody does" },
	],
	"group, hot": [
		{ flag: "members <n>", about: "members of the group" },
		{ flag: "senders <n>", about: "how many of them write" },
	],
	"activation, recovery": [
		{ flag: "conversations <n>", about: "conversations on disk" },
		{ flag: "messages <n>", about: "messages in each" },
	],
	replay: [
		{ flag: "sessions <n>", about: "days of the file that are played" },
		{ flag: "limit <n>", about: "lines that are played" },
		{ flag: "parallel <n>", about: "sessions at the same time" },
		{ flag: "kills <n>", about: "how often the server is killed on the way" },
	],
	"actors, domain, sdk": [
		{ flag: "actors <n>", about: "actors: how many there are" },
		{ flag: "domain-seconds <s>", about: "how long each row is measured" },
		{ flag: "sdk-pairs <n>", about: "pairs that talk through the SDK" },
		{ flag: "sdk-seconds <s>", about: "how long they do" },
		{ flag: "sdk-held <n>", about: "messages held" },
		{ flag: "sdk-conversations <n>", about: "conversations in the storage of a cold start" },
	],
	media: [
		{ flag: "media-part <part>", about: "download, upload, memory or chat alone" },
		{ flag: "media-rounds <n>", about: "runs of each, in turn with its rival" },
		{ flag: "media-transfers <n>", about: "memory: transfers at the same time" },
		{ flag: "media-uploaders <n>", about: "chat: uploads that dawdle beside it" },
	],
	"Against a server that runs (cycle, latency)": [
		{ flag: "url <url>", about: "its address: http://host:port, wss://host" },
		{ flag: "data <folder>", about: "its folder, when it is on this machine: secret and process" },
		{ flag: "secret-file <file>", about: "the secret to make tokens with" },
		{ flag: "token-file <file>", about: "one `user token` a line, two lines for each pair" },
		{ flag: "processes <n>", about: "processes that share the pairs" },
		{ flag: "ramp <s>", about: "pairs, or the offered rate, grow over this time" },
		{ flag: "source <addresses>", about: "come from these in turn: 127.0.0.2,127.0.0.3" },
	],
	"How it is run": [
		{ flag: "corpus <lines.tsv>", about: "texts from day, time, speaker, text; else random words" },
		{ flag: "seed <n>", about: "of everything that is drawn" },
		{ flag: "server-node-args <args>", about: "for node itself, when the bench starts the server" },
	],
};

export type FlagValues = Readonly<Record<string, string | boolean | readonly string[]>>;

export class Flags {
	readonly words: readonly string[];
	private readonly values: FlagValues;
	private readonly sized: Readonly<Record<string, number>>;
	private readonly asked: Set<string>;

	/** `values` by the names of the flags. */
	constructor(words: readonly string[], values: FlagValues) {
		this.words = words;
		this.values = values;
		this.sized = {};
		this.asked = new Set();
	}

	/** The same with these instead of a scenario's own defaults. */
	at(sized: Readonly<Record<string, number>>): Flags {
		return Object.assign(Object.create(Flags.prototype), this, { sized }) as Flags;
	}

	/** The same with these on top. */
	with(values: FlagValues): Flags {
		const all = { ...this.values, ...values };
		return Object.assign(Object.create(Flags.prototype), this, { values: all }) as Flags;
	}

	/** Whether somebody said it; no scenario's asking. */
	given(name: string): boolean {
		return Object.hasOwn(this.values, name);
	}

	text(name: string): string | null {
		this.asked.add(name);
		const value = this.values[name];
		return typeof value === "string" ? value : null;
	}

	many(name: string): readonly string[] {
		this.asked.add(name);
		const value = this.values[name];
		return Array.isArray(value) ? value : [];
	}

	on(name: string): boolean {
		this.asked.add(name);
		return this.values[name] === true;
	}

	number(name: string, fallback: number): number;
	number(name: string, fallback: number | null): number | null;
	number(name: string, fallback: number | null): number | null {
		const text = this.text(name);
		return text === null ? (this.sized[name] ?? fallback) : numberOf(name, text);
	}

	/** `100`, or `20-2000`. */
	range(name: string, fallback: number): readonly [least: number, most: number] {
		const text = this.text(name);
		if (text === null) return [this.sized[name] ?? fallback, this.sized[name] ?? fallback];
		const [least = "", most = least] = text.split("-");
		return [numberOf(name, least), numberOf(name, most)];
	}

	/** Flags that no scenario of this run asked for. */
	unknown(): string[] {
		return Object.keys(this.values).filter((name) => !this.asked.has(name));
	}
}

/** As a parameter of a row: `100`, or `20-2000`. */
export function shownRange([least, most]: readonly [number, number]): number | string {
	return least === most ? least : `${least}-${most}`;
}

function numberOf(name: string, text: string): number {
	const value = Number(text);
	if (text !== "" && Number.isFinite(value) && value >= 0) return value;
	throw new CliError("usage", `--${name} wants a number: ${text}`, "see `colloquy bench --help`");
}
