// One connection of the load: hello to ready, frames gathered per turn, and back again after a
// loss. What the connection carries is its owner's: `lean-pair.ts`.

import { randomBytes } from "node:crypto";
import WebSocket from "ws";
import { encodeClientOp, type SaidOp } from "../src/protocol/codec.js";
import {
	type ListEntry,
	protocolVersion,
	type ServerOp,
	subprotocol,
} from "../src/protocol/frames.js";
import type { FaultKind } from "./faults.js";
import { type Listener, Out, readFrame } from "./lean-wire.js";

export type Asked = (op: Extract<ServerOp, { type: "result" }>["result"] | null) => void;
type Request = Extract<SaidOp, { readonly request: number }>;

export interface LinkOwner extends Omit<Listener, "other"> {
	/** A session is ready: say again what may have been lost. */
	ready(): void;
	/** Conversations that moved without this device. */
	marks(op: Extract<ServerOp, { type: "marks" }>): void;
	/** A conversation that was there before this device. */
	listed(entry: ListEntry): void;
	other(op: ServerOp): void;
}

/** What all links of a load share. */
export interface Net {
	readonly url: string;
	/** Come back after a loss, instead of counting it as a fault. */
	readonly resume: boolean;
	/** The address that connections come from; null: the system's choice. */
	readonly source: string | null;
	fault(what: string, kind?: FaultKind): void;
	/** A connection ended; `why` is what the server said of it. */
	lost(why: string): void;
	stopping: boolean;
}

/** Links that have something to send in this turn. */
const due = new Set<Link>();
let scheduled = false;

function flushAll(): void {
	scheduled = false;
	for (const link of due) link.flush();
	due.clear();
}

const retryMs = 100;

export class Link implements Listener {
	readonly out = new Out();
	isReady = false;
	private readonly net: Net;
	private readonly owner: LinkOwner;
	private readonly token: string;
	private device = randomBytes(8).toString("hex");
	private outbox = randomBytes(16).toString("hex");
	private accepted = 0;
	private offered = 0;
	private epoch = "";
	private listed = false;
	private socket: WebSocket | null = null;
	private requests = new Map<number, Asked>();
	private lastRequest = 0;
	private failures = 0;
	private farewell = "";

	constructor(net: Net, token: string, owner: LinkOwner) {
		this.net = net;
		this.token = token;
		this.owner = owner;
	}

	connect(): void {
		const socket = new WebSocket(this.net.url, subprotocol, {
			perMessageDeflate: false,
			...(this.net.source === null ? {} : { localAddress: this.net.source }),
			skipUTF8Validation: true,
			// An all-zero mask is lawful and costs nothing: the generator is not what is measured.
			generateMask: () => {},
		});
		this.socket = socket;
		socket.on("open", () => {
			const { token, device, accepted, offered, outbox } = this;
			const hello = { type: "hello", version: protocolVersion, client: "bench" } as const;
			socket.send(encodeClientOp({ ...hello, token, device, accepted, offered, outbox }));
		});
		socket.on("message", (data: Buffer) => {
			if (socket !== this.socket) return;
			try {
				readFrame(data, this);
			} catch (cause) {
				this.net.fault(`cannot read a frame: ${cause}`);
			}
		});
		socket.on("error", () => {});
		socket.on("close", (code, reason) => {
			if (socket === this.socket) this.lost(`${code} ${this.farewell || reason}`);
			this.farewell = "";
		});
	}

	close(): void {
		const { socket } = this;
		this.socket = null;
		this.isReady = false;
		socket?.terminate();
	}

	/** The network is gone, and back at once. */
	cut(): void {
		this.close();
		this.requests = new Map();
		this.net.lost("cut");
		this.connect();
	}

	wake(): void {
		due.add(this);
		if (scheduled) return;
		scheduled = true;
		setImmediate(flushAll);
	}

	say(op: SaidOp): void {
		const bytes = encodeClientOp(op);
		this.out.ensure(bytes.length);
		this.out.raw(bytes);
		this.wake();
	}

	/** Null: refused, or the connection ended. */
	ask(
		request: Request extends infer R ? (R extends Request ? Omit<R, "request"> : never) : never,
		then: Asked,
	): void {
		if (!this.isReady) {
			then(null);
			return;
		}
		this.lastRequest += 1;
		this.requests.set(this.lastRequest, then);
		this.say({ ...request, request: this.lastRequest } as SaidOp);
	}

	flush(): void {
		const { out, socket } = this;
		if (out.at === 0) return;
		// What cannot be sent is dropped: `ready` says again what matters.
		if (this.isReady && socket?.readyState === WebSocket.OPEN) {
			socket.send(out.bytes.subarray(0, out.at));
		}
		out.at = 0;
	}

	answer(n: number, from: number, position: number, seq: number): void {
		this.owner.answer(n, from, position, seq);
	}

	message(from: number, position: number, seq: number, mark: number): void {
		this.owner.message(from, position, seq, mark);
	}

	status(from: number, position: number, watermarks: number): void {
		this.owner.status(from, position, watermarks);
	}

	other(op: ServerOp): void {
		if (op.type === "welcome") this.welcomed(op);
		else if (op.type === "result") this.replied(op.request, op.result);
		else if (op.type === "marks") this.owner.marks(op);
		else if (op.type === "error" && op.request !== null) {
			this.net.fault(`${op.code} ${op.detail}`);
			this.replied(op.request, null);
		} else if (op.type === "goodbye" || op.type === "error") {
			if (op.type === "goodbye") this.ended(op);
			this.unwanted(`${op.type} ${op.code} ${op.detail}`);
		} else this.owner.other(op);
	}

	/**
	 * An end that nobody asked for. To be told to come back before one was let in is none: the server
	 * is busy, and nothing was said yet.
	 */
	private unwanted(what: string): void {
		const early = !this.isReady && this.farewell.startsWith("UNAVAILABLE");
		if (!this.net.resume && !early) this.net.fault(what);
	}

	private ended(op: Extract<ServerOp, { type: "goodbye" }>): void {
		this.farewell = `${op.code} ${op.detail}`;
		// The server died before it knew of this device: nothing was written under its outbox yet.
		if (op.code !== "DEVICE_FORGOTTEN" || this.listed) return;
		this.device = randomBytes(8).toString("hex");
		this.outbox = randomBytes(16).toString("hex");
		this.accepted = 0;
		this.offered = 0;
	}

	private replied(request: number, result: Parameters<Asked>[0]): void {
		const then = this.requests.get(request);
		this.requests.delete(request);
		then?.(result);
	}

	private welcomed(op: Extract<ServerOp, { type: "welcome" }>): void {
		if (this.epoch !== "" && this.epoch !== op.epoch) this.net.fault("another epoch");
		this.epoch = op.epoch;
		this.accepted = op.current;
		this.offered = op.generation;
		this.isReady = true;
		this.say({ type: "ready", generation: op.generation });
		if (this.listed) this.owner.ready();
		else this.list(null);
	}

	private list(cursor: string | null): void {
		this.ask({ type: "list", cursor, limit: 100 }, (result) => {
			if (result?.type !== "list") return;
			for (const entry of result.entries) this.owner.listed(entry);
			if (result.cursor !== null) {
				this.list(result.cursor);
				return;
			}
			this.listed = true;
			this.say({ type: "listed" });
			this.owner.ready();
		});
	}

	private lost(why: string): void {
		this.socket = null;
		const { requests } = this;
		this.requests = new Map();
		for (const then of requests.values()) then(null);
		if (this.net.stopping) {
			this.isReady = false;
			return;
		}
		this.unwanted(`connection lost: ${why}`);
		this.net.lost(why);
		// Bounded growth: a server that is starting needs its core for that.
		this.failures = this.isReady ? 0 : Math.min(this.failures + 1, 4);
		this.isReady = false;
		setTimeout(() => this.connect(), retryMs * 2 ** this.failures * (0.5 + Math.random()));
	}
}
