// A store that needs no opening, as the SDK's storage: in memory, or one of the application's own.

import { Device } from "../client/device.js";
import type { ClientStore } from "../client/store.js";
import type { Opened } from "./platform.js";

export function memory(store: ClientStore): Opened {
	return {
		store,
		durable: null,
		engine: (options) => new Device({ ...options, store }),
		close: async () => {},
	};
}
