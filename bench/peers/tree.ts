// CPU time of a process and everything below it, as the kernel tells it: Erlang's and RabbitMQ's
// servers stand below a shell or start helpers. A child that has ended meanwhile is not counted.

import { readdirSync, readFileSync } from "node:fs";
import { cpuMicros } from "../machine.js";

/** User and system time so far, in µs; null when it cannot be told. */
export function treeMicros(pid: number): number | null {
	const own = cpuMicros(pid);
	if (own === null) return null;
	return childrenOf(pid).reduce((sum, child) => sum + (treeMicros(child) ?? 0), own);
}

function childrenOf(pid: number): number[] {
	try {
		return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
			readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")
				.split(" ")
				.filter((child) => child !== "")
				.map(Number),
		);
	} catch {
		return [];
	}
}
