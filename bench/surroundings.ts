// What else went on while a scenario was measured, so that figures are compared only where they
// tell of the same thing: how dear the server's core and the disk were right before and right
// after, and how much of the machine other work took meanwhile.

import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { round } from "./histogram.js";
import { pinned, syncMs } from "./machine.js";
import { watchOthers } from "./others.js";
import type { Figures } from "./table.js";

/** What a row carries of it. */
export interface Surroundings {
	/** CPU time of a fixed piece of work on the server's core. */
	readonly referenceMicros: number;
	/** One small write and its sync. */
	readonly referenceSyncMs: number;
	/** Cores that other work took; null: not told. */
	readonly othersCpuShare: number | null;
}

/** From here on other work is no longer the machine's own housekeeping, in cores. */
export const othersMax = 0.25;

interface Reference {
	readonly micros: number;
	readonly syncMs: number;
}

/** Measures between scenarios: what ends one begins the next. */
export class Surrounded {
	private before = reference();

	/** `task` with its rows told what they were measured in; `own`: everything it runs is ours. */
	async measured(task: () => Promise<readonly Figures[]>, own: boolean): Promise<Figures[]> {
		const others = own ? watchOthers() : () => null;
		const rows = await task();
		const share = others();
		const { before } = this;
		const after = reference();
		this.before = after;
		const surroundings: Surroundings = {
			referenceMicros: Math.round((before.micros + after.micros) / 2),
			referenceSyncMs: round((before.syncMs + after.syncMs) / 2),
			othersCpuShare: share === null ? null : round(share),
		};
		return rows.map((row) => ({ ...row, ...surroundings, ...boundIn(row, share) }));
	}
}

/** A row that says itself what bounds it has looked closer. */
function boundIn({ bound }: Figures, share: number | null): { bound?: string } {
	const itself = bound === "load" || bound === "machine";
	return itself || (share ?? 0) <= othersMax ? {} : { bound: "machine" };
}

const loop = fileURLToPath(new URL("./reference-loop.js", import.meta.url));

function reference(): Reference {
	const [head, ...rest] = pinned(0, [process.execPath, loop]);
	const { micros } = JSON.parse(execFileSync(head, rest, { encoding: "utf8" })) as Reference;
	return { micros, syncMs: syncMs(tmpdir()) };
}
