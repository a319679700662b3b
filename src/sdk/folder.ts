// A folder as the SDK's storage, in Node: LevelDB, each batch synced, one process at a time.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { lockFolder } from "../base/folder-lock.js";
import { pack, unpack } from "../base/pack.js";
import { Device } from "../client/device.js";
import { decodeServerFrame, encodeServerFrame } from "../protocol/codec.js";
import type { WireMessage } from "../protocol/frames.js";
import { gated } from "./gate.js";
import { type Disk, endOf, isRows } from "./kept.js";
import { type KeptOptions, KeptStore } from "./kept-store.js";
import type { Block } from "./lazy-rows.js";
import type { Opened } from "./platform.js";

/** Entries and bytes of one trip to the database; the default of 16 kB makes too many of them. */
const atOnce = 10_000;
const bytesAtOnce = 1_048_576;

/** Errors: DATA_LOCKED naming the holder; whatever the file system says. */
export async function openFolder(folder: string, options: KeptOptions): Promise<Opened> {
	await mkdir(folder, { recursive: true });
	const lock = await lockFolder(folder, "client.lock");
	try {
		const disk = await levelDisk(join(folder, "client"));
		const store = await KeptStore.open(disk, options);
		const durable = () => store.durable();
		return {
			store,
			durable,
			engine: (device) => new Device({ ...device, store, connect: gated(device.connect, durable) }),
			async close() {
				await store.close();
				await lock.release();
			},
		};
	} catch (cause) {
		await lock.release();
		throw cause;
	}
}

export async function levelDisk(path: string): Promise<Disk> {
	const db = new Level<string, Uint8Array>(path, { valueEncoding: "view" });
	await db.open();
	async function* entries(range: { readonly gte?: string; readonly lt: string }) {
		const iterator = db.iterator({ ...range, highWaterMarkBytes: bytesAtOnce });
		for (;;) {
			const some = await iterator.nextv(atOnce);
			if (some.length === 0) break;
			yield* some;
		}
		await iterator.close();
	}
	return {
		async load(before) {
			const found: [string, () => unknown][] = [];
			for await (const [key, value] of entries({ lt: before })) {
				found.push([key, () => unpack(value)]);
			}
			return found;
		},
		async rows(prefix) {
			const found: [string, Block][] = [];
			const range = { gte: prefix, lt: endOf(prefix) };
			for await (const [key, value] of entries(range)) found.push([key, blockIn(value)]);
			return found;
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
				operations.push({ type: "put", key, value: encoded(key, value) });
			}
			await db.batch(operations, { sync: true });
		},
		close: () => db.close(),
	};
}

type Operation =
	| { readonly type: "del"; readonly key: string }
	| { readonly type: "put"; readonly key: string; readonly value: Uint8Array };

/** Rows are kept as they would travel, the newest apart: all that a list of talks shows. */
function encoded(key: string, value: unknown): Uint8Array {
	if (!isRows(key)) return pack(value);
	const rows = value as readonly WireMessage[];
	const newest = rows.slice(-1);
	return pack([newest[0]?.seq, framed(newest), framed(rows.slice(0, -1))]);
}

function framed(rows: readonly WireMessage[]): Uint8Array {
	return encodeServerFrame(
		rows.map((message) => ({ type: "message", conversation: "", from: 0, message })),
	);
}

function blockIn(value: Uint8Array): Block {
	const parts = () => unpack(value) as readonly [number, Uint8Array, Uint8Array];
	return {
		newest(seq) {
			const [at, newest] = parts();
			return at === seq ? rowsIn(newest)[0] : undefined;
		},
		all() {
			const [, newest, rest] = parts();
			return [...rowsIn(rest), ...rowsIn(newest)];
		},
	};
}

function rowsIn(bytes: Uint8Array): WireMessage[] {
	if (bytes.length === 0) return [];
	const frame = decodeServerFrame(bytes);
	if (!frame.ok) throw new Error(`kept rows cannot be read: ${frame.detail}`);
	return frame.ops.flatMap((op) => (op.type === "message" ? [op.message] : []));
}
