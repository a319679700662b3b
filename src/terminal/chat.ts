// A person's side of a chat, without any drawing: which conversation is open, what was said about
// the last command, what is new since it was opened. A screen or plain lines stand on top of it.

import type { Clock, Timer } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import { directMembers, userId } from "../base/ids.js";
import type { Client, Conversation, TransferOptions } from "../sdk/types.js";
import { type Entered, parse, withSigns } from "./commands.js";
import { find, told } from "./find.js";
import { perform } from "./perform.js";
import type { OpenView, Panel, TransferView, View } from "./view.js";

export interface ChatOptions {
	readonly client: Client;
	readonly clock: Clock;
	/** Something that is shown may have changed. */
	changed(): void;
	/** The person wants to go. */
	quit(): void;
}

/** How often it is looked whether somebody has signed in for the first time. */
const waitForUserMs = 2_000;
const pageSize = 50;

type Transfer = TransferView & { readonly cancel: () => void };

export class Chat {
	readonly client: Client;
	readonly clock: Clock;
	opened: Conversation | null = null;
	notice: View["notice"] = null;
	panel: Panel | null = null;
	unreadFrom: number | null = null;
	older: OpenView["older"] = "more";
	transfers: readonly Transfer[] = [];
	private readonly options: ChatOptions;
	private readonly ends: (() => void)[] = [];
	private readonly watched = new Map<string, () => void>();
	private leave: () => void = () => {};
	private waiting: Timer | null = null;
	/** Where the person wanted to go last: what was wanted before must not take the screen. */
	private goal = {};
	/** Until what stood open is open again: what is said meanwhile would be refused. */
	private reopening: Promise<void> | null = null;
	private reopened = () => {};
	/** Nobody has looked since it was opened, or since the person went away. */
	private fresh = true;

	constructor(options: ChatOptions) {
		this.options = options;
		this.client = options.client;
		this.clock = options.clock;
		const { client } = this;
		const changed = () => this.changed();
		this.ends.push(
			client.state.subscribe(changed),
			client.conversations.subscribe(() => {
				this.watch();
				changed();
			}),
			client.on("storage", ({ durable, error }) => {
				if (!durable) this.say("bad", `what is queued is in memory only: ${error?.message ?? ""}`);
			}),
			client.on("reset", (conversation) => {
				// The server may be another one now, which does not know what stands open here.
				if (conversation === null) void this.again();
			}),
		);
		this.watch();
	}

	/** Detaches from the client, which stays as it is. */
	close(): void {
		this.waiting?.cancel();
		this.leave();
		for (const end of [...this.ends, ...this.watched.values()]) end();
	}

	say(tone: "good" | "bad" | "faint", text: string): void {
		this.notice = { tone, text };
		this.changed();
	}

	show(panel: Panel | null): void {
		this.panel = panel;
		this.changed();
	}

	changed(): void {
		this.options.changed();
	}

	quit(): void {
		this.options.quit();
	}

	/**
	 * Goes to whom or what this names: a conversation's id or title, or a user. One who has never
	 * signed in is waited for.
	 */
	go(name: string): Promise<void> {
		return this.seek(name, this.turn());
	}

	private turn(): object {
		this.waiting?.cancel();
		this.reopening = null;
		this.reopened();
		this.goal = {};
		return this.goal;
	}

	private async seek(name: string, goal: object, waited = false): Promise<void> {
		const { clock } = this;
		try {
			const found = await find(this.client, name, clock);
			if (this.goal !== goal) return;
			const at = this.opened?.id ?? found.id;
			// What is being written to one must not end up with another.
			if (waited && at !== found.id) return this.say("good", `${name} is here now: /open ${name}`);
			this.notice = null;
			await this.enter(found);
		} catch (error) {
			if (this.goal !== goal) return;
			if (!(error instanceof BrokerError) || error.code !== "USER_UNKNOWN") throw error;
			const known = waited && this.opened !== null;
			if (!known) this.say("faint", `${name} has never signed in; waiting until that happens`);
			this.waiting = clock.after(waitForUserMs, () => {
				this.seek(name, goal, true).catch((cause: unknown) => this.say("bad", told(cause)));
			});
		}
	}

	/** Goes once more where it is, which may have to be made anew; never rejects. */
	private async again(): Promise<void> {
		const { opened } = this;
		if (opened === null) return;
		const other = directMembers(opened.id)?.find((user) => user !== this.client.user);
		const going = this.go(other ?? opened.id);
		this.reopening = new Promise((resolve) => {
			this.reopened = resolve;
		});
		try {
			await going;
		} catch (error) {
			this.turn();
			this.say("bad", told(error));
		}
	}

	/** Opens a conversation; resolves when its newest messages are here, or cannot be had now. */
	enter(conversation: Conversation): Promise<void> {
		this.turn();
		this.leave();
		this.opened = conversation;
		this.unreadFrom = null;
		this.older = "more";
		this.fresh = true;
		const changed = () => this.changed();
		const ends = [
			conversation.info.subscribe(() => {
				this.watch();
				changed();
			}),
			conversation.messages.subscribe(changed),
			conversation.typing.subscribe(changed),
		];
		this.leave = () => {
			conversation.typingNow(false);
			for (const end of ends) end();
		};
		this.watch();
		changed();
		const few = conversation.messages.snapshot().length < pageSize;
		return few ? this.askOlder() : Promise.resolve();
	}

	/** The conversation above or below the open one in the list. */
	step(by: -1 | 1): void {
		const list = this.client.conversations.snapshot();
		if (list.length === 0) return;
		const at = list.findIndex(({ id }) => id === this.opened?.id);
		const next = list[(at + by + list.length) % list.length];
		if (next !== undefined) void this.enter(this.client.conversation(next.id));
	}

	/** A page of older messages; never rejects. */
	async askOlder(): Promise<void> {
		const { opened } = this;
		if (opened === null || this.older !== "more") return;
		this.older = "asking";
		this.changed();
		const { more } = await opened.older(pageSize).catch(() => {
			// Without a connection it is asked again when there is one and the person scrolls.
			return { more: true };
		});
		if (this.opened !== opened) return;
		this.older = more ? "more" : "none";
		this.changed();
	}

	/** The person looks at the newest messages. */
	looked(): void {
		const { opened } = this;
		if (opened === null) return;
		const unseen = opened.messages
			.snapshot()
			.find((message) => !message.own && !message.deleted && message.status !== "seen");
		if (unseen !== undefined) {
			if (this.fresh) this.unreadFrom = unseen.seq;
			opened.seen();
		}
		this.fresh = false;
	}

	/** The person looks elsewhere: what comes meanwhile is new when they are back. */
	lookedAway(): void {
		this.fresh = true;
	}

	/** A line was entered. Resolves when it has been done, or is queued. */
	async entered(line: string): Promise<void> {
		const entered: Entered = parse(line);
		this.panel = null;
		this.notice = null;
		if (entered.type === "wrong") this.say("bad", entered.why);
		if (entered.type === "say") {
			if (this.reopening !== null) this.say("faint", "said as soon as this is open again");
			await this.reopening;
			this.talk(entered.text);
		}
		if (entered.type === "command") {
			try {
				await perform(this, entered);
			} catch (error) {
				this.say("bad", told(error));
			}
		}
		this.changed();
	}

	private talk(text: string): void {
		const { opened } = this;
		if (opened === null) {
			this.say("bad", "no conversation is open: /open who");
			return;
		}
		const said = withSigns(text);
		const mentions = mentioned(said, this.membersOf(opened));
		opened.send({ text: said, ...(mentions.length === 0 ? {} : { mentions }) });
		opened.typingNow(false);
		this.unreadFrom = null;
	}

	/** Shows how far it is until it is over. Errors: its own, and that it was cancelled. */
	async transfer<T>(
		way: TransferView["way"],
		name: string,
		run: (options: TransferOptions) => Promise<T>,
	): Promise<T> {
		const ending = new AbortController();
		const cancel = () => ending.abort(new Error(`${name}: cancelled`));
		let now: Transfer = { way, name, done: 0, size: 0, cancel };
		const become = (next: readonly Transfer[]) => {
			this.transfers = [...this.transfers.filter((one) => one !== now), ...next];
			this.changed();
		};
		become([now]);
		const onProgress = ({ done, size }: { readonly done: number; readonly size: number }) => {
			const next = { ...now, done, size };
			this.transfers = this.transfers.map((one) => (one === now ? next : one));
			now = next;
			this.changed();
		};
		try {
			return await run({ signal: ending.signal, onProgress });
		} finally {
			become([]);
		}
	}

	cancel(): void {
		if (this.transfers.length === 0) this.say("faint", "nothing is being sent or saved");
		for (const { cancel } of this.transfers) cancel();
	}

	membersOf(conversation: Conversation): string[] {
		const direct = directMembers(conversation.id);
		if (direct !== null) return [...direct];
		return conversation.info.snapshot().members.map(({ user }) => user);
	}

	/** Everybody who is known here, for Tab. */
	people(): string[] {
		const found = new Set<string>();
		if (this.opened !== null) for (const user of this.membersOf(this.opened)) found.add(user);
		for (const { id, last } of this.client.conversations.snapshot()) {
			for (const user of directMembers(id) ?? []) found.add(user);
			if (last !== null) found.add(last.from);
		}
		found.delete(this.client.user ?? "");
		return [...found].sort();
	}

	/** Those in whose presence the screen shows something. */
	private watch(): void {
		const me = this.client.user;
		const ids = this.client.conversations.snapshot().slice(0, pageSize);
		const wanted = new Set<string>();
		for (const id of [this.opened?.id ?? "", ...ids.map((one) => one.id)]) {
			const other = directMembers(id)?.find((user) => user !== me);
			if (other !== undefined) wanted.add(other);
		}
		for (const [user, end] of this.watched) {
			if (wanted.has(user)) continue;
			end();
			this.watched.delete(user);
		}
		for (const user of wanted) {
			if (this.watched.has(user)) continue;
			this.watched.set(
				user,
				this.client.presence(user).subscribe(() => this.changed()),
			);
		}
	}
}

function mentioned(text: string, members: readonly string[]): string[] {
	const names = new Set(
		[...text.matchAll(/@([^\s@,;:!?]+)/g)].map(([, name = ""]) => userId(name)),
	);
	return members.filter((user) => names.has(user));
}
