// What the bytes of the protocol cost: nanoseconds of CPU time for one operation in, one operation
// out, beside msgpackr on the same arrays. The fastest of many short rounds is quoted, because what
// else runs on the machine only ever adds; each round checks what it measured.

import { strict as assert } from "node:assert";
import { systemClock } from "../src/base/clock.js";
import { pack, unpack } from "../src/base/pack.js";
import {
	decodeClientFrame,
	decodeServerFrame,
	encodeClientOp,
	encodeServerOp,
	type SaidOp,
} from "../src/protocol/codec.js";
import { fingerprint } from "../src/protocol/fingerprint.js";
import type { ServerOp } from "../src/protocol/frames.js";
import { type Starts, scan } from "../src/protocol/scan.js";
import type { Flags } from "./flags.js";
import { ownMicros } from "./machine.js";

export interface CodecRow {
	readonly name: string;
	readonly parameters: { readonly bytes: number };
	readonly nsPerOp: number;
	readonly opsPerSecond: number;
}

/** Different every time round, so that no branch or cached text is won by repetition alone. */
const variety = 64;
const at = 1_764_000_000_000;

function send(i: number, contentBytes: number): SaidOp {
	return {
		type: "write",
		conversation: `ann${i}~bob${i}`,
		n: 300 + i,
		answered: 290 + i,
		command: {
			type: "send",
			id: systemClock.randomBytes(8),
			contentType: "text/plain",
			content: systemClock.randomBytes(contentBytes),
			replyTo: null,
			mentions: [],
			media: [],
			ttlMs: null,
			clientTime: at + i,
			seenUpTo: 70_000 + i,
		},
	};
}

function receipt(i: number): SaidOp {
	return { type: "delivered", conversation: `ann${i}~bob${i}`, seq: 70_000 + i };
}

function message(i: number, contentBytes: number): ServerOp {
	return {
		type: "message",
		conversation: `ann${i}~bob${i}`,
		from: 140_000 + i,
		message: {
			seq: 70_000 + i,
			position: 140_001 + i,
			changed: 140_001 + i,
			at: at + i,
			sender: `ann${i}`,
			state: "live",
			body: {
				id: systemClock.randomBytes(8),
				contentType: "text/plain",
				content: systemClock.randomBytes(contentBytes),
				replyTo: null,
				mentions: [],
				media: [],
			},
			editedAt: null,
			expiresAt: null,
			clientTime: at + i,
			frozen: null,
			outbox: null,
			n: null,
			reactions: [],
			id: null,
		},
	};
}

function answer(i: number): ServerOp {
	const conversation = `ann${i}~bob${i}`;
	const position = 140_001 + i;
	return {
		type: "answer",
		conversation,
		n: 300 + i,
		from: position - 1,
		position,
		seq: 70_000 + i,
		at: at + i,
		text: null,
	};
}

function status(i: number): ServerOp {
	const seq = 70_000 + i;
	return {
		type: "status",
		conversation: `ann${i}~bob${i}`,
		from: 140_001 + i,
		position: 140_002 + i,
		watermarks: [
			{ user: `bob${i}`, delivered: seq, deliveredAt: at + i, seen: seq - 1, seenAt: at },
		],
	};
}

export async function codec(flags: Flags): Promise<CodecRow[]> {
	const rounds = flags.on("quick") ? 20 : 200;
	const contentBytes = flags.number("bytes", 100);
	const many = <T>(make: (i: number, contentBytes: number) => T): T[] =>
		Array.from({ length: variety }, (_, i) => make(i, contentBytes));
	const rows: CodecRow[] = [];

	function measure<T>(
		name: string,
		inputs: readonly T[],
		bytes: number,
		run: (input: T) => number,
	) {
		const perRound = 50 * variety;
		let best = Number.POSITIVE_INFINITY;
		for (let round = 0; round < rounds; round++) {
			let sum = 0;
			const began = ownMicros();
			for (let i = 0; i < perRound; i++) sum += run(inputs[i % variety] as T);
			best = Math.min(best, ownMicros() - began);
			assert.ok(sum > 0, `${name} did nothing`);
		}
		const nsPerOp = Math.max(1, Math.round((best * 1_000) / perRound));
		const opsPerSecond = Math.round(1e9 / nsPerOp);
		rows.push({ name, parameters: { bytes }, nsPerOp, opsPerSecond });
	}

	/** As a socket hands them over. */
	const frames = (ops: readonly SaidOp[]) => ops.map((op) => Buffer.from(encodeClientOp(op)));
	const sends = frames(many(send));
	const receipts = frames(many(receipt));
	const pushes = many(message).map((op) => Buffer.from(encodeServerOp(op)));
	const size = (all: readonly Uint8Array[]) => all[0]?.length ?? 0;
	const starts: Starts = { at: [], count: 0 };

	measure("scan send", sends, size(sends), (frame) => (scan(frame, 10, starts) === null ? 1 : 0));
	measure("fingerprint send", sends, size(sends), (frame) => fingerprint(frame, 12, frame.length));
	measure("decode send", sends, size(sends), opsIn);
	measure("decode delivered", receipts, size(receipts), opsIn);
	measure("decode message (client)", pushes, size(pushes), (frame) => {
		const decoded = decodeServerFrame(frame);
		return decoded.ok ? decoded.ops.length : 0;
	});
	measure("encode send (client)", many(send), size(sends), (op) => encodeClientOp(op).length);
	for (const [name, make] of [
		["message", message],
		["answer", answer],
		["status", status],
	] as const) {
		const ops = many(make);
		const bytes = encodeServerOp(ops[0] as ServerOp).length;
		measure(`encode ${name}`, ops, bytes, (op) => encodeServerOp(op).length);
		const arrays = ops.map((op) => unpack(encodeServerOp(op)));
		measure(`msgpackr pack ${name}`, arrays, bytes, (array) => pack(array).length);
	}
	measure("msgpackr unpack send", sends, size(sends), (frame) => (unpack(frame) as []).length);
	return rows;
}

function opsIn(frame: Uint8Array): number {
	const decoded = decodeClientFrame(frame);
	return decoded.ok && decoded.ops[0]?.type !== "invalid" ? 1 : 0;
}
