// A load whose link is turned away before it is let in comes back, and counts no fault: a server
// that is too busy to sign people in is not one that loses what they say. Any other end is one.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import t from "tap";
import { WebSocketServer } from "ws";
import { LeanUser } from "../../bench/lean-user.js";
import { encodeServerOp } from "../../src/protocol/codec.js";
import { type ServerOp, subprotocol } from "../../src/protocol/frames.js";

type Code = Extract<ServerOp, { type: "goodbye" }>["code"];

/** The faults of a link that hears this at its first hello, by the time it comes again. */
async function faultsAfter(t: { teardown(run: () => unknown): unknown }, code: Code) {
	const sockets = new WebSocketServer({
		host: "127.0.0.1",
		port: 0,
		handleProtocols: () => subprotocol,
	});
	await once(sockets, "listening");
	t.teardown(() => sockets.close());
	const { port } = sockets.address() as AddressInfo;
	const faults: string[] = [];
	const net = {
		url: `ws://127.0.0.1:${port}`,
		resume: false,
		source: null,
		stopping: false,
		fault: (what: string) => faults.push(what),
		lost: () => {},
	};
	const user = new LeanUser(net, "a token");
	const again = new Promise<void>((resolve) => {
		let connections = 0;
		sockets.on("connection", (socket) => {
			connections += 1;
			if (connections === 2) resolve();
			else {
				socket.once("message", () => {
					socket.send(encodeServerOp({ type: "goodbye", code, detail: "", retryAfterMs: 0 }));
					socket.close(4_012);
				});
			}
		});
	});
	user.link.connect();
	await again;
	net.stopping = true;
	user.link.close();
	for (const client of sockets.clients) client.terminate();
	return faults;
}

t.test("told that the server is busy, it comes back", async (t) => {
	t.strictSame(await faultsAfter(t, "UNAVAILABLE"), []);
});

t.test("told anything else, that is a fault", async (t) => {
	const faults = await faultsAfter(t, "AUTH_REJECTED");
	t.match(faults, [/^goodbye AUTH_REJECTED/, /^connection lost/]);
});
