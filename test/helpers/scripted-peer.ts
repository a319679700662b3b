// A server that says only what the test tells it to: the other end of a device's connections, over
// a pair in memory, with time that passes on demand. It speaks real frames, so the codec is in
// play.

import { Device, type DeviceOptions } from "../../src/client/device.js";
import type { Events } from "../../src/client/events.js";
import { MemoryStore } from "../../src/client/memory-store.js";
import { type MemoryPair, memoryPair } from "../../src/client/transport.js";
import { decodeClientFrame, encodeServerFrame } from "../../src/protocol/codec.js";
import type { ClientOp, ServerOp } from "../../src/protocol/frames.js";
import { HandClock } from "../client/hand-clock.js";
import { outboxOne, welcomeOp } from "../client/operations.js";

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
		peer.say({ ...welcomeOp(hello.offered + 1, this.window), ...changes });
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
