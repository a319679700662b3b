// `npm test`: prepares the machine, runs the compiled tests and ends with what was skipped and one
// plain line, `N passed, N failed`, that any reader of logs understands. Arguments are files:
// `npm test -- dist/test/config/units.test.js`.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "./helpers/root.js";
import { prepare } from "./setup.js";

/** What tap's own stream says, read from its lines; nested subtests are indented. */
class Summary {
	readonly skipped = new Set<string>();
	readonly failed: string[] = [];
	private counts = "";
	private rest = "";

	add(chunk: string): void {
		const lines = (this.rest + chunk).split("\n");
		this.rest = lines.pop() ?? "";
		for (const line of lines) this.read(line);
	}

	private read(line: string): void {
		const skip = /^\s*ok \d+ - (.*?)\s+# SKIP\s*(.*?)(?: # time=.*)?$/i.exec(line);
		if (skip !== null) this.skipped.add(`skipped: ${skip[1]}${skip[2] && `: ${skip[2]}`}`);
		const fail = /^not ok \d+ - (.*?)(?: # time=.*)?$/.exec(line);
		if (fail !== null) this.failed.push(`failed: ${fail[1]}`);
		if (line.startsWith("# { total:")) this.counts = line;
	}

	get empty(): boolean {
		return this.counts === "";
	}

	get line(): string {
		const count = (word: string) => new RegExp(`\\b${word}: (\\d+)`).exec(this.counts)?.[1] ?? "0";
		const skipped = count("skip") === "0" ? "" : `, ${count("skip")} skipped`;
		return `${count("pass")} passed, ${count("fail")} failed${skipped}`;
	}
}

const note = prepare();
const summary = new Summary();
const child = spawn(
	process.execPath,
	[join(root, "dist/test/files.js"), ...process.argv.slice(2)],
	{ cwd: root, stdio: ["ignore", "pipe", "inherit"] },
);
child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
	process.stdout.write(chunk);
	summary.add(chunk);
});
child.on("close", (code, signal) => {
	const lines = [...(note === null ? [] : [note]), ...summary.skipped, ...summary.failed];
	for (const line of [...lines, summary.line]) console.log(line);
	// No test at all is no success, whatever tap thinks of it.
	process.exitCode = summary.empty ? 1 : (code ?? (signal === null ? 0 : 1));
});
