// A server of ours with the conformance kit in front of it, and between the two, when a test wants
// it, somebody who changes what the server says.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { type Choice, proveServer, type Report } from "../../src/conformance/index.js";
import { decodeServerFrame, encodeServerFrame } from "../../src/protocol/codec.js";
import { type ServerOp, subprotocol } from "../../src/protocol/frames.js";
import { startBroker, type TestBroker } from "./broker.js";
import { tokenFor } from "./wire-client.js";

interface Test {
	teardown(run: () => unknown): void;
}

/** What is said instead of an operation: other operations, or bytes. */
export type Falsify = (op: ServerOp) => readonly ServerOp[] | Uint8Array;

export interface Liar {
	readonly op?: Falsify;
	/** What a close code becomes. */
	readonly close?: (code: number) => number;
	/** Messages go out as text. */
	readonly text?: boolean;
}

/** Asks our server, straight. */
export async function proveOwn(t: Test, only: Choice): Promise<Report> {
	const broker = await startBroker();
	t.teardown(() => broker.discard());
	return prove(broker, broker.wsUrl, only, 10_000);
}

/** Asks our server through somebody who lies. */
export async function proveThrough(broker: TestBroker, liar: Liar, only: Choice): Promise<Report> {
	const proxy = new WebSocketServer({
		host: "127.0.0.1",
		port: 0,
		perMessageDeflate: false,
		handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
	});
	await once(proxy, "listening");
	proxy.on("connection", (client) => between(client, broker.wsUrl, liar));
	const { port } = proxy.address() as AddressInfo;
	try {
		return await prove(broker, `ws://127.0.0.1:${port}`, only, 700);
	} finally {
		for (const client of proxy.clients) client.terminate();
		proxy.close();
	}
}

function prove(broker: TestBroker, url: string, only: Choice, withinMs: number): Promise<Report> {
	const make = (user: string, ttlMs?: number) => tokenFor(broker.data, user, ttlMs);
	// Kit and server are one process here: fewer at a time, lest one waits for the other.
	return proveServer({ url, tokens: { type: "made", make }, only, withinMs, lanes: 6 });
}

function between(client: WebSocket, url: string, liar: Liar): void {
	const server = new WebSocket(`${url}/v1`, subprotocol, { perMessageDeflate: false });
	const early: Buffer[] = [];
	client.on("message", (data: Buffer) => {
		if (server.readyState === WebSocket.OPEN) server.send(data);
		else early.push(data);
	});
	server.on("open", () => {
		for (const data of early) server.send(data);
	});
	server.on("message", (data: Buffer) => {
		for (const bytes of falsified(data, liar.op))
			client.send(bytes, { binary: liar.text !== true });
	});
	server.on("close", (code) => {
		if (code === 1006) client.terminate();
		else client.close((liar.close ?? ((same) => same))(code));
	});
	client.on("close", () => server.terminate());
	for (const socket of [client, server]) socket.on("error", () => {});
}

function falsified(data: Buffer, falsify: Falsify | undefined): Uint8Array[] {
	if (falsify === undefined) return [data];
	const frame = decodeServerFrame(data);
	if (!frame.ok) throw new Error(`our server said what nobody can read: ${frame.detail}`);
	return frame.ops.flatMap((op) => {
		const said = falsify(op);
		if (said instanceof Uint8Array) return [said];
		return said.length === 0 ? [] : [encodeServerFrame(said)];
	});
}
