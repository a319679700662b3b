// The chat as plain lines: for a terminal that cannot place a cursor, for a screen reader, for a
// pipe. The same commands as on the screen; what changes is said once, in words.

import { createInterface } from "node:readline";
import type { Clock } from "../base/clock.js";
import type { Client, Conversation, Message } from "../sdk/types.js";
import { Chat } from "./chat.js";
import { emptyEditor } from "./editor.js";
import { told } from "./find.js";
import { connectionText } from "./frame.js";
import { lineText } from "./line.js";
import { harmless, harmlessLine } from "./text.js";
import { fileText, timeOf } from "./theme.js";
import type { TransferView } from "./view.js";
import { viewOf } from "./view-of.js";

export interface PlainOptions {
	readonly client: Client;
	readonly clock: Clock;
	readonly input: NodeJS.ReadStream;
	readonly output: NodeJS.WriteStream;
	readonly first: string | null;
}

/** Of a conversation's history, when it is opened. */
const shownMax = 20;

/** Runs until the input ends, the person leaves, the reader goes away, or the signal says so. */
export function runPlain(options: PlainOptions, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => new Plain(options, resolve).start(signal));
}

class Plain {
	private readonly options: PlainOptions;
	private readonly chat: Chat;
	private readonly done: () => void;
	private readonly printed = new Map<string, string>();
	private opened: Conversation | null = null;
	private connection = "";
	private said: string | null = null;
	private panel: unknown = null;
	private transfers: ReadonlySet<string> = new Set();
	private pending: Promise<void> = Promise.resolve();
	private ended = false;

	constructor(options: PlainOptions, done: () => void) {
		this.options = options;
		this.done = done;
		const { client, clock } = options;
		const changed = () => this.tell();
		this.chat = new Chat({ client, clock, changed, quit: () => this.end() });
	}

	start(signal: AbortSignal): void {
		const { input, output, first } = this.options;
		signal.addEventListener("abort", () => this.end(), { once: true });
		output.on("error", () => this.end());
		const lines = createInterface({ input, terminal: false });
		lines.on("line", (line) => {
			// In order: a line may name what the one before it made.
			this.pending = this.pending.then(() => this.chat.entered(line));
		});
		lines.on("close", () => void this.pending.then(() => this.settle()));
		if (first !== null) this.pending = this.chat.go(first).catch((error) => this.say(told(error)));
		this.tell();
	}

	/** The input has ended: what was said is waited for, as far as it can be sent. */
	private settle(): void {
		const { client } = this.options;
		const check = () => {
			if (client.state.snapshot().queued === 0) this.end();
		};
		client.state.subscribe(check);
		check();
	}

	private end(): void {
		if (this.ended) return;
		this.ended = true;
		this.chat.close();
		this.options.input.pause();
		this.done();
	}

	private say(line: string): void {
		if (!this.ended) this.options.output.write(`${line}\n`);
	}

	private tell(): void {
		// Called once before the constructor is through.
		if (this.chat === undefined || this.ended) return;
		const view = viewOf(this.chat, emptyEditor, null);
		// Without the countdown, which would be a line each second.
		const now = view.connection;
		const untimed = now.type === "offline" ? { ...now, retryInMs: null } : now;
		const connection = connectionText(untimed, view.queued) ?? "";
		const state = now.type;
		if (state !== this.connection) this.say(`-- ${connection === "" ? "online" : connection}`);
		this.connection = state;
		const notice = view.notice?.text ?? null;
		if (notice !== null && notice !== this.said && notice !== "…") {
			this.say(`-- ${harmlessLine(notice)}`);
		}
		this.said = notice;
		if (view.panel !== null && view.panel !== this.panel) {
			for (const line of view.panel.lines) this.say(lineText(line).trimEnd());
		}
		this.panel = view.panel;
		this.tellTransfers(view.transfers);
		this.tellMessages();
	}

	/** Each tenth once. */
	private tellTransfers(transfers: readonly TransferView[]): void {
		const now = new Set<string>();
		for (const { way, name, done, size } of transfers) {
			if (size === 0) continue;
			const verb = way === "up" ? "sending" : "saving";
			const line = `-- ${verb} ${harmlessLine(name)}: ${Math.floor((done / size) * 10)}0 %`;
			if (!this.transfers.has(line)) this.say(line);
			now.add(line);
		}
		this.transfers = now;
	}

	private tellMessages(): void {
		const { opened } = this.chat;
		if (opened === null) return;
		const all = opened.messages.snapshot();
		if (opened !== this.opened) {
			this.opened = opened;
			this.printed.clear();
			this.say(`-- ${harmlessLine(opened.id)}`);
			// What lies before is known, and not told.
			for (const message of all.slice(0, -shownMax))
				this.printed.set(message.key, stateOf(message));
		}
		const first = this.printed.size === 0 ? 0 : all.findIndex(({ key }) => this.printed.has(key));
		for (const [at, message] of all.entries()) {
			const state = stateOf(message);
			const before = this.printed.get(message.key);
			this.printed.set(message.key, state);
			if (before === undefined) {
				// Older history that came later stays untold, or it would stand below what is newer.
				if (at >= first || all.length - at <= shownMax) this.say(lineOf(message));
			} else if (before !== state) this.say(changeOf(message));
		}
		this.chat.looked();
	}
}

function stateOf({ status, own, edited, deleted, text, reactions }: Message): string {
	const reacted = [...reactions].map(([emoji, users]) => `${emoji} ${users.join(" ")}`).join(", ");
	return JSON.stringify([own ? status : "", edited, deleted, edited ? text : "", reacted]);
}

function numberOf({ seq }: Message): string {
	return seq === null ? "#…" : `#${seq}`;
}

function lineOf(message: Message): string {
	const { from, at, text, deleted, replyTo, media } = message;
	const answer = replyTo === null ? "" : ` (to #${replyTo})`;
	const files = deleted ? [] : media.map((file) => `[${fileText(file)}]`);
	const said = deleted ? "(deleted)" : harmless(text).replaceAll("\n", "\n      ");
	const body = [...(said === "" ? [] : [said]), ...files].join(" ");
	return `${timeOf(at)} ${numberOf(message)} ${harmlessLine(from)}${answer}: ${body}`;
}

function changeOf(message: Message): string {
	const { own, status, edited, deleted, text, error, reactions } = message;
	const parts = [
		...(own ? [status + (error === null ? "" : `: ${error.message}`)] : []),
		...(deleted ? ["deleted"] : edited ? [`now: ${harmlessLine(text)}`] : []),
		...[...reactions].map(([emoji, users]) => `${harmlessLine(emoji)} ${users.join(", ")}`),
	];
	return `-- ${numberOf(message)} ${parts.join("; ")}`;
}
