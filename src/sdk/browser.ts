// `colloquy/client` in browsers: the SDK over WebSocket and IndexedDB. Several tabs on one database
// are one device: one of them has the connection, the others follow. What connects and what keeps
// are pieces that load on demand.

import { systemClock } from "../base/clock.js";
import { clientOf } from "./client.js";
import type { Platform } from "./platform.js";
import type { Client, ConnectOptions } from "./types.js";

const browser: Platform = {
	clock: systemClock,
	load: async () => (await import("./web-foundation.js")).foundation,
	// Whoever keeps nothing need not load it.
	loadStorage: async () => (await import("./database.js")).openDatabase,
	listen(wake) {
		// A worker has no page to be shown.
		if (typeof document === "undefined") {
			addEventListener("online", wake);
			return () => removeEventListener("online", wake);
		}
		const shown = () => {
			if (document.visibilityState === "visible") wake();
		};
		addEventListener("online", wake);
		addEventListener("pageshow", wake);
		document.addEventListener("visibilitychange", shown);
		return () => {
			removeEventListener("online", wake);
			removeEventListener("pageshow", wake);
			document.removeEventListener("visibilitychange", shown);
		};
	},
	online: () => navigator.onLine,
	alive: () => ({ cancel() {} }),
};

/**
 * Starts to connect, stays connected, and returns at once: everything may be called from then on.
 *
 * Errors: TypeError for an address that is none.
 */
export function connect(options: ConnectOptions): Client {
	new URL(options.url);
	return clientOf(options, browser);
}

export { BrokerError as ClientError } from "../base/errors.js";
export type * from "./types.js";
