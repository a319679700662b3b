// Runs test files, each in a process of its own, as many at a time as there are cores, as one TAP
// stream: `node dist/test/files.js [file…]`. Not by tap's command, which lets each process and all
// that a test starts record what they load: that doubles the start of a `colloquy` command.

import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";

const folder = fileURLToPath(new URL(".", import.meta.url));
const timeoutMs = 300_000;

function every(): string[] {
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".test.js"))
		.sort()
		.map((name) => relative(process.cwd(), join(folder, name)));
}

const named = process.argv.slice(2);
const env = { ...process.env, TAP: "1", TAP_TIMEOUT: String(timeoutMs / 1_000) };
t.jobs = Math.min(availableParallelism(), 4);
t.setTimeout(0);
for (const file of named.length > 0 ? named : every()) {
	t.spawn(
		process.execPath,
		["--enable-source-maps", file],
		{
			buffered: true,
			env,
			timeout: timeoutMs,
		},
		file,
	);
}
