// Runs several test files in one process, one after the other: `node dist/test/together.js file…`.

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import t from "tap";

for (const file of process.argv.slice(2)) {
	t.comment(file);
	await import(pathToFileURL(resolve(file)).href);
}
