// Frames of servers into operations, for clients. What a newer server says beyond this version is
// passed over [P-15.3]; what breaks the protocol is told as one text, and the client reconnects.

import type { Result, ServerOp } from "./frames.js";
import { opCode } from "./frames.js";
import { Reader } from "./reader.js";
import { readFields } from "./record.js";
import { type Starts, scan } from "./scan.js";
import { results, serverOps } from "./server-ops.js";

export type ServerFrame =
	| { readonly ok: true; readonly ops: ServerOp[] }
	| { readonly ok: false; readonly code: "PROTOCOL"; readonly detail: string };

const reader = new Reader();
const starts: Starts = { at: [], count: 0 };
const nothing = new Uint8Array(0);

/** Shape: bytes in an operation are views of `bytes`, which must not change. */
export function decodeServerFrame(bytes: Uint8Array): ServerFrame {
	// Bounded by the size of the frame; a server may gather as many as fit.
	const fault = scan(bytes, bytes.length, starts);
	if (fault !== null) return { ok: false, code: "PROTOCOL", detail: fault };
	const ops: ServerOp[] = [];
	for (let i = 0; i < starts.count; i++) {
		reader.start(bytes, starts.at[i] as number);
		const left = reader.array() - 1;
		const code = reader.uint();
		const op = code === opCode.result ? readResult(left) : readOp(code, left);
		if (reader.code !== null) {
			return { ok: false, code: "PROTOCOL", detail: `${code}: ${reader.path} ${reader.why}` };
		}
		if (op !== null) ops.push(op);
	}
	reader.bytes = nothing;
	return { ok: true, ops };
}

function readOp(code: number, left: number): ServerOp | null {
	const found = serverOps.byCode[code];
	if (found === undefined) return null;
	const target: Record<string, unknown> = { type: found.type };
	readFields(reader, found.rows, left, target);
	return target as unknown as ServerOp;
}

function readResult(left: number): ServerOp | null {
	const request = left > 0 ? reader.uint() : 0;
	const kind = left > 1 ? reader.uint() : -1;
	const found = results.byCode[kind];
	if (found === undefined) {
		reader.refuse("is no kind of result");
		return null;
	}
	const target: Record<string, unknown> = { type: found.type };
	readFields(reader, found.rows, left - 2, target);
	return { type: "result", request, result: target as unknown as Result };
}
