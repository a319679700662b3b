// A database of the browser as the SDK's storage, shared by all tabs that name it.

import { databaseDisk } from "./indexed-db.js";
import { type KeptOptions, KeptStore } from "./kept-store.js";
import type { Opened } from "./platform.js";
import { openTabs } from "./tabs.js";

export function openDatabase(name: string, options: KeptOptions): Promise<Opened> {
	const store = async () => KeptStore.open(await databaseDisk(name), options);
	return openTabs(name, store, options);
}
