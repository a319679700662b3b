// The check at every opening: commit rows without a gap and sound, back to the last commit that was
// noted as durable and through all that LevelDB's log can hold. A flipped byte in that log makes
// LevelDB drop batches from the middle without a word; a missing number is how we know.

import { BrokerError } from "../base/errors.js";
import { openRow } from "./check.js";
import { commitVersion, lastCommitNumber } from "./commit-row.js";
import { decodeMeta } from "./index-rows.js";
import type { View } from "./journal.js";
import { commitKey, describeKey, metaKey, numberOf } from "./keys.js";
import { commitCheckRows } from "./limits.js";
import { pages } from "./scan.js";

export interface CommitCheck {
	/** The last number that the side file noted. */
	readonly marked: number;
	/** Bytes that LevelDB's logs had before opening: older commits are in tables. */
	readonly logBytes: number;
}

/** The lowest commit number that is kept; below it, they were trimmed. */
export function commitFloor(view: Pick<View, "get">): number {
	const key = metaKey(commitFloorName);
	const value = view.get(key);
	return value === undefined ? 1 : (decodeMeta(key, value)[0] as number);
}

export const commitFloorName = "commit-floor";

/** Errors: JOURNAL_DAMAGED, JOURNAL_FORMAT. */
export async function checkCommits(
	view: Pick<View, "get" | "range">,
	check: CommitCheck,
): Promise<void> {
	const last = await lastCommitNumber(view);
	if (last < check.marked) {
		const detail = `the store ends with commit ${last}, but ${check.marked} was durable`;
		throw new BrokerError("JOURNAL_DAMAGED", `${detail}; ${hint}`);
	}
	const gap = await newestGap(view, last, check);
	if (gap === null) return;
	const detail = `${describeKey(commitKey(gap))} is missing before ${last}`;
	throw new BrokerError("JOURNAL_DAMAGED", `${detail}, and what it wrote with it; ${hint}`);
}

const hint = "restore a backup, or accept the loss under a new epoch";

/** The highest missing number; null: none, as far back as has to be looked. */
export async function newestGap(
	view: Pick<View, "get" | "range">,
	last: number,
	{ marked, logBytes }: CommitCheck,
): Promise<number | null> {
	const floor = commitFloor(view);
	let expected = last;
	let bytes = 0;
	const span = { gte: commitKey(floor), lt: commitKey(last + 1), reverse: true };
	for await (const rows of pages(view, span)) {
		for (const { key, value } of rows) {
			if (numberOf(key) !== expected) return expected;
			openRow(key, value, commitVersion);
			bytes += key.length + value.length;
			expected -= 1;
		}
		const enough = bytes > logBytes || last - expected >= commitCheckRows;
		if (enough && expected < marked) return null;
	}
	return expected >= floor && last > 0 ? expected : null;
}
