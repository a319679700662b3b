// A WebSocket client by hand, over plain TCP: it can say whatever no library would, stop in the
// middle, and never answer. It answers no pings unless told to.

import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface RawFrame {
	readonly opcode: number;
	readonly fin: boolean;
	readonly payload: Buffer;
}

export const op = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A masked frame as clients send them; `length` may lie. */
export function frame(
	opcode: number,
	payload: Uint8Array = new Uint8Array(0),
	options: { fin?: boolean; masked?: boolean; rsv?: number; length?: number } = {},
): Buffer {
	const { fin = true, masked = true, rsv = 0, length = payload.length } = options;
	const size = length < 126 ? 0 : length < 0x10000 ? 2 : 8;
	const head = Buffer.alloc(2 + size + (masked ? 4 : 0));
	head[0] = (fin ? 0x80 : 0) | rsv | opcode;
	head[1] = (masked ? 0x80 : 0) | (size === 0 ? length : size === 2 ? 126 : 127);
	if (size === 2) head.writeUInt16BE(length, 2);
	if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
	// A mask of zeros is lawful and leaves the payload as it is.
	return Buffer.concat([head, payload]);
}

export function upgradeRequest(
	path = "/v1",
	headers: readonly (readonly [string, string])[] = [],
): string {
	const lines = [
		["Host", "localhost"],
		["Upgrade", "websocket"],
		["Connection", "Upgrade"],
		["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
		["Sec-WebSocket-Version", "13"],
		["Sec-WebSocket-Protocol", "colloquy.v1"],
	].filter(([name = ""]) => !headers.some(([other]) => other.toLowerCase() === name.toLowerCase()));
	const all = [...lines, ...headers].filter(([, value]) => value !== "");
	return `GET ${path} HTTP/1.1\r\n${all.map(([n, v]) => `${n}: ${v}\r\n`).join("")}\r\n`;
}

export class RawClient {
	readonly socket: Socket;
	readonly frames: RawFrame[] = [];
	/** Everything before the first frame. */
	response = "";
	/** The peer sent its FIN, or the socket is gone. */
	ended = false;
	answerPings = false;
	private bytes: Buffer = Buffer.alloc(0);
	private waiters: (() => void)[] = [];

	private constructor(socket: Socket) {
		this.socket = socket;
		socket.on("data", (chunk) => this.take(chunk));
		socket.on("error", () => {});
		for (const event of ["end", "close"]) {
			socket.on(event, () => {
				this.ended = true;
				this.wake();
			});
		}
	}

	static async connect(port: number, allowHalfOpen = false): Promise<RawClient> {
		const socket = connect({ port, host: "127.0.0.1", allowHalfOpen });
		const client = new RawClient(socket);
		await once(socket, "connect");
		return client;
	}

	/** Connected and upgraded. */
	static async open(
		port: number,
		headers: readonly (readonly [string, string])[] = [],
	): Promise<RawClient> {
		const client = await RawClient.connect(port);
		client.send(upgradeRequest("/v1", headers));
		await client.until(() => client.response !== "");
		return client;
	}

	get status(): number {
		return Number(/^HTTP\/1\.1 (\d+)/.exec(this.response)?.[1] ?? 0);
	}

	/** The code of the server's close frame; null: none came. */
	get closeCode(): number | null {
		const close = this.frames.find((one) => one.opcode === op.close);
		return close === undefined
			? null
			: close.payload.length < 2
				? 1005
				: close.payload.readUInt16BE();
	}

	send(bytes: Uint8Array | string): boolean {
		return this.socket.writable && this.socket.write(bytes);
	}

	async until(condition: () => boolean): Promise<void> {
		while (!condition()) {
			if (this.ended) throw new Error(`the connection ended early: ${this.response.slice(0, 60)}`);
			await new Promise<void>((resolve) => this.waiters.push(resolve));
		}
	}

	/** Until the server has ended the connection. */
	async untilEnded(): Promise<void> {
		while (!this.ended) await new Promise<void>((resolve) => this.waiters.push(resolve));
	}

	destroy(): void {
		this.socket.destroy();
	}

	/** Ends with a reset instead of a FIN. */
	reset(): void {
		this.socket.resetAndDestroy();
	}

	private wake(): void {
		const waiters = this.waiters;
		this.waiters = [];
		for (const waiter of waiters) waiter();
	}

	private take(chunk: Buffer): void {
		this.bytes = Buffer.concat([this.bytes, chunk]);
		if (this.response === "") {
			const end = this.bytes.indexOf("\r\n\r\n");
			if (end < 0) return;
			this.response = this.bytes.subarray(0, end + 4).toString("latin1");
			this.bytes = this.bytes.subarray(end + 4);
		}
		if (this.status === 101) while (this.takeFrame());
		this.wake();
	}

	private takeFrame(): boolean {
		const { bytes } = this;
		if (bytes.length < 2) return false;
		const short = (bytes[1] as number) & 0x7f;
		const at = short < 126 ? 2 : short === 126 ? 4 : 10;
		if (bytes.length < at) return false;
		const length =
			short < 126
				? short
				: short === 126
					? bytes.readUInt16BE(2)
					: Number(bytes.readBigUInt64BE(2));
		if (bytes.length < at + length) return false;
		const first = bytes[0] as number;
		const payload = bytes.subarray(at, at + length);
		this.frames.push({ opcode: first & 0x0f, fin: first >= 0x80, payload });
		this.bytes = bytes.subarray(at + length);
		if ((first & 0x0f) === op.ping && this.answerPings) this.send(frame(op.pong, payload));
		return true;
	}
}
