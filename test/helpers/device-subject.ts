// The client layer as a subject of the conformance kit: a device over real sockets that forgets
// everything at its end.

import { randomBytes } from "node:crypto";
import { systemClock } from "../../src/base/clock.js";
import { Device } from "../../src/client/device.js";
import { freshNames, MemoryStore } from "../../src/client/memory-store.js";
import { nodeConnect } from "../../src/client/node-transport.js";
import type { Subject } from "../../src/conformance/client-stage.js";

export const deviceSubject: Subject = async ({ url, token }) => {
	const device = new Device({
		connect: (other) => nodeConnect(other ?? url)(),
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
