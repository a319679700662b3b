// aedes, QoS 1, over plain TCP. Practice: the memory persistence and emitter that it comes with,
// which are its fastest, and Nagle's delay off. What clients do: mqtt-ends.ts.

import { npmVersion } from "./files.js";
import { openMqtt } from "./mqtt-ends.js";
import type { Peer } from "./peer.js";
import { startScript } from "./service.js";

export const aedes: Peer = {
	key: "aedes",
	title: () => `aedes ${npmVersion("aedes")}, QoS 1`,
	keeps: "memory, until B has it",
	debian: null,
	start: () => startScript(new URL("./aedes-server.js", import.meta.url)),
	open: openMqtt,
};
