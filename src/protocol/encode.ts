// Operations into bytes, in the one shortest form that docs/vectors.json shows. What comes back is
// a piece of a slab that is never written again: it may be kept, and sent to any number of sockets.

import { clientOps } from "./client-ops.js";
import { commands } from "./commands.js";
import { type ClientOp, opCode, type Result, type ServerOp, type WriteOp } from "./frames.js";
import { writeHot } from "./hot.js";
import { countFields, writeFields, writeVariant } from "./record.js";
import { results, serverOps } from "./server-ops.js";
import { Writer } from "./writer.js";

const writer = new Writer();
/** Two ids must not become one by the way: what a person typed in halves is refused here. */
const strictWriter = new Writer();
strictWriter.strict = true;

/** Errors: TypeError when the operation is not what its type says (a fault of the caller). */
export function encodeServerOp(op: ServerOp): Uint8Array {
	writer.begin();
	writeServerOp(op);
	return writer.finish();
}

/** Several operations as one WebSocket message. */
export function encodeServerFrame(ops: readonly ServerOp[]): Uint8Array {
	writer.begin();
	for (const op of ops) writeServerOp(op);
	return writer.finish();
}

export type SaidOp = Exclude<ClientOp, WriteOp> | Omit<WriteOp, "hash">;

/** Errors: TypeError, also for a text that is not well-formed. */
export function encodeClientOp(op: SaidOp): Uint8Array {
	strictWriter.begin();
	writeClientOp(op);
	return strictWriter.finish();
}

export function encodeClientFrame(ops: readonly SaidOp[]): Uint8Array {
	strictWriter.begin();
	for (const op of ops) writeClientOp(op);
	return strictWriter.finish();
}

function writeServerOp(op: ServerOp): void {
	if (op.type === "result") writeResult(op.request, op.result);
	else if (!writeHot(writer, op)) writeVariant(writer, serverOps, op);
}

function writeResult(request: number, result: Result): void {
	const found = results.byType.get(result.type);
	if (found === undefined) throw new TypeError(`cannot write a result of ${result.type}`);
	const plain = result as unknown as Record<string, unknown>;
	const count = countFields(found.rows, plain);
	writer.array(3 + count);
	writer.uint(opCode.result);
	writer.uint(request);
	writer.uint(found.code);
	writeFields(writer, found.rows, count, plain);
}

function writeClientOp(op: SaidOp): void {
	if (op.type !== "write") {
		writeVariant(strictWriter, clientOps, op);
		return;
	}
	strictWriter.array(5);
	strictWriter.uint(opCode.write);
	if (op.conversation === null) strictWriter.nil();
	else strictWriter.text(op.conversation);
	strictWriter.uint(op.n);
	strictWriter.uint(op.answered);
	writeVariant(strictWriter, commands, op.command);
}
