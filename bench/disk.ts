// What a message costs on disk, receipts included: bytes the server had the disk write meanwhile,
// and bytes that are left once LevelDB has put its files in order, for each byte of text. Texts are
// incompressible.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Level } from "level";
import { runLoad } from "./child.js";
import type { Flags } from "./flags.js";
import { round } from "./histogram.js";
import type { LoadCounts, LoadOptions } from "./load-counts.js";
import { startServer } from "./server.js";
import type { Figures } from "./table.js";

export async function disk(flags: Flags): Promise<Figures[]> {
	const parameters = {
		messages: flags.number("messages", 50_000),
		pairs: flags.number("pairs", 100),
		bytes: flags.number("bytes", 100),
	};
	const server = await startServer();
	try {
		const before = writtenBytes(server.pid);
		const options: LoadOptions = {
			url: server.url,
			people: { secretFile: server.secretFile, tokenFile: null, first: 0 },
			serverPid: server.pid,
			resume: false,
			source: null,
			pairs: parameters.pairs,
			window: 16,
			rampSeconds: 0,
			warmupSeconds: 0,
			seconds: 0,
			least: parameters.messages,
			rate: null,
			bytes: [parameters.bytes, parameters.bytes],
			random: true,
			typing: 0,
			lookMs: null,
			corpus: null,
			seed: 1,
		};
		const { done, found } = await runLoad<LoadCounts>("load.js", options);
		const after = writtenBytes(server.pid);
		const written = before === null || after === null ? null : after - before;
		await server.stop();
		const folder = join(server.data, "store");
		const plainBytes = sizeOf(folder);
		await compact(folder);
		const text = done * parameters.bytes;
		return [
			{
				name: "disk",
				parameters,
				messages: done,
				keptPerByte: round(sizeOf(folder) / text),
				keptBeforeCompaction: round(plainBytes / text),
				writtenPerByte: written === null ? null : round(written / text),
				...found,
			},
		];
	} finally {
		await server.discard();
	}
}

/** After every key there is. */
const lastKey = new Uint8Array(16).fill(0xff);

/** Null where Linux does not tell it. */
function writtenBytes(pid: number): number | null {
	try {
		const found = /^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"));
		return found === null ? null : Number(found[1]);
	} catch {
		return null;
	}
}

/** What LevelDB has in Node; the types of `level` tell what it has everywhere. */
interface Compacted {
	compactRange(from: Uint8Array, to: Uint8Array, how: { keyEncoding: "view" }): Promise<void>;
}

async function compact(folder: string): Promise<void> {
	const store = new Level(folder, { createIfMissing: false }) as Level & Compacted;
	await store.open();
	await store.compactRange(new Uint8Array(), lastKey, { keyEncoding: "view" });
	await store.close();
}

function sizeOf(folder: string): number {
	return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
