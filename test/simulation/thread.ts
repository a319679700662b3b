// The thread of `apart.ts`: runs what it is asked for, one after the other.

import { parentPort } from "node:worker_threads";
import type { Asked } from "./apart.js";
import { plants } from "./plants.js";
import { run } from "./run.js";

parentPort?.on("message", async ({ seed, plant }: Asked) => {
	const planted = plants.find(([what]) => what === plant);
	parentPort?.postMessage(await run(seed, planted && { plant: planted[1] }));
});
