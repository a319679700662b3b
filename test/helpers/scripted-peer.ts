// A server that says only what the test tells it to: the other end of a device's connections, over a
// pair in memory, with time that passes on demand. It speaks real frames, so the codec is in play.

import type { Clock, Timer } from "../../src/base/clock.js";
import { Device, type DeviceOptions } from "../../src/client/device.js";
import type { Events } from "../../src/client/events.js";
import { MemoryStore } from "../../src/client/memory-store.js";
import { type MemoryPair, memoryPair } from "../../src/client/transport.js";
import { decodeClientFrame, encodeServerFrame } from "../../src/protocol/codec.js";
import type {
	ClientOp,
	ListEntry,
	ServerOp,
	WireMessage,
	WriteCommand,
	WriteOp,
} from "../../src/protocol/frames.js";

/** Time that stands still until it is told to pass; `random` answers the same figure each time. */
export class HandClock implements Clock {
	time = 1_700_000_000_000;
	randomValue = 0.5;
	private turns: (() => void)[] = [];
	private timers: { at: number; run: () => void }[] = [];
	private bytes = 0;

	now = () => this.time;
	monotonic = () => this.time;
	random = () => this.randomValue;

	after(delayMs: number, run: () => void): Timer {
		const timer = { at: this.time + delayMs, run };
		this.timers.push(timer);
		return { cancel: () => this.drop(timer) };
	}

	every(periodMs: number, run: () => void): Timer {
		let timer = this.after(periodMs, again);
		const { after } = this;
		const self = this;
		function again() {
			run();
			timer = after.call(self, periodMs, again);
		}
		return { cancel: () => timer.cancel() };
	}

	soon(run: () => void): void {
		this.turns.push(run);
	}

	/** Never the same twice, and the same in every run. */
	randomBytes(size: number): Uint8Array {
		this.bytes += 1;
		return Uint8Array.from({ length: size }, (_, at) => (at < 4 ? this.bytes >> (at * 8) : at));
	}

	/** Everything that is due now, and what follows from it, promises included. */
	async settle(): Promise<void> {
		for (let quiet = 0; quiet < 3; ) {
			await new Promise((resolve) => setImmediate(resolve));
			quiet = this.turns.length === 0 ? quiet + 1 : 0;
			for (const run of this.turns.splice(0)) run();
		}
	}

	async pass(ms: number): Promise<void> {
		const end = this.time + ms;
		await this.settle();
		for (;;) {
			const next = this.timers.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
			if (next === undefined) break;
			this.drop(next);
			this.time = Math.max(this.time, next.at);
			next.run();
			await this.settle();
		}
		this.time = end;
	}

	private drop(timer: { at: number; run: () => void }): void {
		this.timers = this.timers.filter((one) => one !== timer);
	}
}

type Of<T extends ClientOp["type"]> = Extract<ClientOp, { readonly type: T }>;

/** The server's end of one connection. */
export class Peer {
	/** Everything heard and not taken yet, in order. */
	readonly heard: ClientOp[] = [];
	/** How many operations each frame held. */
	readonly frames: number[] = [];
	closed = false;
	private readonly pair: MemoryPair;

	constructor(pair: MemoryPair) {
		this.pair = pair;
		pair.server.onClose = () => {
			this.closed = true;
		};
		pair.server.onMessage = (bytes) => {
			const frame = decodeClientFrame(bytes);
			if (!frame.ok) throw new Error(`the client broke the protocol: ${frame.detail}`);
			this.frames.push(frame.ops.length);
			for (const op of frame.ops) {
				if (op.type === "invalid") throw new Error(`invalid ${op.op}: ${JSON.stringify(op)}`);
				this.heard.push(op);
			}
		};
	}

	say(...ops: ServerOp[]): void {
		this.pair.server.send(encodeServerFrame(ops));
	}

	sayBytes(bytes: Uint8Array): void {
		this.pair.server.send(bytes);
	}

	close(code: number): void {
		this.pair.server.close(code);
	}

	/** The network fails: what is on its way in either direction is lost. */
	cut(): void {
		this.pair.cut();
	}

	/** Take what was heard of one kind; the rest stays. */
	take<T extends ClientOp["type"]>(type: T): Of<T>[] {
		const taken = this.heard.filter((op): op is Of<T> => op.type === type);
		const rest = this.heard.filter((op) => op.type !== type);
		this.heard.splice(0, this.heard.length, ...rest);
		return taken;
	}

	takeOne<T extends ClientOp["type"]>(type: T): Of<T> {
		const [one, ...more] = this.take(type);
		if (one === undefined || more.length > 0) {
			throw new Error(`heard ${one === undefined ? 0 : more.length + 1} of ${type}, not one`);
		}
		return one;
	}

	/** Numbers of the writes heard since the last time, in order. */
	takeNumbers(): number[] {
		return this.take("write").map((op) => op.n);
	}
}

export interface StageOptions {
	readonly store?: MemoryStore;
	readonly clock?: HandClock;
	readonly events?: Events;
	readonly device?: Partial<DeviceOptions>;
	readonly window?: number;
}

/** A device, its store and the peer that it meets at each connection. */
export class Stage {
	readonly clock: HandClock;
	readonly store: MemoryStore;
	readonly device: Device;
	readonly peers: Peer[] = [];
	/** What the layer told, in order: the callback's name and its arguments. */
	readonly told: [keyof Events, ...unknown[]][] = [];
	/** Connections refused before the next one is accepted. */
	refuse = 0;
	private readonly window: number;

	constructor(options: StageOptions = {}) {
		this.clock = options.clock ?? new HandClock();
		this.store = options.store ?? new MemoryStore({ device: "d1", outbox: outboxOne });
		this.window = options.window ?? 8;
		this.device = new Device({
			connect: async () => this.connect(),
			token: "token",
			store: this.store,
			clock: this.clock,
			events: options.events ?? recorder(this.told),
			heartbeatMs: 0,
			...options.device,
		});
	}

	get peer(): Peer {
		const peer = this.peers.at(-1);
		if (peer === undefined) throw new Error("no connection yet");
		return peer;
	}

	/** Names of what was told, of these kinds only. */
	toldOf(...names: (keyof Events)[]): [keyof Events, ...unknown[]][] {
		return this.told.filter(([name]) => names.includes(name));
	}

	settle(): Promise<void> {
		return this.clock.settle();
	}

	/** Let the device connect (again) and be welcomed. */
	async welcome(changes: Partial<Extract<ServerOp, { type: "welcome" }>> = {}): Promise<Peer> {
		const before = this.peers.length;
		this.device.start();
		await this.settle();
		for (let i = 0; i < 1_200 && this.peers.length === before; i += 1) await this.clock.pass(100);
		const { peer } = this;
		const hello = peer.takeOne("hello");
		peer.say({ ...welcomeOp(hello.generation + 1, this.window), ...changes });
		await this.settle();
		return peer;
	}

	/** As `welcome`, for a device that has its list already. */
	async live(changes: Partial<Extract<ServerOp, { type: "welcome" }>> = {}): Promise<Peer> {
		if (!this.store.identity().listed) this.store.listed();
		const peer = await this.welcome(changes);
		peer.take("ready");
		return peer;
	}

	private connect() {
		if (this.refuse > 0) {
			this.refuse -= 1;
			throw new Error("connection refused");
		}
		const pair = memoryPair(this.clock);
		this.peers.push(new Peer(pair));
		return pair.client;
	}
}

export const outboxOne = "0123456789abcdef0123456789abcdef";
export const me = "ann";

function recorder(told: [keyof Events, ...unknown[]][]): Events {
	const names = [
		"phase",
		"message",
		"row",
		"changed",
		"status",
		"answered",
		"refused",
		"listed",
		"reset",
		"forked",
		"presence",
		"typed",
		"fault",
	] as const;
	return Object.fromEntries(
		names.map((name) => [name, (...args: unknown[]) => told.push([name, ...args])]),
	);
}

export function welcomeOp(
	generation: number,
	window: number,
): Extract<ServerOp, { type: "welcome" }> {
	return {
		type: "welcome",
		version: 1,
		user: me,
		epoch: "e1",
		session: "s1",
		generation,
		fresh: false,
		ack: "fsync",
		pid: "n1/1/1",
		node: "n1",
		now: 1_700_000_000_000,
		expiresAt: 1_800_000_000_000,
		limits: {
			frameBytes: 65_536,
			contentBytes: 65_536,
			window,
			pageItems: 100,
			pulseMs: 5_000,
		},
		name: "",
		picture: "",
		presence: "everyone",
	};
}

export function text(content: string): WriteCommand & { type: "send" } {
	return {
		type: "send",
		id: new TextEncoder().encode(content.padEnd(8, "-").slice(0, 16)),
		contentType: "text/plain",
		content: new TextEncoder().encode(content),
		replyTo: null,
		mentions: [],
		media: [],
		ttlMs: null,
		clientTime: null,
		seenUpTo: null,
	};
}

export function row(seq: number, changes: Partial<WireMessage> = {}): WireMessage {
	const position = changes.position ?? seq;
	const { ttlMs: _, clientTime: __, seenUpTo: ___, type: ____, ...body } = text(`m${seq}`);
	return {
		seq,
		position,
		changed: position,
		at: 1_700_000_000_000 + seq,
		sender: "bob",
		state: "live",
		body,
		editedAt: null,
		expiresAt: null,
		clientTime: null,
		frozen: null,
		outbox: null,
		n: null,
		reactions: [],
		...changes,
	};
}

export function pushed(conversation: string, seq: number, changes: Partial<WireMessage> = {}) {
	const message = row(seq, changes);
	return { type: "message", conversation, from: message.position - 1, message } as const;
}

/** The answer to a write: message `seq` at the same position. */
export function answer(
	op: WriteOp,
	seq: number,
	changes: Partial<Extract<ServerOp, { type: "answer" }>> = {},
): Extract<ServerOp, { type: "answer" }> {
	const { conversation, n } = op;
	const from = seq - 1;
	return {
		type: "answer",
		conversation,
		n,
		from,
		position: seq,
		seq,
		at: 1_700_000_000_000 + seq,
		text: null,
		...changes,
	};
}

export function refusal(
	op: WriteOp,
	code: Extract<ServerOp, { type: "refused" }>["code"],
	expected: number | null = null,
): Extract<ServerOp, { type: "refused" }> {
	return {
		type: "refused",
		conversation: op.conversation,
		n: op.n,
		code,
		detail: "",
		expected,
	};
}

export function entry(conversation: string, changes: Partial<ListEntry> = {}): ListEntry {
	return {
		conversation,
		kind: "group",
		title: "",
		picture: "",
		role: "member",
		mutedUntil: 0,
		head: 0,
		position: 0,
		start: 0,
		delivered: 0,
		seen: 0,
		unread: 0,
		last: null,
		...changes,
	};
}
