// WebSocket frames as bytes (RFC 6455), for both ends of the kit: what a library would never send
// can be said here, and what a library would hide is seen.

export interface RawFrame {
	readonly opcode: number;
	readonly fin: boolean;
	/** The reserved bits: not 0 only with an extension, and none is negotiated. */
	readonly rsv: number;
	readonly masked: boolean;
	readonly payload: Buffer;
}

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One frame; clients mask. A mask of zeros is lawful and leaves the payload as it is. */
export function rawFrame(
	code: number,
	payload: Uint8Array,
	{ fin = true, masked }: { readonly fin?: boolean; readonly masked: boolean },
): Buffer {
	const { length } = payload;
	const size = length < 126 ? 0 : length < 0x10000 ? 2 : 8;
	const head = Buffer.alloc(2 + size + (masked ? 4 : 0));
	head[0] = (fin ? 0x80 : 0) | code;
	head[1] = (masked ? 0x80 : 0) | (size === 0 ? length : size === 2 ? 126 : 127);
	if (size === 2) head.writeUInt16BE(length, 2);
	if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
	return Buffer.concat([head, payload]);
}

export function closePayload(code: number, reason = ""): Buffer {
	const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
	payload.writeUInt16BE(code, 0);
	payload.write(reason, 2);
	return payload;
}

/** The code of a close frame's payload; 1005: it says none. */
export function closeCode(payload: Buffer): number {
	return payload.length < 2 ? 1005 : payload.readUInt16BE(0);
}

/** Bytes in, whole frames out, unmasked. */
export class FrameReader {
	private chunks: Buffer[] = [];
	private size = 0;

	take(chunk: Buffer): RawFrame[] {
		this.chunks.push(chunk);
		this.size += chunk.length;
		const frames: RawFrame[] = [];
		for (let next = this.next(); next !== null; next = this.next()) frames.push(next);
		return frames;
	}

	private next(): RawFrame | null {
		const head = this.peek(Math.min(this.size, 14));
		if (head.length < 2) return null;
		const second = head[1] as number;
		const short = second & 0x7f;
		const masked = second >= 0x80;
		const sizeAt = short < 126 ? 2 : short === 126 ? 4 : 10;
		const at = sizeAt + (masked ? 4 : 0);
		if (head.length < at) return null;
		const length =
			short < 126 ? short : short === 126 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
		if (this.size < at + length) return null;
		const whole = this.peek(at + length);
		const payload = Buffer.from(whole.subarray(at));
		if (masked) {
			for (let i = 0; i < length; i++)
				payload[i] = (payload[i] as number) ^ (whole[sizeAt + (i & 3)] as number);
		}
		this.drop(at + length);
		const first = whole[0] as number;
		return { opcode: first & 0x0f, fin: first >= 0x80, rsv: first & 0x70, masked, payload };
	}

	/** The first bytes in one piece; chunks are joined only when they have to be. */
	private peek(count: number): Buffer {
		const first = this.chunks[0] ?? Buffer.alloc(0);
		if (first.length >= count) return first.subarray(0, count);
		const joined = Buffer.concat(this.chunks);
		this.chunks = [joined];
		return joined.subarray(0, count);
	}

	private drop(count: number): void {
		const rest = (this.chunks[0] as Buffer).subarray(count);
		this.size -= count;
		if (rest.length > 0) this.chunks[0] = rest;
		else this.chunks.shift();
	}
}
