// Starts a peer's server as a child on the first core, waits for its port, and ends it together
// with whatever it started. Only what was started here is ever ended.

import { type ChildProcess, spawn } from "node:child_process";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { pinned } from "../machine.js";
import type { Service } from "./peer.js";

const startMs = 60_000;
const stopMs = 15_000;

/** Leaders of the process groups that are up, for an end in mid-run. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
	for (const child of running) endGroup(child);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

export interface ServiceOptions {
	readonly env?: Readonly<Record<string, string>>;
	readonly cwd?: string;
}

/** Resolves once `port` of loopback takes connections. */
export async function startService(
	command: readonly string[],
	port: number,
	{ env = {}, cwd }: ServiceOptions = {},
): Promise<Service> {
	const [head, ...rest] = pinned(0, command);
	const child = spawn(head, rest, {
		// A group of its own: Erlang's servers start helpers, which have to go with them.
		detached: true,
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, ...env },
		...(cwd === undefined ? {} : { cwd }),
	});
	running.add(child);
	let said = "";
	const listen = (chunk: Buffer) => {
		// Only the end is of interest, should it fail to start.
		said = (said + chunk.toString()).slice(-2_000);
	};
	child.stdout.on("data", listen);
	child.stderr.on("data", listen);
	const ended = new Promise<void>((resolve) => {
		child.once("error", (cause) => {
			said += cause.message;
			resolve();
		});
		child.once("exit", () => resolve());
	});
	let over = false;
	void ended.then(() => {
		over = true;
	});
	const stop = async () => {
		child.kill("SIGTERM");
		await Promise.race([ended, sleep(stopMs, undefined, { ref: false })]);
		endGroup(child);
		await ended;
		running.delete(child);
	};
	const until = performance.now() + startMs;
	while (!(await takesConnections(port))) {
		if (over || performance.now() > until) {
			await stop();
			throw new Error(`${command[0]} ${over ? "ended" : "does not listen"}: ${said.trim()}`);
		}
		await sleep(50);
	}
	const lastWords = () => (over ? said.trim() : null);
	return { pid: child.pid as number, port, lastWords, stop };
}

function endGroup(child: ChildProcess): void {
	if (child.pid === undefined) return;
	try {
		process.kill(-child.pid, "SIGKILL");
	} catch {
		// Nobody of the group is left.
	}
}

function takesConnections(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		const settle = (up: boolean) => {
			socket.destroy();
			resolve(up);
		};
		// Where nobody listens yet, a socket may be given that very port and meet itself.
		socket.once("connect", () => settle(socket.localPort !== port));
		socket.once("error", () => settle(false));
	});
}

/** A port of loopback that nobody uses now. */
export async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

/** The young generation that ours has too: less collection. What ours saves memory by costs CPU. */
const nodeArgs = ["--max-semi-space-size=16"];

/** A server of ours around a library, as a script that takes its port; nothing is kept on disk. */
export async function startScript(script: URL): Promise<Service> {
	const port = await freePort();
	const command = [process.execPath, ...nodeArgs, fileURLToPath(script), String(port)];
	return startService(command, port);
}
