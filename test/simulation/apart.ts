// Runs seeds in a thread, where tap is not: it follows every promise to the test that made it, and
// a simulation, which is made of promises, took a quarter longer.

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Outcome } from "./run.js";

export interface Asked {
	readonly seed: number;
	/** Name of a fault in `plants.ts`; null: none. */
	readonly plant: string | null;
}

const thread = new Worker(new URL("./thread.js", import.meta.url));
thread.unref();

/** One run. Errors: what was thrown in the thread. */
export async function runApart(seed: number, plant: string | null = null): Promise<Outcome> {
	thread.ref();
	thread.postMessage({ seed, plant } satisfies Asked);
	const [outcome] = (await once(thread, "message")) as [Outcome];
	thread.unref();
	return outcome;
}
