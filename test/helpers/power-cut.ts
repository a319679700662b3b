// A kill that also drops what was not synced: the server runs with `drop-unsynced.c` preloaded, and
// after the kill every file of its folder is cut back to what a sync had covered.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Kill } from "../crash/rounds.js";
import { root } from "./root.js";
import { type ServerOptions, tempFolder } from "./server-process.js";

export interface PowerCut {
	/** To start the server with. */
	readonly server: ServerOptions;
	readonly kill: Kill;
	/** Bytes dropped so far: a cut that never drops anything proves nothing. */
	dropped(): number;
}

/** Null where there is no C compiler. */
export function powerCut(data: string): PowerCut | null {
	const folder = tempFolder("colloquy-shim-");
	const library = join(folder, "drop-unsynced.so");
	const source = join(root, "test/helpers/drop-unsynced.c");
	try {
		execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]);
	} catch {
		return null;
	}
	const log = join(folder, "synced.log");
	let dropped = 0;
	return {
		server: { data, env: { LD_PRELOAD: library, DROP_UNSYNCED_LOG: log } },
		dropped: () => dropped,
		kill: async (server) => {
			await server.kill();
			const synced = readLog(log);
			for (const path of filesUnder(server.data)) {
				const { ino, size } = statSync(path);
				const keep = synced.get(ino) ?? 0;
				if (keep >= size) continue;
				dropped += size - keep;
				truncateSync(path, keep);
			}
		},
	};
}

function readLog(path: string): Map<number, number> {
	const synced = new Map<number, number>();
	if (!existsSync(path)) return synced;
	for (const line of readFileSync(path, "utf8").split("\n")) {
		const [inode, bytes] = line.split(" ").map(Number);
		if (inode !== undefined && bytes !== undefined) synced.set(inode, bytes);
	}
	return synced;
}

/** LevelDB's own files of information are no data: it writes them without a sync. */
function filesUnder(folder: string): string[] {
	const paths: string[] = [];
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) paths.push(...filesUnder(path));
		else if (entry.isFile() && !["LOG", "LOG.old", "LOCK"].includes(entry.name)) paths.push(path);
	}
	return paths;
}
