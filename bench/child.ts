// Runs loads in processes of their own, on another core than the server's, and reads the one JSON
// line that each prints. Several start measuring together; what they report meanwhile is handed on.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { pinned } from "./machine.js";

export interface Progress {
	/** Cycles, messages or whatever the load counts, since its start. */
	readonly done: number;
	readonly faults: number;
}

export interface LoadsOptions {
	/** Null: not pinned. */
	readonly core: number | null;
	readonly onProgress?: (all: Progress) => void;
}

/** `file` is relative to this folder; `core` null: not pinned. */
export async function runLoad<R>(
	file: string,
	options: unknown,
	core: number | null = 1,
): Promise<R> {
	const [result] = await runLoads<R>(file, [options], { core });
	return result as R;
}

/** One process for each of `all`. Errors: Error when one fails; the others are ended. */
export async function runLoads<R>(
	file: string,
	all: readonly unknown[],
	{ core, onProgress }: LoadsOptions,
): Promise<R[]> {
	const path = fileURLToPath(new URL(file, import.meta.url));
	const latest: Progress[] = all.map(() => ({ done: 0, faults: 0 }));
	let waiting = all.length;
	const children = all.map((options, at) => {
		const command = [process.execPath, path, JSON.stringify(options)];
		const [head, ...rest] = core === null ? (command as [string]) : pinned(core, command);
		const child = spawn(head, rest, { stdio: ["ignore", "pipe", "inherit", "ipc"] });
		child.on("message", (message: Progress | "ready") => {
			if (message !== "ready") {
				latest[at] = message;
				onProgress?.(sum(latest));
				return;
			}
			waiting -= 1;
			if (waiting === 0) for (const one of children) one.child.send("go");
		});
		let out = "";
		child.stdout?.on("data", (chunk: Buffer) => {
			out += chunk.toString();
		});
		const result = new Promise<R>((resolve, reject) => {
			child.once("error", reject);
			child.once("close", (code) => {
				if (code === 0) resolve(JSON.parse(out) as R);
				else reject(new Error(`${file} ended with ${code}`));
			});
		});
		return { child, result };
	});
	try {
		return await Promise.all(children.map(({ result }) => result));
	} finally {
		for (const { child } of children) child.kill("SIGKILL");
	}
}

function sum(all: readonly Progress[]): Progress {
	return all.reduce((sum, one) => ({
		done: sum.done + one.done,
		faults: sum.faults + one.faults,
	}));
}

/** The whole of a load: reads its options, runs, prints what it found, ends with the runner. */
export async function runAsLoad<O, R>(main: (options: O) => Promise<R>): Promise<void> {
	process.once("disconnect", () => process.exit(1));
	const result = await main(JSON.parse(process.argv[2] as string) as O);
	process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

/** Of a load: tells the runner how far it is. */
export function report(progress: Progress): void {
	process.send?.(progress);
}

/** Of a load: resolves once every process of it has come so far; at once when it runs alone. */
export async function whenAllAreReady(): Promise<void> {
	if (process.send === undefined) return;
	const go = once(process, "message");
	process.send("ready");
	await go;
}
