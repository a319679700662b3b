// `colloquy/client` in Node: the SDK over the `ws` package and a folder, and the session layer
// that it stands on.

import { stayAlive, systemClock } from "../base/clock.js";
import { nodeConnect } from "../client/node-transport.js";
import { clientOf } from "./client.js";
import { filesOver } from "./files.js";
import { openFolder } from "./folder.js";
import { memory } from "./memory.js";
import type { Platform } from "./platform.js";
import type { Client, ConnectOptions } from "./types.js";

const node: Platform = {
	clock: systemClock,
	load: async () => ({
		connect: (url) => (redirect) => nodeConnect(redirect ?? url)(),
		memory,
		files: filesOver(() => import("./media.js")),
	}),
	loadStorage: async () => openFolder,
	listen: () => () => {},
	online: () => true,
	alive: stayAlive,
};

/**
 * Starts to connect, stays connected, and returns at once: everything may be called from then on.
 *
 * Errors: TypeError for an address that is none.
 */
export function connect(options: ConnectOptions): Client {
	new URL(options.url);
	return clientOf(options, node);
}

export { BrokerError as ClientError, errorTable } from "../base/errors.js";
export * from "../client/index.js";
export type * from "./types.js";
