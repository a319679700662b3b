// After a failed commit: close the store and open it again with back-off, then see which commit it
// ends with. The failed one may be there. Fewer than were acknowledged is damage, and final.

import { type Clock, sleep } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import { lastCommitNumber } from "./commit-row.js";
import type { Journal } from "./journal.js";
import type { GroupLimits } from "./limits.js";

/** The store as operators see it. `since` in ms since 1970; `attempts` to open it again. */
export type Health =
	| { readonly state: "ok"; readonly since: number }
	| {
			readonly state: "failed";
			readonly since: number;
			readonly lastError: BrokerError;
			readonly attempts: number;
	  };

export interface Reopening {
	readonly journal: Journal;
	readonly clock: Clock;
	readonly log: Log;
	readonly limits: GroupLimits;
	/** The last commit that was acknowledged; one more may be found. */
	readonly acknowledged: number;
	/** Told before each attempt, with the error of the one before; true ends the trying. */
	readonly attempt: (count: number, error: BrokerError | null) => boolean;
}

/** The number of the last commit found; null when trying was ended or is of no use. */
export async function reopenStore(options: Reopening): Promise<number | null> {
	const { journal, clock, log, limits, acknowledged } = options;
	let error: BrokerError | null = null;
	for (let count = 1; ; count += 1) {
		await sleep(clock, backOff(count, limits, clock));
		if (options.attempt(count, error)) return null;
		try {
			await journal.reopen();
			return await foundNumber(journal, acknowledged);
		} catch (cause) {
			error = ioError(cause);
			log("error", "journal-reopen-failed", { count, code: error.code, why: error.message });
			if (error.code !== "JOURNAL_DAMAGED") continue;
			options.attempt(count, error);
			return null;
		}
	}
}

async function foundNumber(journal: Journal, acknowledged: number): Promise<number> {
	const found = await lastCommitNumber(journal);
	if (found === acknowledged || found === acknowledged + 1) return found;
	const detail = `the store ends with commit ${found} where ${acknowledged} was acknowledged`;
	throw new BrokerError("JOURNAL_DAMAGED", detail);
}

/** Jitter over the upper half, so that nodes that failed together do not return together. */
function backOff(count: number, limits: GroupLimits, clock: Clock): number {
	const full = Math.min(limits.reopenMaxMs, limits.reopenFirstMs * 2 ** Math.min(count - 1, 20));
	return full * (0.5 + clock.random() / 2);
}

/** The code under which callers hear of a fault of the store. */
export function ioError(cause: unknown): BrokerError {
	if (cause instanceof BrokerError) return cause;
	const detail = cause instanceof Error ? cause.message : String(cause);
	return new BrokerError("JOURNAL_IO", detail, { cause });
}
