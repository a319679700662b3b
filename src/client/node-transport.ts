// A connection over the `ws` package, for Node, which has no WebSocket of its own before version
// 22. The only file of the client that knows `ws`.

import WebSocket from "ws";
import { subprotocol } from "../protocol/frames.js";
import { socketUrl } from "./socket-url.js";
import type { Connect, Transport } from "./transport.js";

export interface NodeTransportOptions {
	/** Longest wait for the handshake. */
	readonly openTimeoutMs?: number;
	/** Largest message accepted from the server. */
	readonly messageBytesMax?: number;
}

/** Opens connections to a server. */
export function nodeConnect(url: string, options: NodeTransportOptions = {}): Connect {
	const address = socketUrl(url);
	return () =>
		new Promise((resolve, reject) => {
			const socket = new WebSocket(address, subprotocol, {
				// Small frames gain nothing from compression and pay with memory and time.
				perMessageDeflate: false,
				handshakeTimeout: options.openTimeoutMs ?? 10_000,
				maxPayload: options.messageBytesMax ?? 16 * 1_024 * 1_024,
			});
			// After the open an error is followed by a close, which is what the owner hears.
			socket.on("error", reject);
			socket.once("open", () => resolve(wrap(socket)));
		});
}

function wrap(socket: WebSocket): Transport {
	const transport: Transport = {
		get buffered() {
			return socket.bufferedAmount;
		},
		send: (bytes) => {
			if (socket.readyState === WebSocket.OPEN) socket.send(bytes);
		},
		pause: () => socket.pause(),
		resume: () => socket.resume(),
		close: (code = 1000, reason = "") => {
			if (socket.readyState === WebSocket.OPEN) socket.close(code, reason);
			else socket.terminate();
		},
		onMessage: () => {},
		onClose: () => {},
	};
	socket.on("message", (data: Buffer) => transport.onMessage(data));
	socket.on("close", (code, reason) => transport.onClose(code, reason.toString()));
	return transport;
}
