// A live conversation: its list of messages, what it knows of receipts and members, and what can
// be done in it. Everything shown comes from the store of the session layer; here is only what of
// it is shown, and in which objects.

import { BrokerError } from "../base/errors.js";
import type { View } from "../client/store.js";
import type { Change, WireMessage, WriteCommand } from "../protocol/frames.js";
import { commandOf } from "./compose.js";
import { atHand, type Home } from "./engine.js";
import { iterate, Live, listNow, quiet, sameFields } from "./hub.js";
import { Members } from "./members.js";
import { keyOf, type LiveMessage, numberOf, type Place } from "./message.js";
import { Timeline } from "./timeline.js";
import type { Conversation, ConversationInfo, Message, Role, SendOptions } from "./types.js";
import { Typing } from "./typing.js";
import { seenOf, unreadOf } from "./unread.js";

const historyPage = 50;

export class Talk implements Conversation, Place {
	readonly id: string;
	readonly hub: Home["hub"];
	readonly info: Live<ConversationInfo>;
	readonly messages: Live<readonly Message[]>;
	readonly typing: Live<readonly string[]>;
	readonly unread: Live<number>;
	private readonly home: Home;
	private readonly timeline: Timeline;
	private readonly members: Members;
	private readonly typists: Typing;
	private seenSoFar = 0;
	/** What was said to be seen before anything was held. */
	private seenEarly = 0;
	/** Receipts have moved and are not measured yet. */
	private unmeasured = false;
	/** Its rows are at hand, and taken over. */
	private filled = false;
	private haveRows = () => {};
	private readonly rows = new Promise<void>((resolve) => {
		this.haveRows = resolve;
	});
	private toldAtFirst = 0;
	private used = false;
	private learnt = false;
	private paging: Promise<unknown> = Promise.resolve();

	/** `told`: arrivals up to here are known to the application; null: all that is held. */
	constructor(home: Home, id: string, told: number | null) {
		this.home = home;
		this.id = id;
		this.hub = home.hub;
		this.timeline = new Timeline(this);
		this.members = new Members(home, id);
		this.typists = new Typing(home, id, () => this.typing.touch());
		// Touched only when the list or something in it has changed: then it is another list.
		this.messages = new Live<readonly Message[]>(home.hub, [], () => this.timeline.list());
		const infoNow = () => this.members.info(this.view?.entry ?? null, this.kind);
		this.info = new Live(home.hub, infoNow(), (before) => {
			const now = infoNow();
			return sameFields(before, now) ? before : now;
		});
		this.typing = new Live<readonly string[]>(home.hub, [], (before) =>
			listNow(before, this.typists.users()),
		);
		this.unread = new Live(home.hub, 0, (before) => this.unreadNow(before));
		home.opened(() => {
			this.members.restore();
			// What arrives while its rows are read has arrived all the same.
			const held = Math.min(told ?? Infinity, this.view?.held ?? 0);
			atHand(home, id, () => this.fill(held));
		});
	}

	get me(): string | null {
		return this.home.user;
	}

	get seenUpTo(): number {
		return this.seenSoFar;
	}

	private get view(): View | undefined {
		return this.home.reads?.view(this.id);
	}

	// What the client tells.

	private unreadNow(before: number): number {
		if (this.filled) return unreadOf(this.view, this.me);
		return this.home.reads?.glance?.(this.id)?.unread ?? before;
	}

	/** Take over what the storage has. */
	private fill(told: number): void {
		this.filled = true;
		this.toldAtFirst = Math.min(told, this.view?.held ?? 0);
		this.timeline.told = this.toldAtFirst;
		this.queued(false);
		this.catchUp(true);
		this.haveRows();
	}

	/** Take over what waits in the storage; `elsewhere`: another tab has said it just now. */
	queued(elsewhere: boolean): void {
		const { reads } = this.home;
		const queue = [
			...(reads?.stream(this.id)?.queue ?? []),
			...(reads?.movingOf(this.id) ?? []),
		].filter((item) => !item.settled);
		// What was said while the storage was being opened goes out behind what waits in it.
		let place = 0;
		for (const item of queue) {
			if (item.command.type !== "send") continue;
			const known = this.timeline.pending(keyOf(item.command.id));
			if (known !== undefined) continue;
			const at = elsewhere ? undefined : place;
			const message = this.timeline.queue(item.command, at, elsewhere);
			place += 1;
			message.stored();
			this.home.follow(item, message);
		}
	}

	/** The view has changed: rows came, it reaches further, or `receipts` moved. */
	moved(receipts = false): void {
		this.unmeasured ||= receipts;
		this.hub.follows(this);
	}

	/** The same for who needs it done at once. */
	catchUp(receipts = this.unmeasured): void {
		if (!this.filled) return;
		this.unmeasured = false;
		const { view, seenEarly } = this;
		if (view !== undefined && seenEarly > 0) {
			this.seenEarly = 0;
			this.seen(seenEarly);
		}
		this.timeline.follow(view);
		const seen = seenOf(view, this.me);
		if (seen > this.seenSoFar) {
			const before = this.seenSoFar;
			this.seenSoFar = seen;
			this.timeline.saw(before, seen);
		}
		if (receipts) this.measure();
		this.unread.touch();
		this.info.touch();
	}

	rowChanged(row: WireMessage): void {
		this.timeline.change(row);
		this.moved();
	}

	factChanged(change: Change): void {
		this.members.fold(change, this.view?.held ?? 0);
		this.moved(true);
	}

	typed(user: string, on: boolean): void {
		if (user !== this.me) this.typists.heard(user, on);
	}

	/** The application has this object: what only the server knows is worth asking for. */
	use(): void {
		if (this.used) return;
		this.used = true;
		this.refresh();
	}

	/** Connected (again). */
	refresh(): void {
		if (!this.home.connected || !this.used) return;
		this.members.load().then(
			() => this.moved(true),
			(cause) => this.hub.closed || this.hub.fault(cause),
		);
		// Once: from then on watermarks are told, or pulled.
		if (!this.learnt) this.learn();
		this.learnt = true;
	}

	/** Rows may have changed unheard. */
	reread(): void {
		if (!this.filled) return;
		this.timeline.refresh(this.view);
		this.catchUp(true);
	}

	/** The store is another one. */
	replaced(): void {
		if (!this.filled) return;
		this.filled = false;
		atHand(this.home, this.id, () => {
			this.filled = true;
			this.reread();
			this.changed();
		});
	}

	/** Another history: numbers mean something else from here on. */
	restarted(): void {
		this.timeline.restart();
		this.moved();
	}

	/** Receipts of own messages that came by history: their watermarks were not told to us. */
	private learn(): void {
		const newest = this.timeline.newestOpen();
		if (newest === null || this.kind === "channel") return;
		this.home.ask({ type: "receipts", conversation: this.id, seq: newest }).then(
			({ watermarks }) => {
				this.members.learn(watermarks);
				this.moved(true);
			},
			// Only a help for old ticks; the person who left has none.
			() => {},
		);
	}

	private get kind(): ConversationInfo["kind"] {
		return this.view?.entry?.kind ?? this.members.kind;
	}

	private measure(): void {
		const { view, me, kind } = this;
		if (view === undefined || me === null || kind === null || kind === "channel") return;
		this.timeline.measure(this.members.reach(view, me, kind));
	}

	counts(message: LiveMessage): Message["counts"] {
		return this.members.counts(this.view, this.me, message.seq);
	}

	changed(): void {
		this.messages.touch();
	}

	dismiss(message: LiveMessage): void {
		this.timeline.drop(message);
		this.messages.touch();
	}

	// What the application does.

	send(content: string | Uint8Array | SendOptions): Message {
		const command = commandOf(content, this.home.clock);
		const message = this.timeline.queue(command);
		if (command.content.length > this.home.contentBytesMax) {
			message.refused(new BrokerError("MESSAGE_TOO_LARGE"));
			return message;
		}
		try {
			this.home.write(this.id, command, message);
		} catch (cause) {
			this.dismiss(message);
			throw cause;
		}
		this.home.changed(this.id);
		return message;
	}

	seen(upTo?: Message | number): void {
		const seq = upTo === undefined ? (this.view?.held ?? 0) : numberOf(upTo);
		if (seq < 1) return;
		this.home.opened((engine) => {
			if (this.view === undefined) this.seenEarly = Math.max(this.seenEarly, seq);
			else engine.seen(this.id, seq);
			this.catchUp();
			this.home.changed(this.id);
		});
	}

	typingNow(on: boolean): void {
		this.typists.say(on);
	}

	older(count = historyPage): Promise<{ readonly more: boolean }> {
		const page = this.paging.then(async () => {
			// Only the list tells where the view of a new device begins.
			await this.hub.when(this.home.listed, () => this.home.listed.snapshot());
			await this.rows;
			if (this.view !== undefined && this.view.first <= 1) return { more: false };
			const { more } = await this.home.history(this.id, this.view?.first ?? null, count);
			this.reread();
			if (this.home.connected) this.learn();
			return { more };
		});
		// One page after the other; one that fails does not stand in the way of the next.
		this.paging = page.catch(() => {});
		return quiet(page);
	}

	receipts(message: Message | number) {
		const seq = numberOf(message);
		const asked = this.home.ask({ type: "receipts", conversation: this.id, seq });
		return quiet(asked.then(({ delivered, seen }) => ({ delivered, seen })));
	}

	private does(command: WriteCommand): Promise<void> {
		return quiet(this.home.done(this.id, command).then(() => {}));
	}

	/** One that is not sent yet has no number to name it by; it gets one first. */
	private to(message: Message | number, command: (seq: number) => WriteCommand): Promise<void> {
		if (typeof message !== "number" && message.seq === null) {
			const sent = message.reached("sent");
			return quiet(sent.then((sent) => this.does(command(numberOf(sent)))));
		}
		return this.does(command(numberOf(message)));
	}

	edit(message: Message | number, text: string): Promise<void> {
		const before = typeof message === "number" ? this.timeline.at(message) : message;
		// What it answers and its files stay.
		const said = { text, replyTo: before?.replyTo, media: before?.media };
		const { ttlMs: _, clientTime: __, seenUpTo: ___, ...body } = commandOf(said, this.home.clock);
		return this.to(message, (seq) => ({ ...body, type: "edit", seq }));
	}

	deleteForAll(message: Message | number): Promise<void> {
		return this.to(message, (seq) => ({ type: "delete", seq }));
	}

	deleteForMe(message: Message | number): Promise<void> {
		return this.to(message, (seq) => ({ type: "hide", seq }));
	}

	react(message: Message | number, emoji: string | null): Promise<void> {
		return this.to(message, (seq) => ({ type: "react", seq, emoji }));
	}

	add(...users: string[]): Promise<void> {
		return this.does({ type: "add", users });
	}

	remove(...users: string[]): Promise<void> {
		return this.does({ type: "remove", users });
	}

	leave(): Promise<void> {
		return this.does({ type: "leave" });
	}

	setRole(user: string, role: Role): Promise<void> {
		return this.does({ type: "role", user, role });
	}

	rename(title: string): Promise<void> {
		return this.does({ type: "describe", title, picture: null, description: null });
	}

	describe(description: string): Promise<void> {
		return this.does({ type: "describe", title: null, picture: null, description });
	}

	picture(picture: string): Promise<void> {
		return this.does({ type: "describe", title: null, picture, description: null });
	}

	link(): Promise<string> {
		const done = this.home.done(this.id, { type: "link", on: true });
		return quiet(done.then(({ link }) => `${this.id}/${link ?? ""}`));
	}

	mute(untilMs: number | null): Promise<void> {
		return this.does({ type: "mute", until: untilMs ?? 0 });
	}

	/** A cursor over the list, not a queue: nothing is kept for a slow reader. */
	[Symbol.asyncIterator](): AsyncIterator<Message> {
		let after = this.filled ? this.timeline.told : null;
		return iterate(this.hub, this.messages, () => {
			if (!this.filled) return null;
			after ??= this.toldAtFirst;
			const value = this.timeline.arrivalAfter(after);
			if (value === null) return null;
			after = value.seq ?? after;
			return { value };
		});
	}
}
