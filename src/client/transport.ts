// What a session needs of a connection: whole messages of bytes in both directions. Here the seam
// and a pair in memory for tests and the simulation; the real one is in `node-transport.ts`.

import type { Clock } from "../base/clock.js";

/**
 * One connection. The two callbacks are set by its owner before anything can arrive.
 *
 * Order: `onMessage` in sending order; `onClose` once, and nothing after it.
 */
export interface Transport {
	/** Bytes handed over and not yet taken by the network. */
	readonly buffered: number;
	send(bytes: Uint8Array): void;
	/** Stop and go on reading; messages already on their way may still arrive. */
	pause(): void;
	resume(): void;
	/** Ends both directions. `onClose` follows, here and at the peer. */
	close(code?: number, reason?: string): void;
	onMessage: (bytes: Uint8Array) => void;
	onClose: (code: number, reason: string) => void;
}

/** Opens a connection. Rejects when there is none to be had; never calls back afterwards. */
export type Connect = () => Promise<Transport>;

/** Close code of a connection that ended without a word. */
export const closedAbnormally = 1006;

type Arrival = { readonly bytes: Uint8Array } | { readonly code: number; readonly reason: string };

class MemoryEnd implements Transport {
	onMessage: (bytes: Uint8Array) => void = () => {};
	onClose: (code: number, reason: string) => void = () => {};
	peer!: MemoryEnd;
	private readonly clock: Clock;
	private readonly inbox: Arrival[] = [];
	private scheduled = false;
	private paused = false;
	private closed = false;

	constructor(clock: Clock) {
		this.clock = clock;
	}

	get buffered(): number {
		let bytes = 0;
		for (const one of this.peer.inbox) bytes += "bytes" in one ? one.bytes.length : 0;
		return bytes;
	}

	send(bytes: Uint8Array): void {
		// A copy, as on a wire: neither side may see the other's later changes of its buffer.
		if (!this.closed) this.peer.arrive({ bytes: bytes.slice() });
	}

	pause(): void {
		this.paused = true;
	}

	resume(): void {
		this.paused = false;
		this.schedule();
	}

	close(code = 1000, reason = ""): void {
		if (this.closed) return;
		this.peer.arrive({ code, reason });
		this.end(code, reason);
	}

	/** Everything on its way to this end is lost, and the end hears only that it is over. */
	cut(): void {
		this.inbox.length = 0;
		this.end(closedAbnormally, "");
	}

	private arrive(arrival: Arrival): void {
		if (this.closed) return;
		this.inbox.push(arrival);
		this.schedule();
	}

	private schedule(): void {
		if (this.scheduled || this.paused || this.closed || this.inbox.length === 0) return;
		this.scheduled = true;
		this.clock.soon(() => {
			this.scheduled = false;
			this.deliver();
		});
	}

	/** One message a turn, so that other ends interleave as on a network. */
	private deliver(): void {
		const arrival = this.paused || this.closed ? undefined : this.inbox.shift();
		if (arrival === undefined) return;
		if ("bytes" in arrival) this.onMessage(arrival.bytes);
		else this.end(arrival.code, arrival.reason);
		this.schedule();
	}

	private end(code: number, reason: string): void {
		if (this.closed) return;
		this.closed = true;
		this.clock.soon(() => this.onClose(code, reason));
	}
}

export interface MemoryPair {
	readonly client: Transport;
	readonly server: Transport;
	/** Both ends close at once and what was on its way is lost. */
	cut(): void;
}

/** Two connected ends in this process. Messages arrive in a later turn, never within `send`. */
export function memoryPair(clock: Clock): MemoryPair {
	const client = new MemoryEnd(clock);
	const server = new MemoryEnd(clock);
	client.peer = server;
	server.peer = client;
	return {
		client,
		server,
		cut() {
			client.cut();
			server.cut();
		},
	};
}
