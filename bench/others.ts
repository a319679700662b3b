// How busy the machine was with other work during a run: a figure that was measured beside it is
// dearer than on a quiet machine, and a table that does not say so would mislead. Linux tells both
// halves in ticks; elsewhere the answer is null.

import { readFileSync } from "node:fs";

/** Ticks of USER_HZ, which is 100 on every Linux that Node runs on. */
const msPerTick = 10;

interface Moment {
	readonly at: number;
	/** Ticks of all cores for processes; without interrupts, which are mostly of our own traffic. */
	readonly busy: number;
	/** Of them, those of this process and of its children that have ended. */
	readonly own: number;
}

/**
 * Call at the start; what it returns, at the end, when every child has ended, tells how many cores
 * were taken by others meanwhile, as in 0.5 for half of one.
 */
export function watchOthers(): () => number | null {
	const from = moment();
	return () => {
		const to = moment();
		if (from === null || to === null) return null;
		const ticks = to.busy - from.busy - (to.own - from.own);
		return Math.max(0, (ticks * msPerTick) / (to.at - from.at));
	};
}

function moment(): Moment | null {
	try {
		const [machine = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
		const [user, nice, system, , , , , steal] = machine.split(/\s+/).slice(1).map(Number);
		const stat = readFileSync("/proc/self/stat", "utf8");
		const own = stat
			.slice(stat.lastIndexOf(")") + 2)
			.split(" ")
			.slice(11, 15)
			.map(Number);
		return {
			at: performance.now(),
			busy: sum([user, nice, system, steal]),
			own: sum(own),
		};
	} catch {
		return null;
	}
}

function sum(values: readonly (number | undefined)[]): number {
	return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}
