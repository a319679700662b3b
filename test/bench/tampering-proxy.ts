// Stands between clients and a server, and changes what the server says: for proving that whoever
// checks a server would notice.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { decodeServerFrame, encodeServerOp } from "../../src/protocol/codec.js";
import { type ServerOp, subprotocol } from "../../src/protocol/frames.js";

export interface Proxy {
	readonly url: string;
	close(): Promise<void>;
}

/** What an operation becomes; none: it never arrives. */
export type Tamper = (op: ServerOp) => ServerOp | readonly ServerOp[];

export async function startProxy(serverUrl: string, tamper: Tamper): Promise<Proxy> {
	const http = createServer();
	const sockets = new WebSocketServer({ server: http, handleProtocols: () => subprotocol });
	sockets.on("connection", (client, request) => {
		const address = serverUrl.replace(/^http/, "ws") + request.url;
		const server = new WebSocket(address, subprotocol);
		const early: RawData[] = [];
		client.on("message", (data) => {
			if (server.readyState === WebSocket.OPEN) server.send(data);
			else early.push(data);
		});
		server.on("open", () => {
			for (const data of early) server.send(data);
		});
		server.on("message", (data: Buffer) => client.send(changed(data, tamper)));
		client.on("close", () => server.terminate());
		server.on("close", () => client.terminate());
		server.on("error", () => client.terminate());
	});
	http.listen(0, "127.0.0.1");
	await once(http, "listening");
	return {
		url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
		close: async () => {
			for (const client of sockets.clients) client.terminate();
			sockets.close();
			http.close();
			await once(http, "close");
		},
	};
}

function changed(frame: Buffer, tamper: Tamper): Buffer {
	const decoded = decodeServerFrame(frame);
	if (!decoded.ok) throw new Error(decoded.detail);
	const ops = decoded.ops.flatMap(tamper);
	return Buffer.concat(ops.map((op) => encodeServerOp(op)));
}
