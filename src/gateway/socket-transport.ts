// A WebSocket as a transport. `ws` reads and keeps the protocol's rules; frames are written here,
// straight to the socket: header and content in one buffer, one system call, and a message larger
// than the socket likes in fragments, so that a slow reader is seen to progress and pings fit
// between.

import type { Duplex } from "node:stream";
import type { GatewayLimits } from "./limits.js";
import type { Transport, TransportHandler } from "./transport.js";

/** What is used of a WebSocket of `ws`, which only `server.ts` imports. */
export interface WebSocketLike {
	readonly readyState: number;
	ping(): void;
	pause(): void;
	resume(): void;
	close(code: number, reason: string): void;
	terminate(): void;
}

const open = 1;
const closing = 2;
const binary = 0x02;
const continuation = 0x00;
const fin = 0x80;
/** Of a control frame from a client: two bytes and the mask. */
const controlHeaderBytes = 6;

export class SocketTransport implements Transport {
	handler!: TransportHandler;
	readonly address: string;
	/** Control frames apart, so that it stands still exactly when no message is under way. */
	received = 0;
	receivedMax: number;
	private readonly socket: WebSocketLike;
	private readonly raw: Duplex;
	private readonly fragmentBytes: number;
	/** What is left of a message in fragments, as framed pieces. */
	private rest: Uint8Array[] | null = null;

	constructor(socket: WebSocketLike, raw: Duplex, address: string, limits: GatewayLimits) {
		this.socket = socket;
		this.raw = raw;
		this.address = address;
		this.fragmentBytes = limits.fragmentBytes;
		this.receivedMax = limits.earlyBytesMax;
	}

	get buffered(): number {
		let bytes = this.raw.writableLength;
		for (const piece of this.rest ?? []) bytes += piece.length;
		return bytes;
	}

	get writable(): boolean {
		return this.socket.readyState === open && this.rest === null && !this.raw.writableNeedDrain;
	}

	send(parts: readonly Uint8Array[], bytes: number): void {
		if (this.socket.readyState !== open) return;
		if (bytes <= this.fragmentBytes) this.raw.write(framed(parts, bytes, fin | binary));
		else {
			this.rest = fragments(parts, bytes, this.fragmentBytes);
			this.proceed();
		}
	}

	ping(): void {
		if (this.socket.readyState === open) this.socket.ping();
	}

	pause(): void {
		this.socket.pause();
	}

	resume(): void {
		this.socket.resume();
	}

	close(code: number, reason: string): void {
		this.rest = null;
		this.socket.close(code, reason);
	}

	terminate(): void {
		this.rest = null;
		this.socket.terminate();
	}

	// -- From the socket, by shared listeners ----------------------------------------------------

	/** Bytes came, whatever they turn out to be. */
	arrived(bytes: number): void {
		this.received += bytes;
		if (this.received > this.receivedMax) this.terminate();
	}

	/** A whole ping or pong with so many bytes of content. */
	control(contentBytes: number): void {
		this.received -= controlHeaderBytes + contentBytes;
		this.handler.controlled();
	}

	drained(): void {
		if (this.rest !== null) this.proceed();
		if (this.rest === null && this.socket.readyState <= closing) this.handler.drained();
	}

	private proceed(): void {
		const { rest } = this;
		if (rest === null) return;
		while (rest.length > 0 && !this.raw.writableNeedDrain) {
			if (this.socket.readyState !== open) break;
			this.raw.write(rest.shift());
		}
		if (rest.length === 0) this.rest = null;
	}
}

function headerBytes(bytes: number): number {
	return bytes < 126 ? 2 : bytes < 0x10000 ? 4 : 10;
}

/** Servers do not mask, so a frame is its header and the content as it is. */
function writeHeader(frame: Buffer, at: number, first: number, bytes: number): void {
	frame[at] = first;
	if (bytes < 126) frame[at + 1] = bytes;
	else if (bytes < 0x10000) {
		frame[at + 1] = 126;
		frame.writeUInt16BE(bytes, at + 2);
	} else {
		frame[at + 1] = 127;
		frame.writeUInt32BE(0, at + 2);
		frame.writeUInt32BE(bytes, at + 6);
	}
}

function framed(parts: readonly Uint8Array[], bytes: number, first: number): Buffer {
	let at = headerBytes(bytes);
	const frame = Buffer.allocUnsafe(at + bytes);
	writeHeader(frame, 0, first, bytes);
	for (const part of parts) {
		frame.set(part, at);
		at += part.length;
	}
	return frame;
}

function fragments(parts: readonly Uint8Array[], bytes: number, size: number): Uint8Array[] {
	const whole = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts, bytes);
	const pieces: Uint8Array[] = [];
	for (let at = 0; at < bytes; at += size) {
		const piece = whole.subarray(at, at + size);
		const opcode = at === 0 ? binary : continuation;
		const last = at + size >= bytes ? fin : 0;
		pieces.push(framed([piece], piece.length, opcode | last));
	}
	return pieces;
}
