// `colloquy tail`: messages of a conversation, or of all, as they come, and history before them.
// For people one line each, for programs JSON lines; nothing but messages on stdout.

import { systemClock } from "../base/clock.js";
import type { Config } from "../config.js";
import type { Client, Conversation, Message } from "../sdk/index.js";
import { find } from "../terminal/find.js";
import { harmless, harmlessLine } from "../terminal/text.js";
import { fileText } from "../terminal/theme.js";
import { CliError, exitCodes } from "./exit.js";
import { paintFor, print, printJson } from "./output.js";
import { endOnBrokenPipe, inTime, wholeOf } from "./pipeline.js";
import { durationOf, type Goal, goalOf, goals } from "./send.js";
import { connected, isFinal, startTalker } from "./talker.js";

type Flags = Readonly<Record<string, unknown>>;

/** One page of history. */
const pageSize = 100;

interface Wanted {
	/** First number; negative: so many of the newest; null: only what comes. */
	readonly from: number | null;
	/** Ends after so many. */
	readonly count: number;
	/** Ends when one's own messages that were printed are there; null: goes on. */
	readonly until: Goal | null;
	/** Ends where the history ends. */
	readonly once: boolean;
	readonly markSeen: boolean;
}

/**
 * Ends on a signal, when enough was printed, or when nobody reads. Errors: CliError,
 * BrokerError.
 */
export async function tail(
	name: string | undefined,
	flags: Flags,
	config: Config,
	json: boolean,
): Promise<void> {
	const wanted = wantedOf(flags, name);
	const withinMs = durationOf("--within", flags.within ?? "30s");
	const talker = await startTalker(flags, config);
	try {
		endOnBrokenPipe();
		const { client } = talker;
		process.once("SIGINT", () => process.exit(exitCodes.interrupted));
		process.once("SIGTERM", () => process.exit(exitCodes.terminated));
		const write = json ? writeJson : flags.raw === true ? writeRaw : writer();
		const follow = new Follow(client, wanted, write);
		// Listens before there is a connection: what waited for this device comes with it.
		const all = name === undefined ? follow.all() : null;
		await inTime(connected(client), withinMs, `no connection to ${talker.target.url}`);
		if (name === undefined) await all;
		else await follow.one(await inTime(find(client, name, systemClock), withinMs, "no answer"));
	} finally {
		await talker.close();
	}
	process.exit(process.exitCode ?? exitCodes.ok);
}

function wantedOf(flags: Flags, name: string | undefined): Wanted {
	const { from, count, until, once } = flags;
	if (name === undefined && (from !== undefined || until !== undefined || once === true)) {
		const action = "name a conversation, or leave --from, --until and --once out";
		throw new CliError("usage", "history is of one conversation", action);
	}
	return {
		from: from === undefined ? (once === true ? 1 : null) : fromOf(String(from)),
		count: count === undefined ? Number.POSITIVE_INFINITY : wholeOf("--count", count),
		until: until === undefined ? null : goalOf(until, "sent"),
		once: once === true,
		markSeen: flags.seen === true,
	};
}

function fromOf(text: string): number {
	const value = /^-?\d+$/.test(text) ? Number(text) : 0;
	if (Number.isSafeInteger(value) && value !== 0) return value;
	const action = "give a message's number, or -10 for the ten newest";
	throw new CliError("usage", `--from ${text} is no number`, action);
}

class Follow {
	private readonly client: Client;
	private readonly wanted: Wanted;
	private readonly write: (message: Message) => void;
	private readonly own = new Set<Message>();
	private printed = 0;
	private done: () => void = () => {};

	constructor(client: Client, wanted: Wanted, write: (message: Message) => void) {
		this.client = client;
		this.wanted = wanted;
		this.write = write;
	}

	/** What comes, of every conversation. */
	async all(): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			this.done = resolve;
			this.client.on("message", (message) => this.take(message));
			this.failWith(reject);
		});
	}

	/** History from where it was asked, then what comes, in the order of numbers. */
	async one(conversation: Conversation): Promise<void> {
		const { from, once } = this.wanted;
		let next = await (from === null ? afterAll(conversation) : this.pull(conversation, from));
		await new Promise<void>((resolve, reject) => {
			this.done = resolve;
			const look = () => {
				for (const message of conversation.messages.snapshot()) {
					if (message.seq === null || message.seq < next) continue;
					next = message.seq + 1;
					this.take(message);
				}
				if (this.wanted.markSeen) conversation.seen();
				if (once) resolve();
				this.settled();
			};
			conversation.messages.subscribe(look);
			this.client.on("status", () => this.settled());
			this.failWith(reject);
			look();
		});
	}

	/** Pages of history until the first that is wanted is here; the number to begin with. */
	private async pull(conversation: Conversation, from: number): Promise<number> {
		const { messages } = conversation;
		const enough = () => {
			const all = messages.snapshot();
			if (from < 0) return all.length >= -from;
			return (all[0]?.seq ?? Number.POSITIVE_INFINITY) <= from;
		};
		let more = true;
		while (more && !enough()) ({ more } = await conversation.older(pageSize));
		return from > 0 ? from : (messages.snapshot().at(from)?.seq ?? 1);
	}

	private take(message: Message): void {
		if (this.printed >= this.wanted.count) return;
		this.printed += 1;
		this.write(message);
		if (message.own) this.own.add(message);
		if (this.printed >= this.wanted.count) this.done();
	}

	private settled(): void {
		const { until } = this.wanted;
		if (until === null) return;
		const rank = goals.indexOf(until);
		for (const { status } of this.own) {
			if (status !== "refused" && goals.indexOf(status) < rank) return;
		}
		this.done();
	}

	/** The server will not have this client any more. */
	private failWith(reject: (reason: unknown) => void): void {
		this.client.state.subscribe(() => {
			const state = this.client.state.snapshot();
			if (isFinal(state)) reject(state.reason);
		});
	}
}

/** The number after everything that is here, be it in memory or in the storage. */
async function afterAll(conversation: Conversation): Promise<number> {
	await conversation.older(1);
	const all = conversation.messages.snapshot();
	return all.reduce((head, { seq }) => Math.max(head, seq ?? 0), 0) + 1;
}

function writeJson(message: Message): void {
	const { conversation, seq, from, at, contentType, content, replyTo, mentions } = message;
	const { own, status, edited, deleted, media } = message;
	const text = contentType.startsWith("text/") ? message.text : null;
	printJson({
		conversation,
		seq,
		from,
		at,
		contentType,
		text,
		content: text === null ? Buffer.from(content).toString("base64") : null,
		replyTo,
		mentions,
		media: media.map(({ hash, size, contentType, name }) => ({
			hash: Buffer.from(hash).toString("hex"),
			size,
			contentType,
			name,
		})),
		own,
		status,
		edited,
		deleted,
	});
}

/** The text alone, as it was sent. */
function writeRaw({ text, deleted }: Message): void {
	if (!deleted) print(text);
}

function writer(): (message: Message) => void {
	const paint = paintFor(process.stdout, process.env);
	return ({ conversation, seq, from, at, text, deleted, contentType, content, media }) => {
		const time = new Date(at).toISOString().slice(0, 19).replace("T", " ");
		const bytes = `[${content.length} bytes of ${contentType}]`;
		const said = contentType.startsWith("text/") ? text : bytes;
		const files = media.map((file) => `[${fileText(file)}]`);
		const whole = [...(said === "" ? [] : [said]), ...files].join(" ");
		const body = deleted ? "(deleted)" : whole;
		const where = paint("dim", `${time} ${conversation} #${seq}`);
		print(
			`${where} ${paint("cyan", harmlessLine(from))}  ${harmless(body).replaceAll("\n", "\n    ")}`,
		);
	};
}
