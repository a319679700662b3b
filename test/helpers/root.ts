// Where the checkout is. Tests run from compiled output, whose depth differs from the sources', so
// the root is found by walking up to package.json.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function findRoot(): string {
	let folder = dirname(fileURLToPath(import.meta.url));
	while (!existsSync(join(folder, "package.json"))) {
		const parent = dirname(folder);
		if (parent === folder) throw new Error("no package.json above the compiled tests");
		folder = parent;
	}
	return folder;
}

/** The folder that holds package.json. */
export const root = findRoot();
