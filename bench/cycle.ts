// The cycle over real sockets: a message leaves A, is durable, A has its `sent`, B has it, B's device
// confirms, A has its `delivered`. Server and load are processes of their own, one core each.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runLoad } from "./child.js";
import type { Flags } from "./flags.js";
import type { LoadOptions, LoadResult } from "./load.js";
import { startServer } from "./server.js";
import type { Figures } from "./table.js";

export async function cycle(flags: Flags): Promise<Figures[]> {
	const parameters = {
		pairs: flags.number("pairs", 100),
		window: flags.number("window", 16),
		seconds: flags.number("seconds", 5),
		rate: flags.number("rate", null),
		bytes: flags.number("bytes", 100),
	};
	const common = {
		...parameters,
		warmupSeconds: flags.number("warmup", 1),
		corpus: flags.text("corpus"),
		seed: flags.number("seed", 1),
	};
	const url = flags.text("url");
	const data = flags.text("data");
	const profile = flags.text("server-node-args");
	if (url !== null) {
		if (data === null) throw new Error("--url wants --data, the folder whose secret makes tokens");
		const secret = secretOf(data);
		const serverPid = pidOf(data);
		return [row(parameters, await load({ ...common, url, secret, serverPid, resume: true }))];
	}
	const nodeArgs = profile === null ? [] : profile.split(" ");
	const server = await startServer({ nodeArgs });
	try {
		const { secret, pid: serverPid } = server;
		const options = { ...common, url: server.url, secret, serverPid, resume: false };
		return [row(parameters, await load(options))];
	} finally {
		if (nodeArgs.length > 0) await server.stop();
		await server.discard();
	}
}

function load(options: LoadOptions): Promise<LoadResult> {
	return runLoad<LoadResult>("load.js", options);
}

function row(parameters: Readonly<Record<string, unknown>>, result: LoadResult): Figures {
	const { firstFaults, loadCpuShare } = result;
	return {
		name: "cycle",
		parameters,
		...result,
		// A run that the generator bounds says nothing about the server's rate.
		bound: loadCpuShare > 0.9 ? "load" : "server or window",
		firstFaults,
	};
}

/** The secret that a server on this folder believes: the operator's, or that of development mode. */
function secretOf(data: string): string {
	const named = process.env.COLLOQUY_AUTH_SECRET_FILE;
	for (const path of [named, join(data, "..", "bench-secret"), join(data, "secret")]) {
		if (path !== undefined && existsSync(path)) return readFileSync(path, "utf8").trim();
	}
	throw new Error(`no secret found for ${data}`);
}

function pidOf(data: string): number | null {
	try {
		const { pid } = JSON.parse(readFileSync(join(data, "runtime.json"), "utf8")) as { pid: number };
		return pid;
	} catch {
		return null;
	}
}
