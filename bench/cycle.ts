// The cycle over real sockets: a message leaves A, is durable, A has its `sent`, B has it, B's
// device confirms, A has its `delivered`. Server and load are processes of their own, one core
// each.

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
	const nodeArgs = flags.text("server-node-args")?.split(" ") ?? [];
	const repeat = flags.number("repeat", 1);
	const runs: LoadResult[] = [];
	for (let at = 0; at < repeat; at += 1) {
		if (url === null) runs.push(await onOwnServer(common, nodeArgs));
		else runs.push(await onServer(common, url, data));
	}
	return [row(parameters, runs)];
}

type Common = Omit<LoadOptions, "url" | "secret" | "serverPid" | "resume">;

/** A server that is up already, and may be killed meanwhile. */
function onServer(common: Common, url: string, data: string | null): Promise<LoadResult> {
	if (data === null) throw new Error("--url wants --data, the folder whose secret makes tokens");
	return load({ ...common, url, secret: secretOf(data), serverPid: pidOf(data), resume: true });
}

/** A new server on a new folder for every run, so that none profits from another's caches. */
async function onOwnServer(common: Common, nodeArgs: readonly string[]): Promise<LoadResult> {
	const server = await startServer({ nodeArgs });
	try {
		const { url, secret, pid: serverPid } = server;
		return await load({ ...common, url, secret, serverPid, resume: false });
	} finally {
		if (nodeArgs.length > 0) await server.stop();
		await server.discard();
	}
}

function load(options: LoadOptions): Promise<LoadResult> {
	return runLoad<LoadResult>("load.js", options);
}

/** The run in the middle stands for all; the rate of each is told. */
function row(parameters: Readonly<Record<string, unknown>>, runs: readonly LoadResult[]): Figures {
	const sorted = [...runs].sort((a, b) => a.cyclesPerSecond - b.cyclesPerSecond);
	const middle = sorted[sorted.length >> 1] as LoadResult;
	return {
		name: "cycle",
		parameters: { ...parameters, repeat: runs.length },
		...middle,
		faults: runs.reduce((sum, run) => sum + run.faults, 0),
		firstFaults: runs.flatMap((run) => run.firstFaults).slice(0, 10),
		runs: runs.map((run) => run.cyclesPerSecond),
		// A run that the generator bounds says nothing about the server's rate.
		bound: middle.loadCpuShare > 0.9 ? "load" : "server or window",
	};
}

/**
 * The secret that a server on this folder believes: the operator's, or that of development mode.
 */
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
