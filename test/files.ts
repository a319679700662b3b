// Runs test files, each in a process of its own, one more at a time than there are cores because
// many wait, as one TAP stream: `node dist/test/files.js [file…]`, or with `--soak` the long ones.
// Not by tap's command, which lets each process and all that a test starts record what they load:
// that doubles the start of a `colloquy` command.

import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";

const folder = fileURLToPath(new URL(".", import.meta.url));
const timeoutMs = 300_000;

/** They take longest, and at the end one alone would hold up all. */
const first = /^(?:simulation|cli|terminal|protocol|crash|bench)\b/;

function every(ending: string): string[] {
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(ending))
		.sort((one, other) => Number(first.test(other)) - Number(first.test(one)))
		.map((name) => relative(process.cwd(), join(folder, name)));
}

const soak = process.argv[2] === "--soak";
const named = soak ? [] : process.argv.slice(2);
// Reading the maps of every module costs all a tenth; whoever looks at one file wants its lines.
const nodeArgs = named.length > 0 ? ["--enable-source-maps"] : [];
const env = { ...process.env, TAP: "1", TAP_TIMEOUT: String(timeoutMs / 1_000) };
t.jobs = Math.min(availableParallelism() + 1, 5);
t.setTimeout(0);
for (const file of named.length > 0 ? named : every(soak ? ".soak.js" : ".test.js")) {
	t.spawn(
		process.execPath,
		[...nodeArgs, file],
		{
			buffered: true,
			env,
			timeout: timeoutMs,
		},
		file,
	);
}
