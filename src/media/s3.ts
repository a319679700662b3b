// The store of an S3-compatible service: one object for each file. The packages that speak to it
// are an operator's choice and are loaded when a bucket is configured, not before.

import { open, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { BrokerError } from "../base/errors.js";
import { readFrom } from "./directory.js";
import { Slots } from "./slots.js";
import { type Blob, type BlobStore, hashPattern, placeOf, type Stored } from "./store.js";

export interface S3Options {
	readonly bucket: string;
	/** Empty: Amazon's of the region. */
	readonly endpoint: string;
	readonly region: string;
}

/** A part is in memory while it is sent; the service takes 10,000 of them. */
const partBytes = 8 * 1_024 * 1_024;
const partsMax = 10_000;
/** Files on their way to the service at one time: each holds two parts. */
const putsAtOnce = 4;

/** Errors: CONFIG_INVALID when the packages are not installed. */
export async function openS3(options: S3Options, slots: Slots): Promise<BlobStore> {
	const { bucket: Bucket, endpoint, region } = options;
	const { s3, Upload } = await packages();
	// Services that are not Amazon's have no host name for each bucket.
	const own = endpoint === "" ? {} : { endpoint, forcePathStyle: true };
	const client = new s3.S3Client({ region, ...own });
	const puts = new Slots(putsAtOnce);

	const store: BlobStore = {
		put: (hash, path, size) =>
			puts.run(async () => {
				const there = await store.open(hash);
				if (there?.size === size) {
					await rm(path, { force: true });
					return;
				}
				const file = await open(path, "r");
				try {
					const Body = readFrom(file, slots, 0, size - 1);
					const params = { Bucket, Key: placeOf(hash), Body };
					const partSize = Math.max(partBytes, Math.ceil(size / partsMax));
					await new Upload({ client, params, partSize, queueSize: 1 }).done();
				} finally {
					await file.close();
				}
				await rm(path, { force: true });
			}),
		async open(hash): Promise<Blob | null> {
			const Key = placeOf(hash);
			try {
				const head = await client.send(new s3.HeadObjectCommand({ Bucket, Key }));
				const get = async function* (from: number, to: number) {
					if (to < from) return;
					const Range = `bytes=${from}-${to}`;
					const got = client.send(new s3.GetObjectCommand({ Bucket, Key, Range }));
					const { Body } = await got.catch((error) => {
						// Collected since it was looked at.
						throw isMissing(error) ? new BrokerError("MEDIA_UNKNOWN") : error;
					});
					yield* Body as Readable;
				};
				return {
					size: head.ContentLength ?? 0,
					read: (from, to) => Readable.from(get(from, to), { objectMode: false }),
					close: async () => {},
				};
			} catch (error) {
				if (isMissing(error)) return null;
				throw error;
			}
		},
		async remove(hash) {
			await client.send(new s3.DeleteObjectCommand({ Bucket, Key: placeOf(hash) }));
		},
		async *list(): AsyncIterable<Stored> {
			for await (const page of s3.paginateListObjectsV2({ client }, { Bucket })) {
				for (const { Key = "", Size = 0, LastModified } of page.Contents ?? []) {
					const hash = Key.split("/").at(-1) ?? "";
					if (!hashPattern.test(hash) || placeOf(hash) !== Key) continue;
					yield { hash, size: Size, at: LastModified?.getTime() ?? 0 };
				}
			}
		},
		async close() {
			client.destroy();
		},
	};
	return store;
}

async function packages() {
	try {
		const [s3, { Upload }] = await Promise.all([
			import("@aws-sdk/client-s3"),
			import("@aws-sdk/lib-storage"),
		]);
		return { s3, Upload };
	} catch (cause) {
		const needed = "mediaS3Bucket needs the packages @aws-sdk/client-s3 and @aws-sdk/lib-storage";
		throw new BrokerError("CONFIG_INVALID", needed, { cause });
	}
}

function isMissing(error: unknown): boolean {
	const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
	return $metadata?.httpStatusCode === 404;
}
