// A database of the browser as the SDK's storage, shared by all tabs that name it.

import { databaseDisk } from "./indexed-db.js";
import { type KeptOptions, KeptStore } from "./kept-store.js";
import type { Opened } from "./platform.js";
import { Tabs } from "./tabs.js";

/** Errors: the database's; TypeError where a browser has no locks or no channels. */
export async function openDatabase(name: string, options: KeptOptions): Promise<Opened> {
	const store = async () => KeptStore.open(await databaseDisk(name), options);
	const tabs = new Tabs(name, store, options);
	try {
		await tabs.join(name);
	} catch (cause) {
		await tabs.close();
		throw cause;
	}
	return {
		store: {
			note: (key) => tabs.store.note(key),
			keep: (key, value) => tabs.keep(key, value),
		},
		durable: () => tabs.durable(),
		engine: (engineOptions) => tabs.engine(engineOptions),
		close: () => tabs.close(),
	};
}
