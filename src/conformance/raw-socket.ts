// A WebSocket client by hand over TCP or TLS: sends any bytes, reports every frame, does nothing by
// itself but answer pings, and that only while it is told to.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { systemClock } from "../base/clock.js";
import {
	closeCode,
	closePayload,
	FrameReader,
	opcode,
	type RawFrame,
	rawFrame,
} from "./web-socket.js";

export type Headers = Readonly<Record<string, string | null>>;

export class RawSocket {
	/** The response to the upgrade, up to and with its empty line. */
	response = "";
	ended = false;
	answersPings = true;
	/** The code of the server's close frame; null: none came (yet). */
	closed: number | null = null;
	onFrame: (frame: RawFrame) => void = () => {};
	onEnd: () => void = () => {};
	private readonly socket: Socket;
	private readonly reader = new FrameReader();
	private head: Buffer = Buffer.alloc(0);
	private waiters: (() => void)[] = [];

	private constructor(socket: Socket) {
		this.socket = socket;
		socket.on("data", (chunk) => this.take(chunk));
		socket.on("error", () => {});
		for (const event of ["end", "close"]) socket.on(event, () => this.end());
	}

	/** Connects and asks for an upgrade; resolves with whatever the server answers. */
	static async open(url: URL, path = "/v1", headers: Headers = {}): Promise<RawSocket> {
		const secure = url.protocol === "https:" || url.protocol === "wss:";
		const host = url.hostname.replace(/^\[|\]$/g, "");
		const port = Number(url.port || (secure ? 443 : 80));
		const socket = secure ? connectTls({ host, port, servername: host }) : connect({ host, port });
		const raw = new RawSocket(socket);
		await once(socket, secure ? "secureConnect" : "connect");
		raw.send(request(url.host, url.pathname.replace(/\/(v1)?\/?$/, "") + path, headers));
		await raw.until(() => raw.response !== "" || raw.ended);
		return raw;
	}

	get status(): number {
		return Number(/^HTTP\/1\.1 (\d+)/.exec(this.response)?.[1] ?? 0);
	}

	header(name: string): string | null {
		return new RegExp(`^${name}: *(.*)$`, "im").exec(this.response)?.[1]?.trim() ?? null;
	}

	send(bytes: Uint8Array | string): void {
		if (this.socket.writable) this.socket.write(bytes);
	}

	message(bytes: Uint8Array): void {
		this.send(rawFrame(opcode.binary, bytes, { masked: true }));
	}

	close(code: number): void {
		this.send(rawFrame(opcode.close, closePayload(code), { masked: true }));
	}

	pause(): void {
		this.socket.pause();
	}

	resume(): void {
		this.socket.resume();
	}

	destroy(): void {
		this.socket.destroy();
	}

	private async until(condition: () => boolean): Promise<void> {
		while (!condition()) await new Promise<void>((resolve) => this.waiters.push(resolve));
	}

	private end(): void {
		if (this.ended) return;
		this.ended = true;
		this.wake();
		this.onEnd();
		// The other half is of no use any more.
		this.socket.end();
	}

	private wake(): void {
		for (const waiter of this.waiters.splice(0)) waiter();
	}

	private take(chunk: Buffer): void {
		let bytes = chunk;
		if (this.response === "") {
			this.head = Buffer.concat([this.head, chunk]);
			const end = this.head.indexOf("\r\n\r\n");
			if (end < 0) return;
			this.response = this.head.toString("latin1", 0, end + 4);
			bytes = this.head.subarray(end + 4);
			this.wake();
			// Whoever opened the connection takes the frames from the next turn on.
			systemClock.soon(() => this.frames(bytes));
			return;
		}
		this.frames(bytes);
	}

	private frames(bytes: Buffer): void {
		if (this.status !== 101 || bytes.length === 0) return;
		for (const frame of this.reader.take(bytes)) {
			if (frame.opcode === opcode.ping && this.answersPings) {
				this.send(rawFrame(opcode.pong, frame.payload, { masked: true }));
			}
			if (frame.opcode === opcode.close) this.closed = closeCode(frame.payload);
			this.onFrame(frame);
			if (frame.opcode === opcode.close)
				this.socket.end(rawFrame(8, frame.payload, { masked: true }));
		}
	}
}

function request(host: string, path: string, headers: Headers): string {
	const all: Headers = {
		Host: host,
		Upgrade: "websocket",
		Connection: "Upgrade",
		"Sec-WebSocket-Key": Buffer.from(systemClock.randomBytes(16)).toString("base64"),
		"Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Protocol": "colloquy.v1",
		...headers,
	};
	const lines = Object.entries(all).filter(([, value]) => value !== null);
	const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
	return `GET ${path} HTTP/1.1\r\n${text}\r\n`;
}
