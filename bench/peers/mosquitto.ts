// Mosquitto, QoS 1. Practice: the defaults of the package (sessions in memory), no log of
// connections, Nagle's delay off, no bound on messages under way. What clients do: mqtt-ends.ts.

import { configured, debianVersion } from "./files.js";
import { openMqtt } from "./mqtt-ends.js";
import type { Peer } from "./peer.js";
import { freePort, startService } from "./service.js";

export const mosquitto: Peer = {
	key: "mosquitto",
	title: () => `mosquitto ${debianVersion("mosquitto")}, QoS 1`,
	keeps: "memory, until B has it",
	debian: "mosquitto",
	async start(folder) {
		const port = await freePort();
		const file = configured("mosquitto.conf", folder, { PORT: String(port) });
		return startService(["mosquitto", "-c", file], port);
	},
	open: openMqtt,
};
