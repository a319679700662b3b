// Which store the configuration names, opened. The one place that knows both adapters.

import { join } from "node:path";
import { DirectoryStore } from "./directory.js";
import { openS3 } from "./s3.js";
import { Slots } from "./slots.js";
import type { BlobStore } from "./store.js";

export interface StoreConfig {
	readonly data: string;
	readonly mediaFolder: string;
	readonly mediaIoAtOnce: number;
	readonly mediaS3Bucket: string;
	readonly mediaS3Endpoint: string;
	readonly mediaS3Region: string;
}

export interface OpenedStore {
	readonly store: BlobStore;
	/** The folder of drafts, and of files when the store is a folder. */
	readonly folder: string;
	readonly slots: Slots;
}

/** Errors: those of `openS3`. */
export async function openStore(config: StoreConfig): Promise<OpenedStore> {
	const folder = config.mediaFolder === "" ? join(config.data, "media") : config.mediaFolder;
	const slots = new Slots(config.mediaIoAtOnce);
	const { mediaS3Bucket: bucket, mediaS3Endpoint: endpoint, mediaS3Region: region } = config;
	const store =
		bucket === ""
			? new DirectoryStore(join(folder, "files"), slots)
			: await openS3({ bucket, endpoint, region }, slots);
	return { store, folder, slots };
}
