// A client that signs in and then stops reading without closing: the reader that makes careless
// servers buffer without limit.

import { decodeServerFrame, encodeClientFrame } from "../../src/protocol/codec.js";
import type { ServerOp } from "../../src/protocol/frames.js";
import { helloOf } from "./gateway.js";
import { frame, op, RawClient } from "./raw-client.js";

/** Signed in and reading. */
export async function rawUser(port: number, user: string, device = "d1"): Promise<RawClient> {
	const client = await RawClient.open(port);
	client.send(frame(op.binary, encodeClientFrame([helloOf(user, device)])));
	await client.until(() => opsOf(client).some(({ type }) => type === "welcome"));
	const welcome = opsOf(client).find((one) => one.type === "welcome");
	const generation = welcome?.type === "welcome" ? welcome.generation : 0;
	client.send(frame(op.binary, encodeClientFrame([{ type: "ready", generation }])));
	return client;
}

/** Signed in and reading no more. */
export async function stalledUser(port: number, user: string, device = "d1"): Promise<RawClient> {
	const client = await rawUser(port, user, device);
	client.socket.pause();
	return client;
}

/** The operations in whole messages, fragments put together. */
export function opsOf(client: RawClient): ServerOp[] {
	const ops: ServerOp[] = [];
	let parts: Buffer[] = [];
	for (const one of client.frames) {
		if (one.opcode !== op.binary && one.opcode !== op.continuation) continue;
		parts.push(one.payload);
		if (!one.fin) continue;
		const decoded = decodeServerFrame(Buffer.concat(parts));
		parts = [];
		if (decoded.ok) ops.push(...(decoded.ops as ServerOp[]));
	}
	return ops;
}
