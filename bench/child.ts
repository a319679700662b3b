// Runs a load in a process of its own, on another core than the server's, and reads the one JSON
// line that it prints.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { pinned } from "./machine.js";

/** `file` is relative to this folder; `core` null: not pinned. */
export function runLoad<R>(file: string, options: unknown, core: number | null = 1): Promise<R> {
	const path = fileURLToPath(new URL(file, import.meta.url));
	const command = [process.execPath, path, JSON.stringify(options)];
	const [head, ...rest] = core === null ? (command as [string]) : pinned(core, command);
	const child = spawn(head, rest, { stdio: ["ignore", "pipe", "inherit"] });
	let out = "";
	child.stdout.on("data", (chunk: Buffer) => {
		out += chunk.toString();
	});
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("close", (code) => {
			if (code === 0) resolve(JSON.parse(out) as R);
			else reject(new Error(`${file} ended with ${code}`));
		});
	});
}
