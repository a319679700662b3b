// The version of this package, read once from its package.json: found by walking up, because the
// compiled files' depth is the build's affair.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function read(): string {
	let folder = dirname(fileURLToPath(import.meta.url));
	while (!existsSync(join(folder, "package.json"))) {
		const parent = dirname(folder);
		if (parent === folder) return "unknown";
		folder = parent;
	}
	const parsed: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
	return (parsed as { version?: string }).version ?? "unknown";
}

export const version = read();
