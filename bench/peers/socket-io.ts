// Socket.IO. Practice: WebSocket alone, without polling before it; no compression; sockets of
// users held by name, which costs less than a room each; the server's ack is the callback of the
// emit. The load writes the protocol's text packets itself, because the client library would be as
// busy as the server.

import { markOf, writeMark } from "../lean-wire.js";
import { npmVersion } from "./files.js";
import type { Peer, Sink } from "./peer.js";
import { startScript } from "./service.js";
import { dialWebSocket, type WebSocketEnd } from "./web-socket.js";

/** Packets as they begin: the layer below, then the kind of packet. */
const packet = { open: "0", ping: "2", pong: "3", connect: "40", event: "42", ack: "43" } as const;
const messageHead = `${packet.event}["message","`;
const receivedHead = `${packet.event}["received","`;

export const socketIo: Peer = {
	key: "socket.io",
	title: () => `Socket.IO ${npmVersion("socket.io")}`,
	keeps: "nothing",
	debian: null,
	start: () => startScript(new URL("./socket-io-server.js", import.meta.url)),
	async open(port, pair, sink) {
		const a = await join(port, `a${pair}`, sink, (data, text) => {
			if (text(0, packet.ack.length) === packet.ack) {
				sink.sent(Number.parseInt(text(packet.ack.length, data.length), 10));
			} else if (text(0, receivedHead.length) === receivedHead) {
				sink.delivered(markOf(data, receivedHead.length));
			} else sink.fault(`A got ${data}`);
		});
		const b = await join(port, `b${pair}`, sink, (data, text) => {
			if (text(0, messageHead.length) === messageHead) {
				sink.received(markOf(data, messageHead.length));
			} else sink.fault(`B got ${data}`);
		});
		const mark = Buffer.alloc(8);
		return {
			send(n, content) {
				const words = JSON.stringify(content.toString("latin1"));
				a.send(`${packet.event}${n}["message","b${pair}",${words}]`);
			},
			confirm(n) {
				writeMark(mark, n);
				b.send(`${packet.event}["received","a${pair}","${mark}"]`);
			},
		};
	},
};

type Frame = (data: Buffer, text: (from: number, to: number) => string) => void;

/** Connected under this name; its frames go to `frame`, but for those that keep it alive. */
async function join(port: number, user: string, sink: Sink, frame: Frame): Promise<WebSocketEnd> {
	const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`;
	let joined = () => {};
	const ready = new Promise<void>((resolve) => {
		joined = resolve;
	});
	const end = await dialWebSocket(url, sink, (data, end) => {
		const text = (from: number, to: number) => data.toString("latin1", from, to);
		if (text(0, 1) === packet.ping) end.send(packet.pong);
		else if (text(0, 1) === packet.open) end.send(packet.connect + JSON.stringify({ user }));
		else if (text(0, 2) === packet.connect) joined();
		else frame(data, text);
	});
	await ready;
	return end;
}
