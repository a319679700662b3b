// What media is measured beside: nginx for downloads, a plain Node server for uploads. Pinned to
// the first core, as our own server is; ended and removed afterwards.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pinned } from "./machine.js";

export interface Rival {
	readonly url: string;
	readonly pid: number;
	/** Where its files lie. */
	readonly folder: string;
	discard(): Promise<void>;
}

/** nginx, installed if need be and allowed; null: it is not there. */
export async function startNginx(): Promise<Rival | null> {
	if (!hasNginx()) install();
	if (!hasNginx()) return null;
	const folder = mkdtempSync(join(tmpdir(), "colloquy-bench-nginx-"));
	const port = await freePort();
	const conf = join(folder, "nginx.conf");
	writeFileSync(conf, configuration(folder, port));
	const [head, ...rest] = pinned(0, ["nginx", "-p", folder, "-c", conf]);
	const child = spawn(head, rest, { stdio: ["ignore", "ignore", "inherit"] });
	const url = `http://127.0.0.1:${port}`;
	try {
		await answers(url);
	} catch (cause) {
		child.kill("SIGKILL");
		rmSync(folder, { recursive: true, force: true });
		throw cause;
	}
	return rival(child, url, folder);
}

/** With `durable` it keeps what it was sent as our own server must. */
export async function startPlain(...durable: ["durable"?]): Promise<Rival> {
	const folder = mkdtempSync(join(tmpdir(), "colloquy-bench-plain-"));
	const file = fileURLToPath(new URL("media-plain.js", import.meta.url));
	const [head, ...rest] = pinned(0, [process.execPath, file, folder, ...durable] as string[]);
	const child = spawn(head, rest, { stdio: ["ignore", "pipe", "inherit"] });
	const url = await new Promise<string>((resolve, reject) => {
		child.once("exit", (code) => reject(new Error(`the plain server ended with ${code}`)));
		child.stdout.once("data", (chunk: Buffer) =>
			resolve(chunk.toString().trim().split(" ")[1] ?? ""),
		);
	});
	return rival(child, url, folder);
}

function rival(child: ChildProcess, url: string, folder: string): Rival {
	const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
	return {
		url,
		pid: child.pid as number,
		folder,
		discard: async () => {
			child.kill("SIGKILL");
			await ended;
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

function hasNginx(): boolean {
	return spawnSync("nginx", ["-v"], { stdio: "ignore" }).status === 0;
}

function install(): void {
	if (process.getuid?.() !== 0) return;
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
	const args = ["install", "-y", "-qq", "--no-install-recommends", "nginx-light"];
	spawnSync("apt-get", args, { env, stdio: "ignore", timeout: 120_000 });
}

/** One process that serves files as its packages' defaults do, and writes no log. */
function configuration(folder: string, port: number): string {
	const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
		.map((name) => `${name}_temp_path ${folder}/${name};`)
		.join(" ");
	return `daemon off; master_process off; worker_processes 1; pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 512; }
http {
	access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; ${temporary}
	server { listen 127.0.0.1:${port}; root ${folder}; }
}
`;
}

function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const address = server.address();
			server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
		});
	});
}

async function answers(url: string): Promise<void> {
	for (let left = 100; left > 0; left -= 1) {
		const there = await fetch(url).then(
			() => true,
			() => false,
		);
		if (there) return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error("nginx does not answer");
}
