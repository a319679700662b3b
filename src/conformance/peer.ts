// The server's end of a client under test: says what a situation tells it to, byte by byte, and
// waits with a bound for what the client does.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { systemClock } from "../base/clock.js";
import { decodeClientFrame, encodeServerFrame } from "../protocol/codec.js";
import type { ClientOp, Result, ServerOp } from "../protocol/frames.js";
import { unhex } from "./bytes.js";
import type { ClientAudit } from "./client-audit.js";
import { Waiting } from "./waiting.js";
import {
	closeCode,
	closePayload,
	FrameReader,
	opcode,
	type RawFrame,
	rawFrame,
} from "./web-socket.js";

export type Said<T extends ClientOp["type"]> = Extract<ClientOp, { readonly type: T }>;

const acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** How long a client may take to do what it has to do, back-off included. */
export const withinMs = 5_000;
/** Long enough for whoever would come back or say more at once. */
export const quietMs = 3_000;

/** One connection of the client. */
export class Peer extends Waiting {
	/** Everything heard and not taken yet, in order. */
	readonly heard: ClientOp[] = [];
	/** How many operations each message held. */
	readonly messages: number[] = [];
	/** The outbox of the hello. */
	outbox = "";
	/** Transport pongs, by their payload. */
	readonly pongs: string[] = [];
	request = "";
	ended = false;
	/** The code of the client's close frame; null: none. */
	closed: number | null = null;
	private readonly socket: Socket;
	private readonly audit: ClientAudit;
	private readonly reader = new FrameReader();
	private fragments: Buffer[] = [];
	private head: Buffer = Buffer.alloc(0);
	private readonly whenOpen: () => void;

	constructor(socket: Socket, audit: ClientAudit, whenOpen: () => void) {
		super();
		this.socket = socket;
		this.audit = audit;
		this.whenOpen = whenOpen;
		socket.on("data", (chunk) => this.take(chunk));
		socket.on("error", () => {});
		for (const event of ["end", "close"]) {
			socket.on(event, () => {
				this.ended = true;
				this.wake();
			});
		}
	}

	say(...ops: readonly ServerOp[]): void {
		this.sayBytes(encodeServerFrame(ops));
	}

	sayBytes(bytes: Uint8Array): void {
		this.sayFrame(rawFrame(opcode.binary, bytes, { masked: false }));
	}

	sayHex(hex: string): void {
		this.sayBytes(unhex(hex));
	}

	/** Whatever these bytes are. */
	sayFrame(bytes: Uint8Array): void {
		if (this.socket.writable) this.socket.write(bytes);
	}

	close(code: number): void {
		this.sayFrame(rawFrame(opcode.close, closePayload(code), { masked: false }));
	}

	/** The network fails. */
	cut(): void {
		this.socket.resetAndDestroy();
	}

	taken<T extends ClientOp["type"]>(type: T): Said<T>[] {
		const taken = this.heard.filter((op): op is Said<T> => op.type === type);
		this.heard.splice(0, this.heard.length, ...this.heard.filter((op) => op.type !== type));
		return taken;
	}

	/** The next operation of a type; it is taken. Errors: none in time. */
	next<T extends ClientOp["type"]>(type: T): Promise<Said<T>> {
		return this.match((op) => op.type === type, type) as Promise<Said<T>>;
	}

	async match(wants: (op: ClientOp) => boolean, what: string): Promise<ClientOp> {
		const found = () => this.heard.some(wants);
		await this.until(
			() => found() || this.ended,
			withinMs,
			() => `no ${what} came`,
		);
		if (!found()) throw new Error(`no ${what} came: the client has ended the connection`);
		return this.heard.splice(this.heard.findIndex(wants), 1)[0] as ClientOp;
	}

	/** What came and was not taken, after a moment. */
	async quiet(forMs = 400): Promise<ClientOp[]> {
		await this.wait(forMs);
		return this.heard.splice(0);
	}

	private take(chunk: Buffer): void {
		let bytes = chunk;
		if (this.request === "") {
			this.head = Buffer.concat([this.head, chunk]);
			const end = this.head.indexOf("\r\n\r\n");
			if (end < 0) return;
			this.request = this.head.toString("latin1", 0, end + 4);
			bytes = this.head.subarray(end + 4);
			this.accept();
		}
		if (bytes.length > 0) for (const frame of this.reader.take(bytes)) this.frame(frame);
		this.wake();
	}

	private accept(): void {
		const key = /^sec-websocket-key: *(\S+)/im.exec(this.request)?.[1] ?? "";
		const accept = createHash("sha1")
			.update(key + acceptSuffix)
			.digest("base64");
		const offered = /^sec-websocket-protocol:.*\bcolloquy\.v1\b/im.test(this.request);
		const lines = [
			"HTTP/1.1 101 Switching Protocols",
			"Upgrade: websocket",
			"Connection: Upgrade",
			`Sec-WebSocket-Accept: ${accept}`,
			...(offered ? ["Sec-WebSocket-Protocol: colloquy.v1"] : []),
		];
		this.socket.write(`${lines.join("\r\n")}\r\n\r\n`);
		this.audit.upgrade(this.request);
		this.whenOpen();
	}

	private frame(frame: RawFrame): void {
		this.audit.frame(frame);
		if (frame.opcode === opcode.pong) this.pongs.push(frame.payload.toString());
		if (frame.opcode === opcode.ping) {
			this.sayFrame(rawFrame(opcode.pong, frame.payload, { masked: false }));
		}
		if (frame.opcode === opcode.close) {
			this.closed = closeCode(frame.payload);
			this.socket.end(rawFrame(opcode.close, frame.payload, { masked: false }));
		}
		if (frame.opcode > opcode.binary) return;
		this.fragments.push(frame.payload);
		if (frame.fin) this.message(Buffer.concat(this.fragments.splice(0)));
	}

	private message(bytes: Buffer): void {
		const frame = decodeClientFrame(bytes);
		this.audit.message(this, bytes, frame);
		if (!frame.ok) return;
		this.messages.push(frame.ops.length);
		for (const op of frame.ops) {
			if (op.type === "invalid") continue;
			if (op.type === "hello") this.outbox = op.outbox;
			const found = read(op);
			if (found === null) this.heard.push(op);
			else this.say({ type: "result", request: (op as Said<"ping">).request, result: found });
		}
	}
}

/** Of whatever conversation: a group of two. */
const facts: Result = {
	type: "info",
	kind: "group",
	title: "",
	picture: "",
	description: "",
	link: null,
	createdAt: 1_764_000_000_000,
	createdBy: "bob",
	members: 2,
	page: [
		{ user: "ann", role: "member" },
		{ user: "bob", role: "owner" },
	],
	cursor: null,
};

/** Reads that any client may ask for at any time, and that no situation is about. */
function read(op: ClientOp): Result | null {
	switch (op.type) {
		case "ping":
			return { type: "ping", now: systemClock.now() };
		case "profiles":
			return { type: "profiles", profiles: [] };
		case "history":
			return { type: "history", messages: [], more: false };
		case "info":
			return facts;
		case "receipts":
			return { type: "receipts", delivered: 0, seen: 0, watermarks: [] };
		default:
			return null;
	}
}

/** A port of the loopback address, and who comes to it. */
export class Harbour extends Waiting {
	private readonly server: Server;
	private readonly sockets = new Set<Socket>();
	private readonly open: Peer[] = [];

	private constructor(audit: ClientAudit) {
		super();
		this.server = createServer((socket) => {
			this.sockets.add(socket);
			const peer: Peer = new Peer(socket, audit, () => {
				this.open.push(peer);
				this.wake();
			});
		});
	}

	static async listen(audit: ClientAudit): Promise<Harbour> {
		const harbour = new Harbour(audit);
		harbour.server.listen(0, "127.0.0.1");
		await once(harbour.server, "listening");
		return harbour;
	}

	get url(): string {
		return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** The next connection. */
	async connection(): Promise<Peer> {
		await this.until(
			() => this.open.length > 0,
			withinMs,
			() => "no connection came",
		);
		return this.open.shift() as Peer;
	}

	/** Whether the client comes (back) soon. */
	async comes(): Promise<boolean> {
		await this.until(
			() => this.open.length > 0,
			quietMs,
			() => "",
		).catch(() => {});
		return this.open.length > 0;
	}

	close(): void {
		this.server.close();
		for (const socket of this.sockets) socket.destroy();
	}
}
