// A database of the browser as the SDK's storage, shared by all tabs that name it.

import type { Clock } from "../base/clock.js";
import { databaseDisk } from "./indexed-db.js";
import { KeptStore } from "./kept-store.js";
import type { Opened } from "./platform.js";
import { openTabs } from "./tabs.js";

export function openDatabase(
	name: string,
	clock: Clock,
	onFailed: (cause: unknown) => void,
): Promise<Opened> {
	const store = async () => KeptStore.open(await databaseDisk(name), clock, onFailed);
	return openTabs(name, store, { clock, onFailed });
}
