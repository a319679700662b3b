// What a server did, in the order the kernel saw it: `strace` of a few calls, with the threads'
// interrupted lines put together. Only what tests ask about: reads and writes of sockets, syncs.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Call {
	readonly name: string;
	/** What strace shows as the first argument: `23<TCP:[…]>`, `17</…/000005.log>`. */
	readonly target: string;
	readonly result: number;
	/** Line numbers where it began and ended. */
	readonly began: number;
	readonly ended: number;
}

export const traceArgs = (output: string): string[] => [
	"-f",
	"-yy",
	"-s",
	"0",
	"-e",
	"trace=read,recvfrom,recvmsg,write,writev,sendto,sendmsg,fsync,fdatasync",
	"-o",
	output,
];

export function hasStrace(): boolean {
	return spawnSync("strace", ["-V"]).status === 0;
}

/** Order: by where the call ended. */
export function readTrace(path: string): Call[] {
	const calls: Call[] = [];
	const open = new Map<string, { name: string; target: string; began: number }>();
	for (const [at, line] of readFileSync(path, "utf8").split("\n").entries()) {
		const [, thread = "", rest = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
		const resumed = /^<\.\.\. (\w+) resumed>.*= (-?\d+)/.exec(rest);
		if (resumed !== null) {
			const begun = open.get(thread);
			open.delete(thread);
			if (begun !== undefined) calls.push({ ...begun, result: Number(resumed[2]), ended: at });
			continue;
		}
		const call = /^(\w+)\((\d+<[^>]*(?:->[^>]*)?>)/.exec(rest);
		if (call === null) continue;
		const begun = { name: call[1] as string, target: call[2] as string, began: at };
		if (rest.includes("<unfinished")) {
			open.set(thread, begun);
			continue;
		}
		const result = /= (-?\d+)[^=]*$/.exec(rest);
		if (result !== null) calls.push({ ...begun, result: Number(result[1]), ended: at });
	}
	return calls;
}
