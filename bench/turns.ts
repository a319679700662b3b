// Small things that every load needs: a pause, and many tasks of which few run at the same time.

import { setTimeout as sleep } from "node:timers/promises";

export { sleep };

/** Runs `task` for 0 … count - 1, at most `atOnce` at the same time. */
export async function inTurn(
	count: number,
	atOnce: number,
	task: (index: number) => Promise<unknown>,
): Promise<void> {
	let next = 0;
	async function worker(): Promise<void> {
		while (next < count) {
			const index = next;
			next += 1;
			await task(index);
		}
	}
	await Promise.all(Array.from({ length: Math.min(count, atOnce) }, worker));
}

/** The one in the middle stands for all. */
export function median<T>(all: readonly T[], figure: (one: T) => number): T {
	return [...all].sort((a, b) => figure(a) - figure(b))[all.length >> 1] as T;
}
