// Runs test files, one more process at a time than there are cores because many wait, as one TAP
// stream: `node dist/test/files.js [file…]`, or with `--soak` the long ones. A file has a process
// of its own, except the small ones of a folder, which share one: for them, to load tap and the
// broker is most of the work. Not by tap's command, and without the NODE_OPTIONS that its `spawn`
// sets: they let each process and all that it starts record what they load, which doubles the start
// of a `colloquy` command.

import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";

const folder = fileURLToPath(new URL(".", import.meta.url));
const timeoutMs = 300_000;

/** They take longest, and at the end one alone would hold up all. */
const first = /^(?:simulation|cli|terminal|protocol|e2e|crash|sdk|bench)\b/;

/** Folders whose files share processes, */
const shared =
	/^(?:actors|auth|base|client|config|domain|e2e|gateway|journal|media|protocol|sdk)\//;
/** so many each, so that there is enough to do side by side; */
const sharing = 6;
/** except those that measure memory, or that take longer than all others together. */
const alone = /(?:hostile|slow-reader|permissions|python|leveldb|broker|histories)\.test\.js$/;

interface Batch {
	readonly name: string;
	readonly files: string[];
}

function every(ending: string): Batch[] {
	const batches: Batch[] = [];
	for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
		if (!file.endsWith(ending)) continue;
		const path = relative(process.cwd(), join(folder, file));
		const name = shared.test(file) && !alone.test(file) ? dirname(file) : file;
		const open = batches.findLast((batch) => batch.name === name && batch.files.length < sharing);
		if (open === undefined) batches.push({ name, files: [path] });
		else open.files.push(path);
	}
	return batches.sort(
		(one, other) => Number(first.test(other.name)) - Number(first.test(one.name)),
	);
}

const soak = process.argv[2] === "--soak";
const named = process.argv.slice(2).map((file) => ({ name: file, files: [file] }));
const batches = soak || named.length === 0 ? every(soak ? ".soak.js" : ".test.js") : named;
// Reading the maps of every module costs all a tenth; whoever looks at one file wants its lines.
const nodeArgs = batches === named ? ["--enable-source-maps"] : [];
t.jobs = Math.min(availableParallelism() + 1, 5);
t.setTimeout(0);
for (const { name, files } of batches) {
	const timeout = timeoutMs * Math.max(1, files.length / 3);
	const env = { ...process.env, TAP: "1", TAP_TIMEOUT: String(timeout / 1_000) };
	const [only = "", ...others] = files;
	const program = others.length === 0 ? [only] : [join(folder, "together.js"), ...files];
	const command = ["-u", "NODE_OPTIONS", process.execPath, ...nodeArgs, ...program];
	t.spawn("env", command, { buffered: true, env, timeout }, name);
}
