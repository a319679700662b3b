// A WebSocket of the load: frames of one turn leave together, and nothing is spent on masks, which
// are lawful as zeros: the generator is not what is measured.

import type { Socket } from "node:net";
import WebSocket from "ws";
import { gather } from "./gather.js";
import type { Sink } from "./peer.js";

export interface WebSocketEnd {
	/** The bytes are the socket's from now on. */
	send(data: Buffer | string): void;
}

/** Frames go to `onFrame`; the first may come before this resolves. */
export function dialWebSocket(
	url: string,
	sink: Sink,
	onFrame: (data: Buffer, end: WebSocketEnd) => void,
): Promise<WebSocketEnd> {
	const socket = new WebSocket(url, {
		perMessageDeflate: false,
		skipUTF8Validation: true,
		generateMask: () => {},
	});
	let raw: Socket;
	const end: WebSocketEnd = {
		send(data) {
			gather(raw);
			socket.send(data);
		},
	};
	return new Promise((resolve, reject) => {
		socket.once("upgrade", (response) => {
			raw = response.socket;
		});
		socket.once("open", () => resolve(end));
		socket.on("message", (data: Buffer) => onFrame(data, end));
		socket.on("error", reject);
		socket.on("close", (code) => sink.fault(`a connection was lost: ${code}`));
	});
}
