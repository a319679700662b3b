// A gateway with fake actors behind it and clients in front: over memory with a clock that tests
// move, or over real sockets.

import { once } from "node:events";
import { WebSocket } from "ws";
import type { Authenticate } from "../../src/auth/identity.js";
import { type Clock, systemClock } from "../../src/base/clock.js";
import { Gateway, type GatewayParts } from "../../src/gateway/gateway.js";
import { type Listener, type ListenOptions, listen } from "../../src/gateway/listener.js";
import { memoryConnection } from "../../src/gateway/memory-transport.js";
import { Door, type DoorOptions } from "../../src/gateway/server.js";
import { decodeServerFrame, encodeClientFrame } from "../../src/protocol/codec.js";
import { type ServerOp, subprotocol } from "../../src/protocol/frames.js";
import { type FakeRouter, fakeRouter } from "./fake-router.js";
import { type ManualClock, manualClock, turns } from "./manual-clock.js";

type Said = Parameters<typeof encodeClientFrame>[0][number];
export type OpOf<T extends ServerOp["type"]> = Extract<ServerOp, { type: T }>;

/** The token is the user's name; "bad…" is refused. It lives for an hour. */
export const byName: Authenticate = (token, { now }) =>
	token.startsWith("bad") ? null : { user: token, expiresAt: now + 3_600_000, issuedAt: now };

export interface Host<C extends Clock = Clock> {
	readonly gateway: Gateway;
	readonly router: FakeRouter;
	readonly clock: C;
}

function host<C extends Clock>(clock: C, parts: Partial<GatewayParts>): Host<C> {
	const router = fakeRouter();
	const gateway = new Gateway({
		clock,
		authenticate: byName,
		facts: () => ({ epoch: "e1", ack: "memory", node: "n1" }),
		...parts,
	});
	router.port = gateway;
	gateway.start(router);
	return { gateway, router, clock };
}

export function memoryHost(parts: Partial<GatewayParts> = {}): Host<ManualClock> {
	return host(manualClock(), parts);
}

/** What a client has been told, and how it ended. */
export class Client {
	readonly ops: ServerOp[] = [];
	/** How many WebSocket messages they came in. */
	messages = 0;
	closed: { readonly code: number; readonly reason: string } | null = null;
	private read = 0;
	private waiters: (() => void)[] = [];
	private readonly out: (bytes: Uint8Array) => void;

	constructor(out: (bytes: Uint8Array) => void) {
		this.out = out;
	}

	say(...ops: Said[]): void {
		this.out(encodeClientFrame(ops));
	}

	raw(bytes: Uint8Array): void {
		this.out(bytes);
	}

	take(bytes: Uint8Array): void {
		const frame = decodeServerFrame(bytes);
		if (!frame.ok) throw new Error(`the server sent what nobody can read: ${frame.detail}`);
		this.messages += 1;
		this.ops.push(...(frame.ops as ServerOp[]));
		this.wake();
	}

	end(code: number, reason: string): void {
		this.closed = { code, reason };
		this.wake();
	}

	private wake(): void {
		const waiters = this.waiters;
		this.waiters = [];
		for (const waiter of waiters) waiter();
	}

	/** The next operation of this type that no earlier call has returned. */
	async next<T extends ServerOp["type"]>(type: T): Promise<OpOf<T>> {
		for (;;) {
			while (this.read < this.ops.length) {
				const op = this.ops[this.read++] as ServerOp;
				if (op.type === type) return op as OpOf<T>;
			}
			if (this.closed !== null) {
				throw new Error(`closed (${this.closed.code} ${this.closed.reason}) before ${type}`);
			}
			await new Promise<void>((resolve) => this.waiters.push(resolve));
		}
	}

	async ended(): Promise<{ readonly code: number; readonly reason: string }> {
		while (this.closed === null) {
			await new Promise<void>((resolve) => this.waiters.push(resolve));
		}
		return this.closed;
	}

	all<T extends ServerOp["type"]>(type: T): OpOf<T>[] {
		return this.ops.filter((op) => op.type === type) as OpOf<T>[];
	}
}

export const outbox = "00112233445566778899aabbccddeeff";

export function helloOf(user: string, device: string, generation = 0): Said {
	return {
		type: "hello",
		version: 1,
		token: user,
		device,
		accepted: generation,
		offered: generation,
		outbox,
		client: "test",
	};
}

/** Hello, welcome, ready. */
export async function signIn(
	client: Client,
	user: string,
	device: string,
	generation = 0,
): Promise<OpOf<"welcome">> {
	client.say(helloOf(user, device, generation));
	const welcome = await client.next("welcome");
	client.say({ type: "ready", generation: welcome.generation });
	return welcome;
}

export interface MemoryClient extends Client {
	pause(): void;
	resume(): void;
	close(): void;
	cut(): void;
}

export function memoryClient(
	{ gateway, clock }: Host,
	options: { readonly address?: string; readonly roomBytes?: number } = {},
): MemoryClient {
	const { client: end, cut } = memoryConnection(clock, (one) => gateway.accept(one), options);
	const client = new Client((bytes) => end.send(bytes));
	end.onMessage = (bytes) => client.take(bytes);
	end.onClose = (code, reason) => client.end(code, reason);
	return Object.assign(client, {
		pause: () => end.pause(),
		resume: () => end.resume(),
		close: () => end.close(),
		cut,
	});
}

/** A client over memory that is ready. */
export async function memoryUser(
	at: Host<ManualClock>,
	user: string,
	device = "d1",
	options: { readonly roomBytes?: number } = {},
): Promise<MemoryClient> {
	const client = memoryClient(at, options);
	await signIn(client, user, device);
	await turns();
	return client;
}

export interface SocketHost extends Host {
	readonly listener: Listener;
	readonly url: string;
	close(): Promise<void>;
}

export async function socketHost(
	options: {
		readonly parts?: Partial<GatewayParts>;
		readonly door?: DoorOptions;
		readonly listen?: Partial<ListenOptions>;
	} = {},
): Promise<SocketHost> {
	const base = host(systemClock, options.parts ?? {});
	const door = new Door(base.gateway, options.door);
	const listener = await listen(base.gateway, door, {
		host: "127.0.0.1",
		port: 0,
		...options.listen,
	});
	return {
		...base,
		listener,
		url: `ws://127.0.0.1:${listener.port}/v1`,
		async close() {
			await base.gateway.close();
			await listener.close();
		},
	};
}

export interface SocketClient extends Client {
	readonly socket: WebSocket;
}

/** A client over a real socket; open when it resolves. */
export async function socketClient(
	url: string,
	options: WebSocket.ClientOptions = {},
): Promise<SocketClient> {
	const socket = new WebSocket(url, subprotocol, { perMessageDeflate: false, ...options });
	const client = new Client((bytes) => socket.send(bytes));
	socket.on("message", (data: Buffer) => client.take(data));
	socket.on("close", (code, reason) => client.end(code, reason.toString()));
	await once(socket, "open");
	socket.on("error", () => {});
	return Object.assign(client, { socket });
}

/** Lets time pass in steps of the sweep, so that what it does is seen by clients on the way. */
export async function pass(clock: ManualClock, ms: number, stepMs = 250): Promise<void> {
	for (let left = ms; left > 0; left -= stepMs) {
		clock.advance(Math.min(stepMs, left));
		await turns(3);
	}
}
