// A real `colloquy serve` in a child process: its own folder, a free port, its own pid to kill. For
// tests of crashes, of the command line and of whatever must cross a socket; not for unit tests.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The compiled command line that belongs to these compiled tests. */
export const cliFile = fileURLToPath(new URL("../../src/cli/main.cjs", import.meta.url));

export interface Exit {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
}

export interface ServerOptions {
	/** Default: a new folder, removed by `discard`. */
	readonly data?: string;
	/** Default 0: any free port. */
	readonly port?: number;
	/** What serves: default `serve`. */
	readonly command?: readonly string[];
	/** Further arguments of the command. */
	readonly args?: readonly string[];
	/** Variables on top of the test's own, `COLLOQUY_*` of the outside removed. */
	readonly env?: Readonly<Record<string, string>>;
	/** Arguments of node itself, before the script: `--cpu-prof`, `--import` … */
	readonly nodeArgs?: readonly string[];
	/** How long to wait for the listening line. */
	readonly startWithinMs?: number;
	/** What stdout says when it serves, the address in parentheses; for `--json`. */
	readonly listening?: RegExp;
}

export interface ServerProcess {
	readonly pid: number;
	readonly data: string;
	readonly port: number;
	/** `http://127.0.0.1:<port>` */
	readonly url: string;
	/** `ws://127.0.0.1:<port>`, for clients. */
	readonly wsUrl: string;
	readonly exited: Promise<Exit>;
	stdout(): string;
	stderr(): string;
	/** Sends the signal (default SIGKILL) to this pid only, and waits for the end. */
	kill(signal?: NodeJS.Signals): Promise<Exit>;
	/** SIGTERM, then the end. */
	stop(): Promise<Exit>;
	/** A new process on the same folder and the same port. The old one must have ended. */
	restart(changes?: ServerOptions): Promise<ServerProcess>;
	/** Kill if need be, and remove the folder when it was ours. For `t.teardown`. */
	discard(): Promise<void>;
}

/** A folder of its own under the system's temporary one. */
export function tempFolder(name = "colloquy-test-"): string {
	return mkdtempSync(join(tmpdir(), name));
}

/** Starts `serve` and resolves once it says where it listens. */
export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
	const ours = options.data === undefined;
	const data = options.data ?? tempFolder();
	const child = spawn(
		process.execPath,
		[
			...(options.nodeArgs ?? []),
			cliFile,
			...(options.command ?? ["serve"]),
			"--data",
			data,
			"--port",
			String(options.port ?? 0),
			...(options.args ?? []),
		],
		{ env: environment(options.env), stdio: ["ignore", "pipe", "pipe"] },
	);
	const output = collect(child);
	const exited = ended(child);
	const port = await listening(child, output, exited, options);

	async function kill(signal: NodeJS.Signals = "SIGKILL"): Promise<Exit> {
		if (child.exitCode === null && child.signalCode === null) child.kill(signal);
		return exited;
	}
	return {
		pid: child.pid as number,
		data,
		port,
		url: `http://127.0.0.1:${port}`,
		wsUrl: `ws://127.0.0.1:${port}`,
		exited,
		stdout: () => output.stdout,
		stderr: () => output.stderr,
		kill,
		stop: () => kill("SIGTERM"),
		restart: async (changes = {}) => {
			await exited;
			return startServer({ ...options, ...changes, data, port: changes.port ?? port });
		},
		discard: async () => {
			await kill();
			if (ours) rmSync(data, { recursive: true, force: true });
		},
	};
}

export interface CliResult extends Exit {
	readonly stdout: string;
	readonly stderr: string;
}

export interface CliOptions {
	readonly env?: Readonly<Record<string, string>>;
	readonly cwd?: string;
	readonly input?: string;
	readonly nodeArgs?: readonly string[];
	readonly withinMs?: number;
}

/** Runs one command to its end. A command that hangs is killed: `signal` is then SIGKILL. */
export async function runCli(
	args: readonly string[],
	options: CliOptions = {},
): Promise<CliResult> {
	const child = spawn(process.execPath, [...(options.nodeArgs ?? []), cliFile, ...args], {
		env: environment(options.env),
		stdio: ["pipe", "pipe", "pipe"],
		...(options.cwd === undefined ? {} : { cwd: options.cwd }),
	});
	const output = collect(child);
	child.stdin?.end(options.input ?? "");
	const timer = setTimeout(() => child.kill("SIGKILL"), options.withinMs ?? 30_000);
	const exit = await ended(child);
	clearTimeout(timer);
	return { ...exit, ...output };
}

/** The test's environment without what would steer the broker or colour its output. */
function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
	const env: NodeJS.ProcessEnv = {};
	for (const [name, value] of Object.entries(process.env)) {
		if (!/^(COLLOQUY_|FORCE_COLOR$|NODE_OPTIONS$|UV_THREADPOOL_SIZE$|npm_execpath$)/.test(name))
			env[name] = value;
	}
	return { ...env, ...extra };
}

interface Output {
	stdout: string;
	stderr: string;
}

function collect(child: ChildProcess): Output {
	const output: Output = { stdout: "", stderr: "" };
	child.stdout?.setEncoding("utf8").on("data", (text: string) => {
		output.stdout += text;
	});
	child.stderr?.setEncoding("utf8").on("data", (text: string) => {
		output.stderr += text;
	});
	return output;
}

/** `close`, not `exit`: only then has all output been read. */
function ended(child: ChildProcess): Promise<Exit> {
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("close", (code, signal) => resolve({ code, signal }));
	});
}

/** The port of the listening line; rejects with all output when the process ends or is late. */
function listening(
	child: ChildProcess,
	output: Output,
	exited: Promise<Exit>,
	options: ServerOptions,
): Promise<number> {
	const line = options.listening ?? /^listening (http:\/\/\S+)$/m;
	return new Promise((resolve, reject) => {
		function fail(why: string): void {
			clearTimeout(timer);
			child.kill("SIGKILL");
			reject(new Error(`serve ${why}\nstdout: ${output.stdout}\nstderr: ${output.stderr}`));
		}
		const withinMs = options.startWithinMs ?? 20_000;
		const timer = setTimeout(() => fail("did not listen in time"), withinMs);
		child.stdout?.on("data", () => {
			const found = line.exec(output.stdout);
			if (found === null) return;
			clearTimeout(timer);
			resolve(Number(new URL(found[1] ?? "").port));
		});
		exited.then(
			({ code, signal }) => fail(`ended with ${code ?? signal}`),
			(cause) => fail(`did not start: ${String(cause)}`),
		);
	});
}
