// A connection between a client and the server, as networks are: messages arrive later, several at
// once or one by one, in order; a reader stalls; a cut is noticed by each end in its own time, or
// not at all, and what was on its way has arrived or not.

import type { Transport as ClientTransport } from "../../src/client/transport.js";
import type { Transport, TransportHandler } from "../../src/gateway/transport.js";
import type { Chance } from "./random.js";
import type { Owner, Scheduler } from "./scheduler.js";
import { delay } from "./store.js";

export interface Network {
	/** Longest way of a message, mostly far less. */
	latencyMsMax: number;
	/** What the network takes before the server's end is no longer writable. */
	roomBytes: number;
}

interface LinkParts {
	readonly scheduler: Scheduler;
	readonly chance: Chance;
	readonly network: Network;
	/** Both ends belong to the network: they outlive the processes. */
	readonly owner: Owner;
	readonly address: string;
	/** What each end says, when it says it. */
	spoke(who: "client" | "server", bytes: Uint8Array): void;
	/** What has reached the server. */
	arrived(bytes: Uint8Array): void;
	gone(): void;
}

type Item =
	| { readonly type: "bytes"; readonly bytes: Uint8Array }
	| { readonly type: "ping" }
	| { readonly type: "close"; readonly code: number; readonly reason: string };

/** Close code of a connection that ended without a word. */
const abnormal = 1006;

/** One direction. */
class Pipe {
	bytes = 0;
	paused = false;
	/** Nothing arrives before this. */
	stuckUntil = 0;
	/** What is put in is lost. */
	broken = false;
	readonly queue: Item[] = [];
	private scheduled = false;

	constructor(
		private readonly parts: LinkParts,
		private readonly arrive: (item: Item) => void,
	) {}

	put(item: Item): void {
		if (this.broken) return;
		if (item.type === "bytes") this.bytes += item.bytes.length;
		this.queue.push(item);
		this.pump();
	}

	pump(): void {
		if (this.scheduled || this.paused || this.queue.length === 0) return;
		this.scheduled = true;
		const { scheduler, chance, network, owner } = this.parts;
		const waitMs = Math.max(0, this.stuckUntil - scheduler.now);
		scheduler.after(owner, waitMs + delay(chance, network.latencyMsMax), () => {
			this.scheduled = false;
			for (let left = 1 + chance.below(3); left > 0; left -= 1) this.one();
			this.pump();
		});
	}

	/** Loses all but the first few, which still arrive. */
	breakOff(arriving: number): void {
		this.broken = true;
		for (const item of this.queue.splice(arriving)) {
			if (item.type === "bytes") this.bytes -= item.bytes.length;
		}
	}

	private one(): void {
		if (this.paused) return;
		const item = this.queue.shift();
		if (item === undefined) return;
		if (item.type === "bytes") this.bytes -= item.bytes.length;
		this.arrive(item);
	}
}

export class Link {
	readonly client: ClientTransport;
	private handler: TransportHandler | null = null;
	private readonly toServer: Pipe;
	private readonly toClient: Pipe;
	private readonly server: Transport;
	private waiting = false;
	private serverOver = false;
	private clientOver = false;
	private received = 0;

	constructor(private readonly parts: LinkParts) {
		this.toServer = new Pipe(parts, (item) => this.atServer(item));
		this.toClient = new Pipe(parts, (item) => this.atClient(item));
		this.client = this.clientEnd();
		this.server = this.serverEnd();
	}

	get over(): boolean {
		return this.serverOver && this.clientOver;
	}

	get serverAlive(): boolean {
		return !this.serverOver;
	}

	accept(by: (transport: Transport) => TransportHandler): void {
		this.handler = by(this.server);
	}

	/** The client's side reads nothing for a while. */
	stall(ms: number): void {
		this.toClient.stuckUntil = this.parts.scheduler.now + ms;
	}

	heal(): void {
		this.toClient.stuckUntil = 0;
		this.toServer.stuckUntil = 0;
	}

	/** Each end hears of it after its own time; what was on its way is partly lost. */
	cut(clientHearsMs: number, serverHearsMs: number): void {
		const { chance } = this.parts;
		for (const pipe of [this.toServer, this.toClient]) {
			pipe.breakOff(chance.once(2) ? 0 : chance.below(pipe.queue.length + 1));
		}
		this.later(clientHearsMs, () => this.closeClient(abnormal));
		this.later(serverHearsMs, () => this.closeServer(abnormal));
	}

	/** The server's process is gone. */
	serverDied(): void {
		this.serverOver = true;
		this.handler = null;
		this.toServer.breakOff(0);
		const { chance } = this.parts;
		this.toClient.breakOff(chance.below(this.toClient.queue.length + 1));
		this.later(delay(chance, 3_000), () => this.closeClient(abnormal));
		this.check();
	}

	/** The client's process is gone. */
	clientDied(): void {
		this.clientOver = true;
		const { chance } = this.parts;
		this.toClient.breakOff(0);
		this.toServer.breakOff(chance.below(this.toServer.queue.length + 1));
		this.later(chance.once(6) ? 70_000 : delay(chance, 5_000), () => this.closeServer(abnormal));
		this.check();
	}

	private later(ms: number, run: () => void): void {
		this.parts.scheduler.after(this.parts.owner, ms, run);
	}

	private clientEnd(): ClientTransport {
		const { toServer, toClient } = this;
		return {
			get buffered() {
				return toServer.bytes;
			},
			send: (bytes) => {
				if (this.clientOver) return;
				this.parts.spoke("client", bytes);
				toServer.put({ type: "bytes", bytes: Uint8Array.from(bytes) });
			},
			pause: () => {
				toClient.paused = true;
			},
			resume: () => {
				toClient.paused = false;
				toClient.pump();
			},
			close: (code = 1000, reason = "") => toServer.put({ type: "close", code, reason }),
			onMessage: () => {},
			onClose: () => {},
		};
	}

	private serverEnd(): Transport {
		const link = this;
		const { toServer, toClient, parts } = this;
		return {
			address: parts.address,
			receivedMax: Number.POSITIVE_INFINITY,
			get received() {
				return link.received;
			},
			get buffered() {
				return toClient.bytes;
			},
			get writable() {
				const room = toClient.bytes < parts.network.roomBytes;
				if (!room) link.waiting = true;
				return room && !link.serverOver;
			},
			send(pieces) {
				const bytes = new Uint8Array(Buffer.concat(pieces));
				parts.spoke("server", bytes);
				toClient.put({ type: "bytes", bytes });
				// A broken network takes everything; the room is that of the system.
			},
			ping: () => toClient.put({ type: "ping" }),
			pause() {
				toServer.paused = true;
			},
			resume() {
				toServer.paused = false;
				toServer.pump();
			},
			close: (code, reason) => toClient.put({ type: "close", code, reason }),
			terminate: () => {
				toServer.breakOff(0);
				this.later(0, () => this.closeServer(abnormal));
				this.later(delay(parts.chance, 2_000), () => this.closeClient(abnormal));
			},
		};
	}

	private atServer(item: Item): void {
		const { handler } = this;
		if (this.serverOver || handler === null) return;
		if (item.type === "bytes") {
			this.received += item.bytes.length;
			this.parts.arrived(item.bytes);
			handler.received(item.bytes);
		} else if (item.type === "ping") handler.controlled();
		else {
			this.toClient.put(item);
			this.closeServer(item.code);
		}
	}

	private atClient(item: Item): void {
		if (item.type === "bytes") {
			if (!this.clientOver) this.client.onMessage(item.bytes);
		} else if (item.type === "ping") this.toServer.put(item);
		else {
			this.toServer.put(item);
			this.closeClient(item.code);
		}
		if (this.waiting && this.toClient.bytes === 0 && !this.serverOver) {
			this.waiting = false;
			this.handler?.drained();
		}
	}

	private closeServer(code: number): void {
		if (this.serverOver) return;
		this.serverOver = true;
		this.handler?.closed(code);
		this.check();
	}

	private closeClient(code: number): void {
		if (this.clientOver) return;
		this.clientOver = true;
		this.client.onClose(code, "");
		this.check();
	}

	private check(): void {
		if (this.over) this.parts.gone();
	}
}
