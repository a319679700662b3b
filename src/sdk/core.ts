// The middle of the SDK: opens the storage, starts the device, and hands what it tells to
// conversations, lists and listeners. Not here: the state of the connection (`connection.ts`), and
// what applications call (`client.ts`).

import type { Clock } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import { directMembers } from "../base/ids.js";
import type { Events, Outcome, Welcome } from "../client/events.js";
import type { Queued, View } from "../client/store.js";
import type { Request, Unnumbered } from "../client/sync.js";
import type { Change, WriteCommand } from "../protocol/frames.js";
import { contentBytesMax } from "../protocol/limits.js";
import { Answers } from "./answers.js";
import { Connection } from "./connection.js";
import { Talk } from "./conversation.js";
import type { Engine, Home, Pending, Reads, ResultOf } from "./engine.js";
import { quickGlance } from "./glance.js";
import { Hub, Live, listNow, sameFields } from "./hub.js";
import { List } from "./list.js";
import { type Opened, type OpenStorage, type Pieces, type Platform, piecesOf } from "./platform.js";
import { Presences } from "./presence.js";
import { Questions } from "./questions.js";
import type { ConnectOptions, ConversationSummary, Profile, StorageState } from "./types.js";

/** What of the names that are kept belongs to the SDK. */
const notes = { profile: "profile", blocked: "blocked" } as const;

export class Core implements Home {
	readonly hub = new Hub();
	readonly clock: Clock;
	readonly connection: Connection;
	readonly presences: Presences;
	readonly storage: Live<StorageState>;
	readonly conversations: Live<readonly ConversationSummary[]>;
	readonly listed: Live<boolean>;
	readonly profile: Live<Profile>;
	readonly blocked: Live<readonly string[]>;
	contentBytesMax = contentBytesMax;
	readonly options: ConnectOptions;
	private readonly platform: Platform;
	private readonly questions: Questions;
	private readonly list = new List((conversation) => this.changed(conversation));
	private readonly talks = new Map<string, Talk>();
	private readonly pendings = new Map<number, Pending>();
	/** Up to where rows of conversations without an object were there before anybody listened. */
	private readonly told = new Map<string, number>();
	private readonly answers: Answers;
	private engine: Engine | null = null;
	private disk: Opened | null = null;
	private waiting: ((engine: Engine) => void)[] = [];
	private kept: StorageState = { durable: false, error: null };
	private known: Profile = { user: null, name: "", picture: "", presence: null };
	private readonly opening: Promise<void>;
	private closing: Promise<void> | null = null;

	constructor(options: ConnectOptions, platform: Platform) {
		this.options = options;
		this.platform = platform;
		this.clock = options.clock ?? platform.clock;
		const { hub, clock } = this;
		const { token } = options;
		const queued = () => this.queued();
		this.connection = new Connection({ hub, clock, platform, token, queued });
		this.questions = new Questions(this);
		this.answers = new Answers(this);
		this.presences = new Presences(this);
		this.storage = new Live(hub, this.kept, () => this.kept);
		this.profile = new Live(hub, this.known, () => this.known);
		this.blocked = new Live<readonly string[]>(hub, [], (before) =>
			listNow(before, (this.note(notes.blocked) ?? []) as readonly string[]),
		);
		this.conversations = new Live<readonly ConversationSummary[]>(hub, [], (before) =>
			this.reads === null ? before : this.list.compute(before, this.reads, this.user, clock.now()),
		);
		this.listed = new Live(hub, false, () => this.reads?.identity().listed ?? false);
		this.opening = this.open().catch((cause) => hub.fault(cause));
	}

	// The storage and the device.

	private async open(): Promise<void> {
		const kept = typeof this.options.store === "string";
		const pieces = await this.connection.loaded(() => piecesOf(this.platform, kept));
		if (pieces === null) return;
		let disk: Opened;
		try {
			disk = await this.openStore(pieces);
		} catch (cause) {
			// Held by another process: memory instead would send what that one knows nothing of.
			this.end(cause as BrokerError);
			return;
		}
		this.disk = disk;
		if (this.closing !== null) return;
		const profile = this.note(notes.profile);
		if (profile !== undefined) this.remember(profile as Profile);
		const engine = disk.engine({
			connect: this.options.transport ?? pieces.foundation.connect(this.options.url),
			token: () => this.connection.token(),
			clock: this.clock,
			events: this.events(),
			...(this.options.client === undefined ? {} : { client: this.options.client }),
		});
		this.engine = engine;
		this.hub.filesOf = pieces.foundation.files(this);
		if (this.hub.heard("message")) this.listening();
		for (const run of this.waiting.splice(0)) this.hub.contain(() => run(engine));
		this.refreshLists();
		this.blocked.touch();
		this.connection.start(engine);
	}

	/** Errors: DATA_LOCKED. */
	private async openStore({ foundation, openStorage }: Pieces): Promise<Opened> {
		const { store = null } = this.options;
		const { clock } = this;
		if (typeof store !== "string") return foundation.memory(store, clock);
		const failed = (cause: unknown) => {
			const error = new BrokerError("STORAGE_FAILED", String(cause), { cause });
			this.stored({ durable: false, error });
		};
		try {
			const glanceOf = (view: View) => quickGlance(view, this.user);
			const open = openStorage as OpenStorage;
			const disk = await open(store, { clock, onFailed: failed, glanceOf });
			this.stored({ durable: true, error: null });
			return disk;
		} catch (cause) {
			if (cause instanceof BrokerError && cause.code === "DATA_LOCKED") throw cause;
			failed(cause);
			return foundation.memory(null, clock);
		}
	}

	private stored(state: StorageState): void {
		this.kept = state;
		this.storage.touch();
		this.hub.emit("storage", state);
	}

	get user(): string | null {
		return this.known.user;
	}

	get reads(): Reads | null {
		return this.engine?.store ?? null;
	}

	get connected(): boolean {
		return this.connection.connected;
	}

	opened(run: (engine: Engine) => void): void {
		if (this.engine !== null) run(this.engine);
		else this.waiting.push(run);
	}

	note(name: string): unknown {
		return this.disk?.store.note(name);
	}

	keep(name: string, value: unknown): void {
		this.disk?.store.keep(name, value);
	}

	changed(conversation: string): void {
		this.list.touch(conversation);
		this.conversations.touch();
	}

	private refreshLists(): void {
		this.list.touchAll();
		this.conversations.touch();
		this.listed.touch();
		this.connection.state.touch();
	}

	private queued(): number {
		let count = this.waiting.length;
		const { reads } = this;
		if (reads === null) return count;
		for (const { queue } of reads.streams()) count += queue.length;
		for (const conversation of reads.moving()) count += reads.movingOf(conversation).length;
		return count;
	}

	// What the device tells.

	private events(): Events {
		const { connection, hub, talks } = this;
		return {
			phase: (phase) => {
				if (phase.type === "ready" && !this.welcomed(phase.welcome)) return;
				this.listed.touch();
				connection.phase(phase);
				if (phase.type === "ready") this.connectedAgain();
				else this.presences.lost();
			},
			message: (conversation, { sender }) => {
				if (hub.heard("message") && !talks.has(conversation)) this.arriving(conversation);
				talks.get(conversation)?.typed(sender, false);
				this.moved(conversation);
			},
			row: (conversation, row) => {
				talks.get(conversation)?.rowChanged(row);
				this.moved(conversation);
			},
			changed: (conversation, change) => this.fact(conversation, change),
			status: (conversation) => this.moved(conversation, true),
			answered: (item, outcome) => {
				this.settled(item)?.answered(outcome);
				if (item.conversation !== null) this.moved(item.conversation);
			},
			refused: (item, code, detail) => {
				this.settled(item)?.refused(new BrokerError(code, detail));
			},
			listed: (entries) => {
				for (const { conversation } of entries) this.moved(conversation);
				this.listed.touch();
			},
			reset: (conversation) => {
				hub.emit("reset", conversation);
				if (conversation !== null) this.moved(conversation);
				else for (const talk of talks.values()) talk.restarted();
				this.refreshLists();
			},
			queued: (conversation) => {
				talks.get(conversation ?? "")?.queued(true);
				if (conversation !== null) this.changed(conversation);
				connection.state.touch();
			},
			replaced: () => {
				for (const talk of talks.values()) talk.replaced();
				this.refreshLists();
			},
			forked: () => hub.emit("forked"),
			presence: (users) => this.presences.heard(users),
			typed: (conversation, user, on) => talks.get(conversation)?.typed(user, on),
			fault: (where, cause) => {
				if (where === "connect") connection.failed(cause);
				else hub.fault(cause);
			},
		};
	}

	private moved(conversation: string, receipts = false): void {
		this.talks.get(conversation)?.moved(receipts);
		this.changed(conversation);
		this.answers.check();
	}

	/** Somebody wants to hear of arrivals: what is held now is none. */
	listening(): void {
		for (const { conversation, held } of this.reads?.views() ?? []) {
			if (!this.told.has(conversation)) this.told.set(conversation, held);
		}
	}

	/** A view that came later begins with what is news. */
	private arriving(conversation: string): void {
		const first = this.reads?.view(conversation)?.first ?? 1;
		this.talk(conversation, this.told.get(conversation) ?? first - 1);
	}

	/** False: the storage is another user's, and what waits there must not go out as this one's. */
	private welcomed(welcome: Welcome): boolean {
		const { user, name, picture, presence } = welcome;
		if (this.user !== null && this.user !== user) {
			const detail = `the storage is ${this.user}'s, the token ${user}'s`;
			this.end(new BrokerError("AUTH_REJECTED", detail));
			return false;
		}
		this.contentBytesMax = welcome.limits.contentBytes;
		this.remember({ user, name, picture, presence });
		return true;
	}

	remember(profile: Profile): void {
		const before = this.known;
		if (sameFields(profile, before)) return;
		this.known = profile;
		this.profile.touch();
		this.keep(notes.profile, profile);
		// Now it is known which messages are one's own.
		if (before.user !== profile.user) this.refreshLists();
	}

	private connectedAgain(): void {
		this.questions.connected();
		this.answers.check(true);
		for (const talk of this.talks.values()) {
			talk.catchUp(true);
			talk.refresh();
		}
	}

	private fact(conversation: string, change: Change): void {
		if (change.type === "blocked" && change.by === this.user) {
			const other = directMembers(conversation)?.find((one) => one !== this.user);
			this.block(other ?? change.by, change.on);
		}
		this.talks.get(conversation)?.factChanged(change);
		this.changed(conversation);
		this.answers.check();
	}

	/** Known as soon as it is answered: the change may follow in a pull. */
	block(user: string, on: boolean): void {
		const rest = this.blocked.snapshot().filter((one) => one !== user);
		this.keep(notes.blocked, on ? [...rest, user] : rest);
		this.blocked.touch();
	}

	private settled(item: Queued): Pending | undefined {
		const pending = this.pendings.get(item.ref);
		this.pendings.delete(item.ref);
		this.connection.state.touch();
		if (item.conversation !== null) this.changed(item.conversation);
		return pending;
	}

	// What conversations and applications ask for.

	talk(id: string, told: number | null): Talk {
		const known = this.talks.get(id);
		if (known !== undefined) return known;
		const talk = new Talk(this, id, told);
		this.talks.set(id, talk);
		return talk;
	}

	write(conversation: string | null, command: WriteCommand, pending: Pending): void {
		if (this.closing !== null) throw new BrokerError("CLOSED");
		const early = this.engine === null;
		this.opened((engine) => {
			try {
				this.follow(engine.write(conversation, command), pending);
			} catch (cause) {
				const own = cause instanceof TypeError || cause instanceof BrokerError;
				// What the caller did wrong is the caller's to hear, in the call if that is still on.
				if (own && !early) throw cause;
				// Else it is a store of the application's own that throws.
				const code = own ? "BAD_REQUEST" : "STORAGE_FAILED";
				pending.refused(new BrokerError(code, String(cause), { cause }));
			}
		});
		this.connection.state.touch();
	}

	follow(item: Queued, pending: Pending): void {
		this.pendings.set(item.ref, pending);
		const durable = this.disk?.durable ?? null;
		if (durable === null) pending.stored();
		else void durable().then(() => pending.stored());
	}

	done(conversation: string | null, command: WriteCommand): Promise<Outcome> {
		return this.hub.untilClosed<Outcome>((resolve, reject) => {
			const answered = (outcome: Outcome) =>
				this.answers.wait(conversation, outcome.position, () => resolve(outcome));
			this.write(conversation, command, { stored: () => {}, answered, refused: reject });
		});
	}

	ask<T extends Request["type"]>(
		request: Unnumbered<Request & { readonly type: T }>,
	): Promise<ResultOf<T>> {
		const ask = (engine: Engine) => engine.request(request as Unnumbered);
		return this.questions.ask(ask) as Promise<ResultOf<T>>;
	}

	history(conversation: string, before: number | null, limit: number) {
		return this.questions.ask((engine) => engine.history(conversation, before, limit));
	}

	// The end.

	/** For good, for a reason that nothing done here cures. */
	private end(reason: BrokerError): void {
		this.connection.close(reason);
		this.closing ??= this.finish();
	}

	close(): Promise<void> {
		this.engine?.flush();
		this.connection.close(null);
		this.closing ??= this.finish();
		return this.closing;
	}

	private async finish(): Promise<void> {
		this.hub.close();
		// What was queued up to here is to be found again.
		await this.opening;
		await this.disk?.close();
	}
}
