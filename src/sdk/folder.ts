// A folder as the SDK's storage, in Node: LevelDB, each batch synced, one process at a time.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import type { Clock } from "../base/clock.js";
import { lockFolder } from "../base/folder-lock.js";
import { pack, unpack } from "../base/pack.js";
import { Device } from "../client/device.js";
import { gated } from "./gate.js";
import { type Disk, endOf, KeptStore } from "./kept-store.js";
import type { Opened } from "./platform.js";

const loadAtOnce = 1_000;

/** Errors: DATA_LOCKED naming the holder; whatever the file system says. */
export async function openFolder(
	folder: string,
	clock: Clock,
	onFailed: (cause: unknown) => void,
): Promise<Opened> {
	await mkdir(folder, { recursive: true });
	const lock = await lockFolder(folder, "client.lock");
	try {
		const disk = await levelDisk(join(folder, "client"));
		const store = await KeptStore.open(disk, clock, onFailed);
		return keptOn(store, async () => {
			await store.close();
			await lock.release();
		});
	} catch (cause) {
		await lock.release();
		throw cause;
	}
}

/** A storage that is behind: what the device says waits for it. */
export function keptOn(store: KeptStore, close: () => Promise<void>): Opened {
	const durable = () => store.durable();
	return {
		store,
		durable,
		engine: (options) =>
			new Device({
				...options,
				store,
				connect: async (url) => gated(await options.connect(url), durable),
			}),
		close,
	};
}

async function levelDisk(path: string): Promise<Disk> {
	const db = new Level<string, Uint8Array>(path, { valueEncoding: "view" });
	await db.open();
	return {
		async load() {
			const entries: [string, unknown][] = [];
			const iterator = db.iterator();
			for (;;) {
				const some = await iterator.nextv(loadAtOnce);
				if (some.length === 0) break;
				for (const [key, value] of some) entries.push([key, decoded(key, value)]);
			}
			await iterator.close();
			return entries;
		},
		async write({ put, remove, clear }) {
			const operations: Operation[] = [];
			for (const gte of clear) {
				for await (const key of db.keys({ gte, lt: endOf(gte) })) {
					operations.push({ type: "del", key });
				}
			}
			for (const key of remove) operations.push({ type: "del", key });
			for (const [key, value] of put) {
				operations.push({ type: "put", key, value: bytesOf(value) });
			}
			await db.batch(operations, { sync: true });
		},
		close: () => db.close(),
	};
}

type Operation =
	| { readonly type: "del"; readonly key: string }
	| { readonly type: "put"; readonly key: string; readonly value: Uint8Array };

/** Rows are bytes already. */
function bytesOf(value: unknown): Uint8Array {
	return value instanceof Uint8Array ? value : pack(value);
}

function decoded(key: string, value: Uint8Array): unknown {
	return key.startsWith("r") ? value : unpack(value);
}
