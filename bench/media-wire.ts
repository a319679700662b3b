// HTTP as the media bench speaks it: one connection, kept alive, whose reading costs as little as
// possible, so that the server is what is measured. Bytes go through one buffer and are counted.

import { connect, type Socket } from "node:net";

export interface Answer {
	readonly status: number;
	/** Bytes of the body. */
	readonly bytes: number;
	/** The body, if it is small. */
	readonly text: string;
}

interface Waiting {
	readonly take: ((chunk: Uint8Array) => void) | null;
	readonly resolve: (answer: Answer) => void;
	readonly reject: (error: Error) => void;
}

const bufferBytes = 1_024 * 1_024;
const smallBytes = 16_384;

export class Wire {
	private waiting: Waiting | null = null;
	/** The head so far; null: the body is coming. */
	private head: string | null = "";
	private status = 0;
	private length = 0;
	private bytes = 0;
	private text = "";

	private constructor(readonly socket: Socket) {
		socket.once("close", () => this.waiting?.reject(new Error("the connection ended")));
	}

	static open(url: string): Promise<Wire> {
		const { hostname, port } = new URL(url);
		return new Promise((resolve, reject) => {
			let wire: Wire | null = null;
			const onread = {
				buffer: Buffer.allocUnsafe(bufferBytes),
				callback: (length: number, buffer: Uint8Array) => {
					wire?.received(buffer.subarray(0, length));
					return true;
				},
			};
			const socket = connect({ host: hostname, port: Number(port), noDelay: true, onread });
			socket.once("error", reject);
			socket.once("connect", () => {
				wire = new Wire(socket);
				resolve(wire);
			});
		});
	}

	/** Errors: the connection's. One request at a time. */
	ask(
		method: string,
		path: string,
		token: string,
		body: Uint8Array | null = null,
		take: Waiting["take"] = null,
	): Promise<Answer> {
		this.head = "";
		this.bytes = 0;
		this.text = "";
		const length = body === null ? "" : `Content-Length: ${body.length}\r\n`;
		const auth = token === "" ? "" : `Authorization: Bearer ${token}\r\n`;
		this.socket.write(`${method} ${path} HTTP/1.1\r\nHost: bench\r\n${auth}${length}\r\n`);
		if (body !== null) this.socket.write(body);
		return new Promise((resolve, reject) => {
			this.waiting = { take, resolve, reject };
		});
	}

	close(): void {
		this.waiting = null;
		this.socket.destroy();
	}

	private received(chunk: Uint8Array): void {
		let body = chunk;
		if (this.head !== null) {
			this.head += Buffer.from(chunk).toString("latin1");
			const end = this.head.indexOf("\r\n\r\n");
			if (end < 0) return;
			body = chunk.subarray(chunk.length - (this.head.length - end - 4));
			this.status = Number(this.head.slice(9, 12));
			this.length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.head)?.[1] ?? 0);
			this.head = null;
		}
		this.bytes += body.length;
		if (this.length <= smallBytes) this.text += Buffer.from(body).toString();
		this.waiting?.take?.(body);
		if (this.bytes < this.length) return;
		const { status, bytes, text } = this;
		const { waiting } = this;
		this.waiting = null;
		waiting?.resolve({ status, bytes, text });
	}
}
