// A client that says exactly the operations it is told to say, over a real socket: for tests that
// look at single answers. Nothing is retried, stored or confirmed by itself.

import { randomBytes } from "node:crypto";
import WebSocket from "ws";
import { loadOrCreateSecret, mintToken } from "../../src/auth.js";
import { systemClock } from "../../src/base/clock.js";
import { decodeServerFrame, encodeClientOp } from "../../src/protocol/codec.js";
import {
	type ClientOp,
	type ServerOp,
	subprotocol,
	type WriteCommand,
} from "../../src/protocol/frames.js";

type OfType<T extends ServerOp["type"]> = Extract<ServerOp, { type: T }>;

export interface WireOptions {
	readonly wsUrl: string;
	readonly token: string;
	readonly device?: string;
	readonly generation?: number;
	readonly outbox?: string;
}

interface Waiter {
	readonly wants: (op: ServerOp) => boolean;
	readonly resolve: (op: ServerOp) => void;
	readonly reject: (error: Error) => void;
}

/** A token from the data folder's own secret, whether the server runs or not. */
export async function tokenFor(data: string, user: string, ttlMs = 3_600_000): Promise<string> {
	const secret = await loadOrCreateSecret(data, systemClock);
	return mintToken(secret, user, { ttlMs }, systemClock);
}

export class WireClient {
	/** Everything received and not yet taken by `next`. */
	readonly received: ServerOp[] = [];
	readonly closed: Promise<{ code: number; reason: string }>;
	readonly outbox: string;
	welcome!: OfType<"welcome">;
	private readonly waiters: Waiter[] = [];
	private requests = 0;
	private over = false;

	private constructor(
		readonly socket: WebSocket,
		readonly options: WireOptions,
	) {
		this.outbox = options.outbox ?? randomBytes(16).toString("hex");
		socket.on("error", () => {});
		socket.on("message", (data: Buffer) => this.arrived(data));
		this.closed = new Promise((resolve) => {
			socket.on("close", (code, reason) => {
				this.over = true;
				for (const { reject } of this.waiters.splice(0)) reject(new Error(`closed ${code}`));
				resolve({ code, reason: String(reason) });
			});
		});
	}

	/** Opens a socket and says nothing. */
	static async dial(options: WireOptions): Promise<WireClient> {
		const socket = new WebSocket(`${options.wsUrl}/v1`, subprotocol);
		const client = new WireClient(socket, options);
		await new Promise<void>((resolve, reject) => {
			socket.once("open", resolve);
			socket.once("error", reject);
		});
		return client;
	}

	/** Opens a socket, says hello and ready. */
	static async connect(options: WireOptions): Promise<WireClient> {
		const client = await WireClient.dial(options);
		client.hello();
		client.welcome = await client.next("welcome");
		client.say({ type: "ready", generation: client.welcome.generation });
		return client;
	}

	hello(): void {
		const { token, device = "d1", generation = 0 } = this.options;
		const { outbox } = this;
		const generations = { accepted: generation, offered: generation };
		const hello = { type: "hello", version: 1, client: "test", ...generations } as const;
		this.say({ ...hello, token, device, outbox });
	}

	say(...ops: readonly ClientOp[]): void {
		this.socket.send(Buffer.concat(ops.map(encodeClientOp)));
	}

	/** One write; the answer is `answer` or `refused` with this `n`. */
	write(conversation: string | null, n: number, answered: number, command: WriteCommand): void {
		this.say({ type: "write", conversation, n, answered, command, hash: 0 });
	}

	/** Waits for the outcome of a write. */
	async outcome(conversation: string | null, n: number): Promise<OfType<"answer" | "refused">> {
		return (await this.match(
			(op) =>
				(op.type === "answer" || op.type === "refused") &&
				op.n === n &&
				op.conversation === conversation,
		)) as OfType<"answer" | "refused">;
	}

	/** Asks and waits: the result, or the error as it came. */
	async ask(op: Record<string, unknown> & { readonly type: ClientOp["type"] }): Promise<ServerOp> {
		this.requests += 1;
		const request = this.requests;
		this.say({ ...op, request } as unknown as ClientOp);
		return this.match(
			(one) => (one.type === "result" || one.type === "error") && one.request === request,
		);
	}

	next<T extends ServerOp["type"]>(type: T, withinMs = 20_000): Promise<OfType<T>> {
		return this.match((op) => op.type === type, withinMs) as Promise<OfType<T>>;
	}

	match(wants: (op: ServerOp) => boolean, withinMs = 20_000): Promise<ServerOp> {
		const at = this.received.findIndex(wants);
		if (at >= 0) return Promise.resolve(this.received.splice(at, 1)[0] as ServerOp);
		if (this.over) return Promise.reject(new Error("closed"));
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error("nothing like it came")), withinMs);
			const done = (op: ServerOp) => {
				clearTimeout(timer);
				resolve(op);
			};
			const failed = (error: Error) => {
				clearTimeout(timer);
				reject(error);
			};
			this.waiters.push({ wants, resolve: done, reject: failed });
		});
	}

	/** The direct conversation with somebody. */
	async open(user: string): Promise<string> {
		const op = await this.ask({ type: "open", user });
		if (op.type === "result" && op.result.type === "open") return op.result.conversation;
		throw new Error(`open: ${JSON.stringify(op)}`);
	}

	/** Ends the socket without a word. */
	cut(): void {
		this.socket.terminate();
	}

	private arrived(data: Buffer): void {
		const frame = decodeServerFrame(data);
		if (!frame.ok) throw new Error(frame.detail);
		for (const op of frame.ops) {
			const at = this.waiters.findIndex(({ wants }) => wants(op));
			if (at >= 0) this.waiters.splice(at, 1)[0]?.resolve(op);
			else this.received.push(op);
		}
	}
}

/** A text message as a command. */
export function text(
	content: string,
	more: { seenUpTo?: number; ttlMs?: number; replyTo?: number } = {},
): WriteCommand {
	return {
		type: "send",
		id: randomBytes(8),
		contentType: "text/plain",
		content: Buffer.from(content),
		replyTo: more.replyTo ?? null,
		mentions: [],
		media: [],
		ttlMs: more.ttlMs ?? null,
		clientTime: null,
		seenUpTo: more.seenUpTo ?? null,
	};
}
