// Both ends of a connection within this process: the readable reference of `transport.ts`, for
// tests, for the simulation and for clients inside the server. Messages arrive in a later turn,
// copied, as on a wire; an end that is paused lets its peer feel it.

import type { Clock } from "../base/clock.js";
import type { Transport, TransportHandler } from "./transport.js";

/** Close code of a connection that ended without a word. */
const abnormal = 1006;

/** The client's end: what the SDK needs of a connection. */
export interface ClientEnd {
	readonly buffered: number;
	send(bytes: Uint8Array): void;
	pause(): void;
	resume(): void;
	close(code?: number, reason?: string): void;
	onMessage: (bytes: Uint8Array) => void;
	onClose: (code: number, reason: string) => void;
}

type Arrival =
	| { readonly type: "message"; readonly bytes: Uint8Array }
	| { readonly type: "ping" }
	| { readonly type: "close"; readonly code: number; readonly reason: string };

/** One direction: what is on its way, and whether the far end takes it. */
class Lane {
	bytes = 0;
	private readonly clock: Clock;
	private readonly arrive: (arrival: Arrival) => void;
	private readonly queue: Arrival[] = [];
	private scheduled = false;
	private paused = false;
	/** Nothing arrives after a close. */
	private done = false;

	constructor(clock: Clock, arrive: (arrival: Arrival) => void) {
		this.clock = clock;
		this.arrive = arrive;
	}

	put(arrival: Arrival): void {
		if (this.done) return;
		if (arrival.type === "message") this.bytes += arrival.bytes.length;
		this.queue.push(arrival);
		this.schedule();
	}

	pause(paused: boolean): void {
		this.paused = paused;
		this.schedule();
	}

	/** What is on its way is lost; the end still hears that it is over. */
	cut(): void {
		this.queue.length = 0;
		this.bytes = 0;
		this.paused = false;
		this.put({ type: "close", code: abnormal, reason: "" });
	}

	private schedule(): void {
		if (this.scheduled || this.paused || this.queue.length === 0) return;
		this.scheduled = true;
		this.clock.soon(() => {
			this.scheduled = false;
			this.step();
		});
	}

	/** One arrival a turn, so that connections interleave as on a network. */
	private step(): void {
		const arrival = this.paused || this.done ? undefined : this.queue.shift();
		if (arrival === undefined) return;
		if (arrival.type === "message") this.bytes -= arrival.bytes.length;
		if (arrival.type === "close") this.done = true;
		this.arrive(arrival);
		this.schedule();
	}
}

/**
 * Two connected ends.
 *
 * Shape: `accept` gives the server's end its handler, as a listener would; `roomBytes` is what the
 *        "network" takes before the server's end is no longer writable.
 */
export function memoryConnection(
	clock: Clock,
	accept: (transport: Transport) => TransportHandler,
	options: { readonly address?: string; readonly roomBytes?: number } = {},
): { readonly client: ClientEnd; cut(): void } {
	const { address = "127.0.0.1", roomBytes = 64 * 1_024 } = options;
	let over = false;
	let waiting = false;

	const client: ClientEnd = {
		get buffered() {
			return toServer.bytes;
		},
		send: (bytes) => toServer.put({ type: "message", bytes: bytes.slice() }),
		pause: () => toClient.pause(true),
		resume: () => toClient.pause(false),
		close(code = 1000, reason = "") {
			toServer.put({ type: "close", code, reason });
		},
		onMessage: () => {},
		onClose: () => {},
	};
	const server: Transport = {
		address,
		received: 0,
		receivedMax: Number.POSITIVE_INFINITY,
		get buffered() {
			return toClient.bytes;
		},
		get writable() {
			waiting ||= toClient.bytes >= roomBytes;
			return !over && toClient.bytes < roomBytes;
		},
		send: (parts) => toClient.put({ type: "message", bytes: new Uint8Array(Buffer.concat(parts)) }),
		ping: () => toClient.put({ type: "ping" }),
		pause: () => toServer.pause(true),
		resume: () => toServer.pause(false),
		close(code, reason) {
			toClient.put({ type: "close", code, reason });
		},
		terminate: cut,
	};
	const handler = accept(server);

	const toClient = new Lane(clock, (arrival) => {
		if (arrival.type === "message") client.onMessage(arrival.bytes);
		// The peer of a ping answers by itself, as WebSocket libraries do.
		else if (arrival.type === "ping") toServer.put(arrival);
		else {
			client.onClose(arrival.code, arrival.reason);
			toServer.put(arrival);
		}
		if (waiting && toClient.bytes === 0 && !over) {
			waiting = false;
			handler.drained();
		}
	});
	const toServer = new Lane(clock, (arrival) => {
		if (arrival.type === "message") handler.received(arrival.bytes);
		else if (arrival.type === "ping") handler.controlled();
		else {
			over = true;
			toClient.put(arrival);
			handler.closed(arrival.code);
		}
	});

	function cut(): void {
		toClient.cut();
		toServer.cut();
	}

	return { client, cut };
}
