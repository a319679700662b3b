// A store that needs no opening, as the SDK's storage: in memory, or one of the application's own.

import type { Clock } from "../base/clock.js";
import { Device } from "../client/device.js";
import { freshNames, MemoryStore } from "../client/memory-store.js";
import type { ClientStore } from "../client/store.js";
import type { Opened } from "./platform.js";

/** `given` null: a store of its own, of a new installation. */
export function memory(given: ClientStore | null, clock: Clock): Opened {
	const store = given ?? new MemoryStore(freshNames(clock));
	return {
		store,
		durable: null,
		engine: (options) => new Device({ ...options, store }),
		close: async () => {},
	};
}
