// `colloquy serve` as benches start it: a folder of its own, a secret that the load mints tokens
// with, pinned to the first core, to be killed and started again on the same port.

import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pinned } from "./machine.js";

const cliFile = fileURLToPath(new URL("../src/cli/main.cjs", import.meta.url));

/** What the command's own first line gives node: it is measured as it is installed. */
function firstLine(file: string): { flags: string[]; env: Record<string, string> } {
	const [first = ""] = readFileSync(file, "utf8").split("\n", 1);
	const words = first.split(" ");
	const settings = words.filter((word) => /^[A-Z_]+=/.test(word));
	return {
		flags: words.filter((word) => word.startsWith("--")),
		env: Object.fromEntries(settings.map((word) => word.split("=", 2))),
	};
}

export interface BenchServer {
	readonly url: string;
	readonly pid: number;
	readonly data: string;
	readonly secret: string;
	readonly secretFile: string;
	/** SIGKILL, and wait for the end. */
	kill(): Promise<void>;
	/** SIGTERM, and wait for the end: a profile is written only then. */
	stop(): Promise<void>;
	/** A new process on the same folder and port. */
	restart(): Promise<BenchServer>;
	/** End it and remove its folder. */
	discard(): Promise<void>;
}

export interface BenchServerOptions {
	readonly folder?: string;
	readonly args?: readonly string[];
	/** Null: not pinned. */
	readonly core?: number | null;
	readonly nodeArgs?: readonly string[];
}

export async function startServer(options: BenchServerOptions = {}): Promise<BenchServer> {
	const data = mkdtempSync(join(options.folder ?? tmpdir(), "colloquy-bench-"));
	cleanUpAtEnd(data);
	const secret = randomBytes(32).toString("hex");
	writeFileSync(join(data, "bench-secret"), secret, { mode: 0o600 });
	return launch(options, join(data, "data"), secret, 0);
}

const servers = new Set<ChildProcess>();
const folders = new Set<string>();

/** Ctrl-C ends a bench, and leaves neither process nor folder behind. */
function cleanUpAtEnd(folder: string): void {
	if (folders.size === 0) {
		for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, cleanUp);
	}
	folders.add(folder);
}

function cleanUp(signal: NodeJS.Signals): void {
	for (const child of servers) child.kill("SIGKILL");
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
	process.exit(signal === "SIGINT" ? 130 : 143);
}

async function launch(
	options: BenchServerOptions,
	data: string,
	secret: string,
	port: number,
): Promise<BenchServer> {
	const secretFile = join(data, "..", "bench-secret");
	const { flags, env } = firstLine(cliFile);
	const command = [
		process.execPath,
		...flags,
		...(options.nodeArgs ?? []),
		cliFile,
		"serve",
		"--data",
		data,
		"--port",
		String(port),
		"--auth-secret-file",
		secretFile,
		...(options.args ?? []),
	];
	const core = options.core === undefined ? 0 : options.core;
	const [head, ...rest] = core === null ? (command as [string]) : pinned(core, command);
	const child = spawn(head, rest, {
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, ...env },
	});
	servers.add(child);
	const ended = new Promise<void>((resolve) => {
		child.once("exit", () => {
			servers.delete(child);
			resolve();
		});
	});
	const url = await listening(child);
	const end = async (signal: NodeJS.Signals) => {
		if (child.exitCode === null && child.signalCode === null) child.kill(signal);
		await ended;
	};
	const kill = () => end("SIGKILL");
	return {
		url,
		pid: child.pid as number,
		data,
		secret,
		secretFile,
		kill,
		stop: () => end("SIGTERM"),
		restart: async () => {
			await ended;
			return launch(options, data, secret, Number(new URL(url).port));
		},
		discard: async () => {
			await kill();
			rmSync(join(data, ".."), { recursive: true, force: true });
			folders.delete(join(data, ".."));
		},
	};
}

/** The address from the line that `serve` prints once it is ready. */
function listening(child: ChildProcess): Promise<string> {
	return new Promise((resolve, reject) => {
		let out = "";
		let errors = "";
		child.stderr?.on("data", (chunk: Buffer) => {
			// Only the end is of interest, should it fail to start.
			errors = (errors + chunk.toString()).slice(-4_000);
		});
		child.stdout?.on("data", (chunk: Buffer) => {
			out = (out + chunk.toString()).slice(-4_000);
			const found = /listening (https?:\/\/\S+)/.exec(out);
			if (found !== null) resolve(found[1] as string);
		});
		child.once("exit", (code) => reject(new Error(`serve ended with ${code}: ${errors}${out}`)));
	});
}

/** A token as an application's own back end would make it: HS256, valid for a day. */
export function mint(secret: string, user: string): string {
	const now = Math.floor(Date.now() / 1_000);
	const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
	const head = encode({ alg: "HS256", typ: "JWT" });
	const body = encode({ sub: user, iat: now, exp: now + 86_400 });
	const signature = createHmac("sha256", secret).update(`${head}.${body}`).digest("base64url");
	return `${head}.${body}.${signature}`;
}
