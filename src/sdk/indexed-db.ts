// IndexedDB as the disk behind a store: one transaction a batch, strictly durable.

import type { WireMessage } from "../protocol/frames.js";
import { type Disk, endOf } from "./kept.js";

const rows = "kept";

/** Errors: whatever the browser says: private mode, no room, a database that is being deleted. */
export async function databaseDisk(name: string): Promise<Disk> {
	const opening = indexedDB.open(`colloquy:${name}`, 1);
	opening.onupgradeneeded = () => opening.result.createObjectStore(rows);
	const db = await done(opening);
	async function entries<T>(range: IDBKeyRange, made: (value: unknown) => T) {
		const store = db.transaction(rows).objectStore(rows);
		const [keys, values] = await Promise.all([
			done(store.getAllKeys(range)),
			done(store.getAll(range) as IDBRequest<unknown[]>),
		]);
		return keys.map((key, at) => [key as string, made(values[at])] as const);
	}
	return {
		load: (before) => entries(IDBKeyRange.upperBound(before, true), (value) => () => value),
		rows: (prefix) =>
			entries(IDBKeyRange.bound(prefix, endOf(prefix), false, true), (value) => ({
				newest: () => undefined,
				all: () => value as WireMessage[],
			})),
		write({ put, remove, clear }) {
			const transaction = db.transaction(rows, "readwrite", { durability: "strict" });
			const store = transaction.objectStore(rows);
			for (const from of clear) store.delete(IDBKeyRange.bound(from, endOf(from), false, true));
			for (const key of remove) store.delete(key);
			for (const [key, value] of put) store.put(value, key);
			return new Promise((resolve, reject) => {
				transaction.oncomplete = () => resolve();
				transaction.onabort = () => reject(transaction.error);
			});
		},
		async close() {
			db.close();
		},
	};
}

function done<T>(request: IDBRequest<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
}
