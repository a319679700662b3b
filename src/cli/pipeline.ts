// Habits of tools in a pipeline: a reader that goes away is no fault, waiting has an end, numbers
// are whole. Shared by `send` and `tail`.

import { systemClock } from "../base/clock.js";
import { CliError, exitCodes } from "./exit.js";

/** `tail | head -1`: when nobody reads any more, the work is done. */
export function endOnBrokenPipe(): void {
	process.stdout.on("error", (error: NodeJS.ErrnoException) => {
		if (error.code !== "EPIPE") throw error;
		process.exit(exitCodes.ok);
	});
}

/** Errors: those of `work`; CliError when it takes longer. */
export async function inTime<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
	let cancel = () => {};
	const late = new Promise<never>((_, reject) => {
		const timer = systemClock.after(ms, () => {
			const action = "see that the server runs, or wait longer with --within";
			reject(new CliError("late", `${what} within ${ms / 1_000} s`, action));
		});
		cancel = () => timer.cancel();
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		cancel();
	}
}

/** Errors: CliError for what is no whole number from 1. */
export function wholeOf(flag: string, raw: unknown): number {
	const value = /^\d+$/.test(String(raw)) ? Number(raw) : 0;
	if (Number.isSafeInteger(value) && value > 0) return value;
	throw new CliError("usage", `${flag} ${String(raw)} is no number from 1`, "give a whole number");
}
