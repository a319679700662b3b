// Bare `ws`: a frame in, the same frame out, to the one who sent it. This is no cycle (there is no
// B), but the floor under everything that answers each message on a WebSocket of Node's. Practice:
// no compression, no list of clients.

import { markOf } from "../lean-wire.js";
import { npmVersion } from "./files.js";
import type { Peer } from "./peer.js";
import { startScript } from "./service.js";
import { dialWebSocket } from "./web-socket.js";

export const ws: Peer = {
	key: "ws",
	title: () => `ws ${npmVersion("ws")}, echo (no cycle: one frame in, one out)`,
	keeps: "nothing",
	debian: null,
	start: () => startScript(new URL("./ws-server.js", import.meta.url)),
	async open(port, _pair, sink) {
		const end = await dialWebSocket(`ws://127.0.0.1:${port}`, sink, (data) => {
			const n = markOf(data, 0);
			sink.sent(n);
			sink.received(n);
			sink.delivered(n);
		});
		return {
			send: (_n, content) => end.send(Buffer.from(content)),
			confirm: () => {},
		};
	},
};
