// A connection over the platform's own WebSocket, as browsers have it.

import { subprotocol } from "../protocol/frames.js";
import { socketUrl } from "./socket-url.js";
import { type Connect, closedAbnormally, type Transport } from "./transport.js";

const openTimeoutMs = 10_000;

/** Opens connections to a server. */
export function webConnect(
	url: string,
	after: (delayMs: number, run: () => void) => unknown,
): Connect {
	const address = socketUrl(url);
	return () =>
		new Promise((resolve, reject) => {
			const socket = new WebSocket(address, subprotocol);
			socket.binaryType = "arraybuffer";
			socket.onopen = () => resolve(wrap(socket));
			socket.onclose = ({ code }) => reject(new Error(`no connection (${code})`));
			after(openTimeoutMs, () => {
				if (socket.readyState === WebSocket.CONNECTING) socket.close();
			});
		});
}

/** A browser's socket cannot be paused: what arrives waits here. */
function wrap(socket: WebSocket): Transport {
	let paused: Uint8Array[] | null = null;
	let over = false;
	const end = (code: number, reason: string) => {
		if (over) return;
		over = true;
		transport.onClose(code, reason);
	};
	const transport: Transport = {
		get buffered() {
			return socket.bufferedAmount;
		},
		send: (bytes) => {
			if (socket.readyState === WebSocket.OPEN) socket.send(bytes as BufferSource);
		},
		pause: () => {
			paused ??= [];
		},
		resume: () => {
			const waiting = paused ?? [];
			paused = null;
			for (const bytes of waiting) transport.onMessage(bytes);
		},
		close: (code = 1000, reason = "") => {
			socket.close(code, reason);
			// A dead network would let the closing handshake wait for minutes.
			end(closedAbnormally, "");
		},
		onMessage: () => {},
		onClose: () => {},
	};
	socket.onmessage = ({ data }) => {
		// A text is not of the protocol: nothing in it can be read, and that is told as any nonsense.
		const bytes = new Uint8Array(data instanceof ArrayBuffer ? data : new ArrayBuffer(0));
		if (paused === null) transport.onMessage(bytes);
		else paused.push(bytes);
	};
	socket.onclose = ({ code, reason }) => end(code, reason);
	return transport;
}
