// Operations into bytes, in the one shortest form that docs/vectors.json shows. What comes back is a
// piece of a slab that is never written again: it may be kept, and sent to any number of sockets.

import { clientOps } from "./client-ops.js";
import { commands } from "./commands.js";
import { type ClientOp, opCode, type Result, type ServerOp, type WriteOp } from "./frames.js";
import { writeHot } from "./hot.js";
import { countFields, writeFields, writeVariant } from "./record.js";
import { results, serverOps } from "./server-ops.js";
import { Writer } from "./writer.js";

const writer = new Writer();

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

export function encodeClientOp(op: SaidOp): Uint8Array {
	writer.begin();
	writeClientOp(op);
	return writer.finish();
}

export function encodeClientFrame(ops: readonly SaidOp[]): Uint8Array {
	writer.begin();
	for (const op of ops) writeClientOp(op);
	return writer.finish();
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
		writeVariant(writer, clientOps, op);
		return;
	}
	writer.array(5);
	writer.uint(opCode.write);
	if (op.conversation === null) writer.nil();
	else writer.text(op.conversation);
	writer.uint(op.n);
	writer.uint(op.answered);
	writeVariant(writer, commands, op.command);
}
