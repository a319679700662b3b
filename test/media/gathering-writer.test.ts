// Chunks gathered into few writes: whatever the disk takes at a time, the file is what came.

import { randomBytes, randomInt } from "node:crypto";
import { rmSync } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { GatheringWriter } from "../../src/media/gathering-writer.js";
import { Slots } from "../../src/media/slots.js";
import { tempFolder } from "../helpers/server-process.js";

t.test("the file is what came, in fewer writes, also when the disk takes only some", async (t) => {
	const folder = tempFolder();
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	for (const most of [Number.POSITIVE_INFINITY, 5_000]) {
		const path = join(folder, String(most));
		const real = await open(path, "w");
		let writes = 0;
		const file = {
			writev: async (chunks: readonly Uint8Array[], at: number) => {
				writes += 1;
				const all = Buffer.concat(chunks);
				return real.write(all, 0, Math.min(most, all.length), at);
			},
			write: (chunk: Uint8Array, from: number, length: number, at: number) =>
				real.write(chunk, from, Math.min(most, length), at),
		} as unknown as FileHandle;
		const writer = new GatheringWriter(file, new Slots(1), 0);
		const chunks = Array.from({ length: 100 }, () => randomBytes(1 + randomInt(20_000)));
		for (const chunk of chunks) await writer.write(chunk);
		await writer.end();
		await real.close();
		const whole = Buffer.concat(chunks);
		t.equal(Buffer.compare(await readFile(path), whole), 0);
		t.equal(writer.at, whole.length);
		t.ok(writes < chunks.length / 2, `${writes} writes`);
	}
});

t.test("a write that failed is told, to whoever writes or ends next", async (t) => {
	const fails = async () => {
		throw new Error("full");
	};
	const writer = new GatheringWriter({ writev: fails } as unknown as FileHandle, new Slots(1), 7);
	await writer.write(Buffer.alloc(100_000));
	await new Promise((resolve) => setImmediate(resolve));
	await t.rejects(writer.write(Buffer.from("b")), /full/);
	await t.rejects(writer.end(), /full/);
	t.equal(writer.at, 7);
	const small = new GatheringWriter({ writev: fails } as unknown as FileHandle, new Slots(1), 7);
	await small.write(Buffer.from("a"));
	await t.rejects(small.end(), /full/);
});

t.test("packets wait for one another, and for nothing once no more come", async (t) => {
	const sizes: number[] = [];
	const file = {
		writev: async (chunks: readonly Uint8Array[]) => {
			const bytesWritten = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
			sizes.push(bytesWritten);
			return { bytesWritten };
		},
	} as unknown as FileHandle;
	const writer = new GatheringWriter(file, new Slots(1), 0);
	for (let n = 0; n < 100; n += 1) {
		await writer.write(Buffer.alloc(1_000));
		await new Promise((resolve) => setImmediate(resolve));
	}
	t.same(sizes, [66_000]);
	await writer.end();
	t.same(sizes, [66_000, 34_000]);
});
