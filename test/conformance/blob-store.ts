// What every store of media must do: `src/media/store.ts` as tests. Uses nothing but node:assert,
// so a store in another package can run it under any test runner.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BlobStore } from "../../src/media/store.js";

export interface BlobStoreSubject {
	readonly store: BlobStore;
	dispose(): Promise<void>;
}

export interface BlobStoreSuite {
	test(title: string, run: () => Promise<void>): void;
	create(): Promise<BlobStoreSubject>;
	readonly supports: {
		/** A file that is open stays readable to its end when it is removed meanwhile. */
		readonly readAfterRemove: boolean;
	};
}

interface Put {
	readonly store: BlobStore;
	/** Writes a draft and puts it; gives the hash. */
	put(bytes: Uint8Array): Promise<string>;
	/** Puts bytes under any hash, as only a damaged disk would; gives the path of the draft. */
	putAs(hash: string, bytes: Uint8Array): Promise<string>;
}

export function blobStoreSuite({ test, create, supports }: BlobStoreSuite): void {
	function check(title: string, run: (subject: Put) => Promise<void>): void {
		test(title, async () => {
			const { store, dispose } = await create();
			const folder = await mkdtemp(join(tmpdir(), "colloquy-blobs-"));
			async function putAs(hash: string, bytes: Uint8Array): Promise<string> {
				const path = join(folder, randomBytes(8).toString("hex"));
				await writeFile(path, bytes);
				await store.put(hash, path, bytes.length);
				return path;
			}
			async function put(bytes: Uint8Array): Promise<string> {
				const hash = createHash("sha256").update(bytes).digest("hex");
				await putAs(hash, bytes);
				return hash;
			}
			try {
				await run({ store, put, putAs });
			} finally {
				await store.close();
				await dispose();
				await rm(folder, { recursive: true, force: true });
			}
		});
	}

	for (const size of [0, 1, 300_000, 9_000_000]) {
		check(`a file of ${size} bytes is read back, whole and in part`, async ({ store, put }) => {
			const bytes = randomBytes(size);
			const hash = await put(bytes);
			const blob = await store.open(hash);
			assert.equal(blob?.size, size);
			assert.ok(bytes.equals(await read(store, hash, 0, size - 1)));
			const middle = Math.floor(size / 2);
			assert.ok(bytes.subarray(middle).equals(await read(store, hash, middle, size - 1)));
			const [from, to] = [Math.floor(size / 3), middle];
			assert.ok(bytes.subarray(from, to).equals(await read(store, hash, from, to - 1)));
			assert.equal((await read(store, hash, 0, -1)).length, 0);
			const buffer = Buffer.alloc(10);
			const got = await blob?.readInto?.(buffer, middle);
			if (got !== undefined) {
				const rest = bytes.subarray(middle, middle + got);
				assert.ok(got > 0 ? rest.equals(buffer.subarray(0, got)) : middle === size);
			}
			await blob?.close();
		});
	}
	check("what was never stored is not there, and may be removed", async ({ store }) => {
		assert.equal(await store.open("0".repeat(64)), null);
		await store.remove("0".repeat(64));
	});
	check("the same file again changes nothing", async ({ store, put }) => {
		const bytes = randomBytes(1_000);
		const hash = await put(bytes);
		assert.equal(await put(bytes), hash);
		assert.ok(bytes.equals(await read(store, hash, 0, 999)));
	});
	check(
		"a put that was cut off after its end is done again with nothing",
		async ({ store, put }) => {
			const bytes = randomBytes(1_000);
			const hash = await put(bytes);
			await store.put(hash, join(tmpdir(), "colloquy-no-such-file"), 1_000);
			assert.ok(bytes.equals(await read(store, hash, 0, 999)));
			const other = createHash("sha256").update("another").digest("hex");
			await assert.rejects(store.put(other, join(tmpdir(), "colloquy-no-such-file"), 7));
			assert.equal(await store.open(other), null);
		},
	);
	check("a damaged file is replaced, for readers to come", async ({ store, put, putAs }) => {
		const bytes = randomBytes(1_000);
		const hash = createHash("sha256").update(bytes).digest("hex");
		await putAs(hash, bytes.subarray(1));
		const before = await store.open(hash);
		assert.equal(await put(bytes), hash);
		assert.ok(bytes.equals(await read(store, hash, 0, 999)));
		await before?.close();
	});
	check("the path of a file that was put is gone", async ({ putAs }) => {
		const bytes = randomBytes(1_000);
		const hash = createHash("sha256").update(bytes).digest("hex");
		for (let times = 0; times < 2; times += 1) {
			assert.ok(!existsSync(await putAs(hash, bytes)));
		}
	});
	check("readers of one file at the same time end when they like", async ({ store, put }) => {
		const bytes = randomBytes(1_000);
		const hash = await put(bytes);
		const [one, two] = await Promise.all([store.open(hash), store.open(hash)]);
		await one?.close();
		const chunks: Buffer[] = [];
		for await (const chunk of two?.read(0, 999) ?? []) chunks.push(chunk as Buffer);
		assert.ok(bytes.equals(Buffer.concat(chunks)));
		await store.remove(hash);
		assert.equal(await store.open(hash), null, "though somebody still reads it");
		await two?.close();
	});
	check("a removed file is gone, others stay", async ({ store, put }) => {
		const [gone, kept] = [await put(randomBytes(100)), await put(randomBytes(100))];
		await store.remove(gone);
		assert.equal(await store.open(gone), null);
		assert.equal((await read(store, kept, 0, 99)).length, 100);
	});
	check("everything stored is listed, with its size and time", async ({ store, put }) => {
		const before = Date.now() - 2_000;
		const sizes = new Map<string, number>();
		for (const size of [1, 20, 300]) sizes.set(await put(randomBytes(size)), size);
		let found = 0;
		for await (const { hash, size, at } of store.list()) {
			assert.equal(size, sizes.get(hash));
			assert.ok(at >= before && at <= Date.now() + 2_000);
			found += 1;
		}
		assert.equal(found, 3);
	});
	check("many files at once do not mix", async ({ store, put }) => {
		const all = Array.from({ length: 20 }, () => randomBytes(50_000));
		const hashes = await Promise.all(all.map(put));
		await Promise.all(
			all.map(async (bytes, at) => {
				assert.ok(bytes.equals(await read(store, hashes[at] as string, 0, 49_999)));
			}),
		);
	});
	check("a reader that leaves early harms nobody", async ({ store, put }) => {
		const hash = await put(randomBytes(3_000_000));
		const blob = await store.open(hash);
		for await (const _chunk of blob?.read(0, 2_999_999) ?? []) break;
		await blob?.close();
		assert.equal((await read(store, hash, 0, 2_999_999)).length, 3_000_000);
	});
	check("nothing but a hash becomes a place", async ({ store }) => {
		for (const name of ["../../secret", "A".repeat(64), "0".repeat(63), ""]) {
			await assert.rejects(async () => store.open(name), TypeError);
			await assert.rejects(async () => store.remove(name), TypeError);
			await assert.rejects(async () => store.put(name, "/dev/null", 0), TypeError);
		}
	});
	if (supports.readAfterRemove) {
		check("an open file is read to its end though it is removed", async ({ store, put }) => {
			const bytes = randomBytes(2_000_000);
			const hash = await put(bytes);
			const blob = await store.open(hash);
			await store.remove(hash);
			const chunks: Buffer[] = [];
			for await (const chunk of blob?.read(0, 1_999_999) ?? []) chunks.push(chunk as Buffer);
			assert.ok(bytes.equals(Buffer.concat(chunks)));
			await blob?.close();
		});
	}
}

async function read(store: BlobStore, hash: string, from: number, to: number): Promise<Buffer> {
	const blob = await store.open(hash);
	assert.ok(blob, "it is there");
	const chunks: Buffer[] = [];
	for await (const chunk of blob.read(from, to)) chunks.push(chunk as Buffer);
	await blob.close();
	return Buffer.concat(chunks);
}
