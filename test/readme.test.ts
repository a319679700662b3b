// The README's start, as a reader would do it: the code block is taken from the page and run.

import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { root } from "./helpers/root.js";
import { startServer } from "./helpers/server-process.js";
import { read } from "./helpers/source-tree.js";

const readme = read("README.md");

t.test("the sixty-second start does what the page says", async (t) => {
	const server = await startServer();
	t.teardown(() => server.discard());
	const block = /<!-- test\/readme.test.ts runs this block -->\n```js\n([\s\S]*?)```/.exec(
		readme,
	)?.[1];
	if (block === undefined) throw new Error("the README has no block to run");
	t.match(block, "http://127.0.0.1:7070");
	// Below the checkout, so that `colloquy/client` is the package itself.
	const folder = join(root, ".out");
	mkdirSync(folder, { recursive: true });
	const file = join(folder, `readme-${process.pid}.mjs`);
	writeFileSync(file, block.replace("http://127.0.0.1:7070", server.url));
	t.teardown(() => rmSync(file));
	const said = await run(file, server.data, "delivered: bob has it");
	for (const line of said) t.match(readme, `\`${line}\``, "and the page names this line");
	t.equal(said.length, 3);
});

/** What the program prints until it has said its last line; it stays connected, so it is ended. */
function run(file: string, data: string, last: string): Promise<readonly string[]> {
	return new Promise((resolve, reject) => {
		const env = { ...process.env, COLLOQUY_DATA: data };
		const child = spawn(process.execPath, [file], { cwd: root, env });
		let output = "";
		let errors = "";
		child.stderr.on("data", (text) => {
			errors += String(text);
		});
		child.stdout.on("data", (text) => {
			output += String(text);
			if (output.includes(`${last}\n`)) child.kill();
		});
		child.once("close", () => {
			const lines = output.trim().split("\n");
			if (output.includes(last)) resolve(lines);
			else reject(new Error(`it said: ${output}${errors}`));
		});
	});
}

t.test("the page fits its frame and its links lead somewhere", async (t) => {
	t.ok(readme.split("\n").length < 250);
	for (const [, link = ""] of readme.matchAll(/\]\((?!http)([^)#]+)[^)]*\)/g)) {
		t.doesNotThrow(() => exists(link), link);
	}
});

function exists(link: string): void {
	if (!link.endsWith("/")) read(link);
}
