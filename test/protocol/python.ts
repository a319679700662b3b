// Runs the programs in test/python with the system's Python, whose packages they need. Not here:
// what they check.

import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../helpers/root.js";
import { runCli } from "../helpers/server-process.js";

/** Not the first on the path, which may be one without Debian's packages. */
const python = process.env.COLLOQUY_TEST_PYTHON ?? "/usr/bin/python3";
const folder = join(root, "test/python");

/** How a shell starts one of the programs. */
export function pythonCommand(file: string): string {
	return `'${python}' -B '${join(folder, file)}'`;
}

/** Why the programs cannot run here; false: they can. For the `skip` of a test. */
export function pythonMissing(): string | false {
	try {
		execFileSync(python, ["-c", "import msgpack, websockets"], { stdio: "ignore" });
		return false;
	} catch {
		return "python3-msgpack and python3-websockets are not installed";
	}
}

export interface Ran {
	readonly code: number | null;
	readonly lines: readonly string[];
	/** What stood on stderr, and the lines that tell of a failure. */
	readonly trouble: string;
}

/** `onLine` hears each line as it comes. */
export function runPython(
	args: readonly string[],
	onLine: (line: string) => void = () => {},
): Promise<Ran> {
	return new Promise((resolve, reject) => {
		const [file, ...rest] = args as [string, ...string[]];
		const child = spawn(python, [join(folder, file), ...rest], {
			stdio: ["ignore", "pipe", "pipe"],
			env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
		});
		const lines: string[] = [];
		let open = "";
		let errors = "";
		child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
			const parts = (open + chunk).split("\n");
			open = parts.pop() ?? "";
			lines.push(...parts);
			for (const line of parts) onLine(line);
		});
		child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
			errors += chunk;
		});
		child.on("error", reject);
		child.on("close", (code) => {
			const failed = lines.filter((line) => / FAILED$| but /.test(line));
			resolve({ code, lines, trouble: [...failed, errors].join("\n").trim() });
		});
	});
}

/** Tokens as the command line prints them, for a server on this folder. */
export async function tokensFor(
	users: readonly string[],
	data: string,
): Promise<Record<string, string>> {
	const tokens: Record<string, string> = {};
	for (const user of users) {
		tokens[user] = (await runCli(["token", user, "--data", data])).stdout.trim();
	}
	return tokens;
}
