// Frames of clients into operations. A frame whose structure is not sound is refused whole and ends
// the connection; a field that is not valid costs only its operation, which comes out as `invalid`
// with the answer to give, and the rest of the frame goes on [P-2.8].

import type { ErrorCode } from "../base/errors.js";
import { clientOps } from "./client-ops.js";
import { type ClientOp, opCode, type ServerOp } from "./frames.js";
import { readReceipt } from "./hot.js";
import { contentBytesMax, opsPerFrameMax } from "./limits.js";
import { readWrite } from "./read-write.js";
import { Reader } from "./reader.js";
import { readFields } from "./record.js";
import { type Starts, scan } from "./scan.js";

/** An operation that will not be done, and what its client hears. */
export interface InvalidOp {
	readonly type: "invalid";
	/** The operation's name, or `unknown`. */
	readonly op: ClientOp["type"] | "unknown";
	readonly answer: Extract<ServerOp, { readonly type: "refused" | "error" }>;
}

export type DecodedOp = ClientOp | InvalidOp;

export type ClientFrame =
	| { readonly ok: true; readonly ops: DecodedOp[] }
	/** Say goodbye and close: nothing in the frame may be done. */
	| { readonly ok: false; readonly code: "PROTOCOL"; readonly detail: string };

const reader = new Reader();
const starts: Starts = { at: [], count: 0 };

/**
 * The operations of one WebSocket message, in order. Never throws, whatever the bytes.
 *
 * Shape: bytes in an operation (content, hashes) are views of `bytes`, which must not change.
 */
export function decodeClientFrame(
	bytes: Uint8Array,
	options: { readonly contentBytesMax?: number } = {},
): ClientFrame {
	const fault = scan(bytes, opsPerFrameMax, starts);
	if (fault !== null) return { ok: false, code: "PROTOCOL", detail: fault };
	reader.contentBytesMax = options.contentBytesMax ?? contentBytesMax;
	const ops: DecodedOp[] = [];
	for (let i = 0; i < starts.count; i++) {
		reader.start(bytes, starts.at[i] as number);
		const left = reader.array() - 1;
		const code = reader.uint();
		if (reader.code !== null) {
			return { ok: false, code: "PROTOCOL", detail: "an operation's code is a whole number" };
		}
		ops.push(code === opCode.write ? readWrite(reader, left) : readOp(code, left));
	}
	// An idle server keeps no frame alive.
	reader.bytes = nothing;
	return { ok: true, ops };
}

const nothing = new Uint8Array(0);

function readOp(code: number, left: number): DecodedOp {
	if (code === opCode.delivered || code === opCode.seen) {
		const from = reader.at;
		const receipt = readReceipt(reader, code, left);
		if (reader.code === null) return receipt;
		// The long way says which field was wrong.
		reader.start(reader.bytes, from);
	}
	const found = clientOps.byCode[code];
	if (found === undefined) return invalid("unknown", null, "OP_UNKNOWN", `operation ${code}`);
	const target: Record<string, unknown> = { type: found.type };
	readFields(reader, found.rows, left, target);
	if (reader.code === null) return target as unknown as ClientOp;
	const type = found.type as ClientOp["type"];
	const known = reader.path !== "request" && typeof target.request === "number";
	const request = known ? (target.request as number) : null;
	const receipt = (type === "delivered" || type === "seen") && reader.path === "seq";
	const error = receipt ? "RECEIPT_INVALID" : reader.code;
	return invalid(type, request, error, `${type}.${reader.path} ${reader.why}`);
}

function invalid(
	op: InvalidOp["op"],
	request: number | null,
	code: ErrorCode,
	detail: string,
): InvalidOp {
	return { type: "invalid", op, answer: { type: "error", request, code, detail } };
}
