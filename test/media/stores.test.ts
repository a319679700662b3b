// The exported suite against our own stores; S3 against a server that speaks it, in this process.

import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { DirectoryStore } from "../../src/media/directory.js";
import { openS3 } from "../../src/media/s3.js";
import { Slots } from "../../src/media/slots.js";
import { blobStoreSuite } from "../conformance/blob-store.js";
import { startBroker } from "../helpers/broker.js";
import { ask, eventually, picture, upload } from "./files.js";

/** It comes without types. */
const S3rver = createRequire(import.meta.url)("@20minutes/s3rver") as new (
	options: object,
) => { run(): Promise<AddressInfo>; close(): Promise<void> };

async function folder() {
	const path = await mkdtemp(join(tmpdir(), "colloquy-store-"));
	return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A service with one bucket, `media`. */
async function service(allowMismatchedSignatures = false) {
	const { path, remove } = await folder();
	const server = new S3rver({
		address: "127.0.0.1",
		port: 0,
		silent: true,
		allowMismatchedSignatures,
		directory: path,
		configureBuckets: [{ name: "media", configs: [] }],
	});
	const { port } = await server.run();
	process.env.AWS_ACCESS_KEY_ID = "S3RVER";
	process.env.AWS_SECRET_ACCESS_KEY = "S3RVER";
	return {
		endpoint: `http://127.0.0.1:${port}`,
		async stop() {
			await server.close();
			await remove();
		},
	};
}

t.test("a folder", async (t) => {
	blobStoreSuite({
		test: (title, run) => void t.test(title, run),
		supports: { readAfterRemove: true },
		async create() {
			const { path, remove } = await folder();
			return { store: new DirectoryStore(path, new Slots(2)), dispose: remove };
		},
	});
});

t.test("S3", async (t) => {
	blobStoreSuite({
		test: (title, run) => void t.test(title, run),
		supports: { readAfterRemove: false },
		async create() {
			// It leaves out a slash of the path when it checks the signature of a list.
			const { endpoint, stop } = await service(true);
			const options = { bucket: "media", endpoint, region: "us-east-1" };
			return { store: await openS3(options, new Slots(2)), dispose: stop };
		},
	});
});

t.test("a broker on S3 stores, serves and collects there", async (t) => {
	const s3 = await service();
	t.teardown(() => s3.stop());
	const it = await startBroker({
		mediaS3Bucket: "media",
		mediaS3Endpoint: s3.endpoint,
		mediaTicketMs: 1_000,
		mediaGraceMs: 0,
		mediaSweepMs: 20,
	});
	t.teardown(() => it.discard());
	const bytes = picture(100_000);
	const { hash } = await upload(it, "ann", bytes);
	const whole = await ask(it, "ann", `/media/${hash}`);
	t.same(Buffer.from(await whole.arrayBuffer()), bytes);
	const headers = { range: "bytes=10-19" };
	const part = await ask(it, "ann", `/media/${hash}`, { headers });
	t.same(Buffer.from(await part.arrayBuffer()), bytes.subarray(10, 20));
	await eventually(async () => (await ask(it, "ann", `/media/${hash}`)).status === 404);
});
