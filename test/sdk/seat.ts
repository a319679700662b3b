// One conversation in front of one person, by what can be told over a wire: the same in this
// process, in a child of it and in a page of a browser. Types are all it imports, so that any
// bundle of the SDK fits.

import type {
	Client,
	ClientStore,
	ConnectOptions,
	Conversation,
	Message,
} from "../../src/sdk/index.js";

export interface SeatOptions {
	readonly url: string;
	readonly token: string;
	readonly conversation: string;
	readonly store?: string | ClientStore;
}

/** What is to be seen, as text: what can be compared wherever it comes from. */
export interface Picture {
	readonly state: string;
	/** `ann one: seen` for each message, oldest first. */
	readonly list: readonly string[];
	readonly unread: number;
	/** Texts of messages as they were told, one by one, since this seat was taken. */
	readonly arrivals: readonly string[];
	/** Statuses that fell back, numbers twice or out of order: none. */
	readonly faults: readonly string[];
}

export interface Seat {
	/** Resolves once it is queued as durably as this place can. */
	says(text: string): Promise<void>;
	edits(text: string, to: string): Promise<void>;
	reacts(text: string, emoji: string): Promise<void>;
	deletes(text: string): Promise<void>;
	sees(): Promise<void>;
	removes(user: string): Promise<void>;
	picture(): Promise<Picture>;
	close(): Promise<void>;
}

const order: readonly string[] = ["queued", "sent", "delivered", "seen"];

export function takeSeat(connect: (options: ConnectOptions) => Client, options: SeatOptions): Seat {
	const { conversation, ...rest } = options;
	return new Sitting(connect(rest), conversation);
}

class Sitting implements Seat {
	private readonly client: Client;
	private readonly talk: Conversation;
	private readonly arrivals: string[] = [];
	private readonly faults: string[] = [];
	private readonly reached = new Map<string, string>();

	constructor(client: Client, conversation: string) {
		this.client = client;
		// Broken connections are of the script.
		client.on("error", () => {});
		client.on("message", ({ text }) => this.arrivals.push(text));
		this.talk = client.conversation(conversation);
		this.talk.messages.subscribe(() => this.check(this.talk.messages.snapshot()));
	}

	private check(list: readonly Message[]): void {
		let last = 0;
		for (const { key, text, status, seq } of list) {
			const before = this.reached.get(key) ?? "queued";
			if (order.indexOf(status) < order.indexOf(before) && status !== "refused") {
				this.faults.push(`${text}: ${status} after ${before}`);
			}
			this.reached.set(key, status);
			if (seq !== null && seq <= last) this.faults.push(`${text}: ${seq} after ${last}`);
			last = seq ?? last;
		}
	}

	private named(text: string): Message {
		const found = this.talk.messages.snapshot().find((message) => message.text === text);
		if (found === undefined) throw new Error(`there is no "${text}" here`);
		return found;
	}

	async says(text: string): Promise<void> {
		await this.talk.send(text).reached("queued");
	}

	edits(text: string, to: string): Promise<void> {
		return this.talk.edit(this.named(text), to);
	}

	reacts(text: string, emoji: string): Promise<void> {
		return this.talk.react(this.named(text), emoji);
	}

	deletes(text: string): Promise<void> {
		return this.talk.deleteForAll(this.named(text));
	}

	async sees(): Promise<void> {
		this.talk.seen();
	}

	removes(user: string): Promise<void> {
		return this.talk.remove(user);
	}

	async picture(): Promise<Picture> {
		const { client, talk, arrivals, faults } = this;
		const list = talk.messages.snapshot().map(line);
		return {
			state: client.state.snapshot().type,
			list,
			unread: talk.unread.snapshot(),
			arrivals,
			faults,
		};
	}

	close(): Promise<void> {
		return this.client.close();
	}
}

function line(message: Message): string {
	const { from, text, deleted, edited, reactions, status, error } = message;
	const words = deleted ? "(deleted)" : text;
	const marks = [edited ? "*" : "", ...[...reactions].map(([emoji, who]) => ` ${emoji} ${who}`)];
	return `${from} ${words}${marks.join("")}: ${status}${error === null ? "" : ` ${error.code}`}`;
}
