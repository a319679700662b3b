// Backups of a device's storage: what was there at one moment, put back later.

import { type Content, MemoryStore } from "../../src/client/memory-store.js";

/** What nobody but the store itself may know. */
function inside(store: MemoryStore): { content: Content } {
	return store as unknown as { content: Content };
}

/** A store of its own, as this one is now. */
export function backupOf(store: MemoryStore): MemoryStore {
	const backup = new MemoryStore(store.identity());
	restore(backup, store);
	return backup;
}

/** `store` becomes what `backup` is, which stays usable. */
export function restore(store: MemoryStore, backup: MemoryStore): void {
	inside(store).content = structuredClone(inside(backup).content);
}
