// The client layer as a subject of the conformance kit: a device over real sockets that forgets
// everything at its end. A test may put somebody between it and its socket.

import { randomBytes } from "node:crypto";
import { systemClock } from "../../src/base/clock.js";
import { Device } from "../../src/client/device.js";
import { freshNames, MemoryStore } from "../../src/client/memory-store.js";
import { nodeConnect } from "../../src/client/node-transport.js";
import type { Transport } from "../../src/client/transport.js";
import type { Subject } from "../../src/conformance/index.js";

type Between = (transport: Transport) => Transport;

export function deviceSubject(between: Between = (transport) => transport): Subject {
	return async ({ url, token }) => {
		const device = new Device({
			connect: async (other) => between(await nodeConnect(other ?? url)()),
			token,
			store: new MemoryStore(freshNames(systemClock)),
		});
		device.start();
		return {
			send: (conversation, text) => {
				device.write(conversation, {
					type: "send",
					id: randomBytes(16),
					contentType: "text/plain",
					content: Buffer.from(text),
					replyTo: null,
					mentions: [],
					media: [],
					ttlMs: null,
					clientTime: null,
					seenUpTo: null,
				});
			},
			stop: async () => device.stop(),
		};
	};
}
