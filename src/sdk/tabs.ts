// One database for several tabs: the tab that holds the lock has the store and the connection, the
// others keep an image of its heads, ask that tab for everything, and hear what it hears. When it
// goes, however it goes, the lock passes on, and with it the outbox.

import { BrokerError } from "../base/errors.js";
import { Device, type DeviceOptions } from "../client/device.js";
import { contain, type Emit, type Events, type Phase } from "../client/events.js";
import { freshNames, hex, MemoryStore } from "../client/memory-store.js";
import type { Queued } from "../client/store.js";
import type { Unnumbered } from "../client/sync.js";
import type { Result, WriteCommand } from "../protocol/frames.js";
import type { Engine } from "./engine.js";
import { type AskRows, Followed } from "./followed.js";
import { gated } from "./gate.js";
import type { KeptOptions, KeptStore } from "./kept-store.js";
import { LateMap } from "./late-map.js";
import { type Call, changes, type Heads, movedPhase, type Said } from "./tab-words.js";

interface Waiting {
	readonly name: Call;
	readonly args: readonly unknown[];
	resolve(value: unknown): void;
	reject(cause: unknown): void;
}

type Options = Omit<DeviceOptions, "store">;

export class Tabs implements Engine {
	/** The image, or the store itself once this tab leads. */
	store: MemoryStore;
	private readonly tab: string;
	private readonly channel: BroadcastChannel;
	private readonly openStore: () => Promise<KeptStore>;
	private readonly onFailed: (cause: unknown) => void;
	private readonly clock: TabOptions["clock"];
	private options: Options | null = null;
	private emit: Emit = () => {};
	private kept: KeptStore | null = null;
	private device: Device | null = null;
	private phase: Phase = { type: "connecting" };
	private readonly waiting = new Map<number, Waiting>();
	private calls = 0;
	private readonly writes = new Set<Promise<unknown>>();
	/** Writes of this tab by the leader's name for them. */
	private readonly own = new Map<number, Queued>();
	private readonly watched = new Set<string>();
	private joined: () => void = () => {};
	private release: () => void = () => {};
	private started = false;
	private following = false;
	private closed = false;

	constructor(name: string, openStore: () => Promise<KeptStore>, options: TabOptions) {
		this.tab = hex(options.clock.randomBytes(8));
		this.store = new MemoryStore(freshNames(options.clock));
		this.openStore = openStore;
		this.onFailed = options.onFailed;
		this.clock = options.clock;
		this.channel = new BroadcastChannel(`colloquy:${name}`);
		this.channel.onmessage = ({ data }) => this.heard(data as Said);
	}

	/** Resolves when this tab leads, or has the leader's image. Errors: the database's. */
	join(name: string): Promise<void> {
		return new Promise((resolve, reject) => {
			this.joined = resolve;
			// The lock is held until `release`, or for as long as this tab lives.
			navigator.locks
				.request(`colloquy:${name}`, async () => {
					if (this.closed) return;
					await this.lead();
					resolve();
					await new Promise<void>((free) => {
						this.release = free;
						if (this.closed) free();
					});
				})
				.catch((cause) => {
					// Told once: to whoever opens, or, when another tab was followed so far, as a failure.
					if (this.following) this.onFailed(cause);
					reject(cause);
				});
			this.say({ type: "join", tab: this.tab });
		});
	}

	/** The store of a tab that is gone is as durable as it was: its outbox goes on from here. */
	private async lead(): Promise<void> {
		const store = await this.openStore();
		for (const name of changes) this.broadcast(store, name);
		this.kept = store;
		this.store = store;
		if (this.options !== null) this.makeDevice();
		this.emit("replaced");
		if (this.started) this.device?.start();
		this.say({ type: "lead" });
		this.askAgain();
	}

	private broadcast(store: KeptStore, name: (typeof changes)[number]): void {
		const original = (store[name] as (...args: unknown[]) => unknown).bind(store);
		const told = (...args: unknown[]) => {
			const result = original(...args);
			this.say({ type: "change", name, args });
			return result;
		};
		Object.assign(store, { [name]: told });
	}

	/** The engine of this tab, with what it tells. */
	engine(options: Options): Engine {
		this.options = options;
		this.emit = contain(options.events ?? {});
		if (this.kept !== null) this.makeDevice();
		return this;
	}

	private makeDevice(): void {
		const { options, kept } = this;
		if (options === null || kept === null) return;
		const names = Object.keys(options.events ?? {}) as (keyof Events)[];
		const told = names.map((name) => [name, (...args: unknown[]) => this.tell(name, args)]);
		this.device = new Device({
			...options,
			store: kept,
			connect: gated(options.connect, () => kept.durable()),
			events: Object.fromEntries(told) as Events,
		});
	}

	/** Here and in the other tabs. */
	private tell(name: keyof Events, args: readonly unknown[]): void {
		// What a fault holds may not travel.
		const said = name === "phase" ? [movedPhase(args[0] as Phase, this.clockGap())] : args;
		if (name !== "fault") this.say({ type: "event", name, args: said });
		this.happened(name, args);
	}

	/** From the monotonic clock of this tab to the time of day. */
	private clockGap(): number {
		return this.clock.now() - this.clock.monotonic();
	}

	private told(): Phase {
		return movedPhase(this.phase, this.clockGap());
	}

	private overheard(name: keyof Events, args: readonly unknown[]): void {
		if (name !== "phase") this.happened(name, args);
		else this.happened(name, [movedPhase(args[0] as Phase, -this.clockGap())]);
	}

	private happened(name: keyof Events, args: readonly unknown[]): void {
		if (name === "phase") this.phase = args[0] as Phase;
		const [first, ...rest] = args;
		if (name === "answered" || name === "refused") {
			const item = first as Queued;
			const own = this.own.get(item.ref);
			this.own.delete(item.ref);
			(this.emit as (...values: unknown[]) => void)(name, own ?? item, ...rest);
		} else (this.emit as (...values: unknown[]) => void)(name, ...args);
	}

	private say(said: Said): void {
		if (!this.closed) this.channel.postMessage(said);
	}

	private heard(said: Said): void {
		if (this.closed) return;
		if ("to" in said && said.to !== this.tab) return;
		switch (said.type) {
			case "lead":
				if (this.kept === null) this.say({ type: "join", tab: this.tab });
				break;
			case "join":
				this.welcome(said.tab);
				break;
			case "image":
				this.imaged(said.image, movedPhase(said.phase, -this.clockGap()));
				break;
			case "change":
				if (this.kept !== null) return;
				(this.store[said.name as "keep"] as (...args: unknown[]) => unknown)(...said.args);
				if (said.name === "enqueue") this.emit("queued", said.args[0] as string | null);
				break;
			case "event":
				if (this.kept === null) this.overheard(said.name, said.args);
				break;
			case "call":
				if (this.kept !== null) void this.serve(said);
				break;
			default:
				this.replied(said);
		}
	}

	private welcome(tab: string): void {
		const image = this.kept?.heads();
		if (image) this.say({ type: "image", to: tab, image, phase: this.told() });
	}

	private imaged(image: Heads, phase: Phase): void {
		const ask = (conversation: string) => this.call("rows", [conversation]);
		this.store = new Followed(image, ask as AskRows);
		this.following = true;
		this.joined();
		this.emit("replaced");
		// Told at the start, if that is still to come.
		this.phase = phase;
		if (this.started) this.emit("phase", phase);
		this.askAgain();
	}

	private askAgain(): void {
		for (const user of this.watched) this.call("watch", [[user]]).catch(() => {});
		for (const [id, one] of this.waiting) this.send(id, one, true);
	}

	private call(name: Call, args: readonly unknown[]): Promise<unknown> {
		return new Promise((resolve, reject) => {
			this.calls += 1;
			const one = { name, args, resolve, reject };
			this.waiting.set(this.calls, one);
			this.send(this.calls, one);
		});
	}

	private send(id: number, { name, args }: Waiting, again = false): void {
		const said = { type: "call", tab: this.tab, id, name, args, again } as const;
		if (this.kept === null) this.say(said);
		else void this.serve(said);
	}

	/** Done by the tab that leads, for another one or for itself. */
	private async serve(call: Said & { readonly type: "call" }): Promise<void> {
		const { tab, id } = call;
		const answer = (said: Said) => (tab === this.tab ? this.replied(said) : this.say(said));
		try {
			const value = await this.perform(call);
			// Rows as they are now: what changes from here on is told after them.
			const now = value instanceof LateMap ? new Map(value) : value;
			answer({ type: "reply", to: tab, id, value: now });
		} catch (cause) {
			const { code, detail } =
				cause instanceof BrokerError ? cause : new BrokerError("BAD_REQUEST", String(cause));
			answer({ type: "error", to: tab, id, code, detail });
		}
	}

	private async perform({ name, args, again, tab }: Said & { readonly type: "call" }) {
		const { device, kept } = this;
		if (name === "rows") {
			await kept?.fetch(args as string[]);
			return kept?.view(args[0] as string)?.rows ?? [];
		}
		if (device === null || kept === null) throw new BrokerError("UNAVAILABLE", "not started");
		if (name === "write") {
			const [conversation, command] = args as [string | null, WriteCommand];
			if (again && conversation !== null) await kept.fetch([conversation]);
			const taken = again ? this.takenBefore(conversation, command) : undefined;
			const { ref } = taken ?? device.write(conversation, command);
			if (tab !== this.tab) this.emit("queued", conversation);
			await kept.durable();
			return ref;
		}
		if (name === "keep") return kept.keep(...(args as [string, unknown]));
		return (device[name] as (...values: unknown[]) => unknown)(...args);
	}

	/** A send that the tab which is gone had taken: known by its random id. */
	private takenBefore(
		conversation: string | null,
		command: WriteCommand,
	): Pick<Queued, "ref"> | undefined {
		if (command.type !== "send" || conversation === null) return undefined;
		const { store } = this;
		const same = (one: { readonly id: Uint8Array }) => hex(one.id) === hex(command.id);
		const queue = [...(store.stream(conversation)?.queue ?? []), ...store.movingOf(conversation)];
		const queued = queue.find((item) => item.command.type === "send" && same(item.command));
		if (queued !== undefined) return queued;
		// Answered already: its row tells the rest, and no outcome will come for a name.
		for (const { body } of store.view(conversation)?.rows.values() ?? []) {
			if (body !== null && same(body)) return { ref: 0 };
		}
		return undefined;
	}

	private replied(said: Said): void {
		if (said.type !== "reply" && said.type !== "error") return;
		const one = this.waiting.get(said.id);
		this.waiting.delete(said.id);
		if (said.type === "reply") one?.resolve(said.value);
		else one?.reject(new BrokerError(said.code, said.detail));
	}

	/** Resolves when what this tab has written is durable in the leader's storage. */
	async durable(): Promise<void> {
		await Promise.allSettled([...this.writes]);
	}

	write(conversation: string | null, command: WriteCommand): Queued {
		this.calls += 1;
		const { outbox } = this.store.identity();
		const fixed = { n: 0, headAt: 0, moved: false, settled: false } as const;
		const item: Queued = { ...fixed, ref: -this.calls, conversation, outbox, command };
		const asked = this.call("write", [conversation, command]).then(
			(ref) => void this.own.set(ref as number, item),
			(cause: BrokerError) => this.emit("refused", item, cause.code, cause.detail),
		);
		this.writes.add(asked);
		void asked.finally(() => this.writes.delete(asked));
		return item;
	}

	seen(conversation: string, seq: number): void {
		this.tellLeader("seen", [conversation, seq]);
	}

	/** Here at once, and in the storage. */
	keep(name: string, value: unknown): void {
		this.store.keep(name, value);
		if (this.kept === null) this.tellLeader("keep", [name, value]);
	}

	request(request: Unnumbered): Promise<Result> {
		return this.call("request", [request]) as Promise<Result>;
	}

	history(conversation: string, before: number | null, limit: number) {
		const asked = this.call("history", [conversation, before, limit]);
		return asked as ReturnType<Engine["history"]>;
	}

	watch(users: readonly string[]): void {
		for (const user of users) this.watched.add(user);
		this.tellLeader("watch", [users]);
	}

	/** The leader goes on watching: another tab may look at the same user. */
	unwatch(users: readonly string[]): void {
		for (const user of users) this.watched.delete(user);
	}

	typing(conversation: string, on: boolean): void {
		this.tellLeader("typing", [conversation, on]);
	}

	pulse(active: boolean): void {
		this.tellLeader("pulse", [active]);
	}

	private tellLeader(name: Call, args: readonly unknown[]): void {
		this.call(name, args).catch((cause) => this.emit("fault", "tab", cause));
	}

	start(): void {
		this.started = true;
		if (this.device === null) this.emit("phase", this.phase);
		this.tellLeader("start", []);
	}

	flush(): void {
		this.device?.flush();
	}

	stop(): void {
		this.started = false;
		this.device?.stop();
	}

	hurry(): void {
		this.tellLeader("hurry", []);
	}

	check(): void {
		this.tellLeader("check", []);
	}

	async close(): Promise<void> {
		await this.kept?.close();
		this.closed = true;
		this.channel.close();
		this.release();
	}
}

type TabOptions = Pick<KeptOptions, "clock" | "onFailed">;
