// The check at every opening: commit rows without a gap and sound, back to the last commit that was
// noted as durable and through all that LevelDB's log can hold. A flipped byte in that log makes
// LevelDB drop batches from the middle without a word; a missing number is how we know.

import { BrokerError } from "../base/errors.js";
import { damaged, openRow } from "./check.js";
import { lastCommitNumber } from "./commit-row.js";
import { decodeMeta } from "./index-rows.js";
import type { View } from "./journal.js";
import { commitKey, metaKey, numberOf } from "./keys.js";
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

/** Gives the last commit's number. Errors: JOURNAL_DAMAGED, JOURNAL_FORMAT. */
export async function checkCommits(
	view: Pick<View, "get" | "range">,
	{ marked, logBytes }: CommitCheck,
): Promise<number> {
	const last = await lastCommitNumber(view);
	if (last < marked) {
		const detail = `the store ends with commit ${last}, but ${marked} was durable`;
		throw new BrokerError("JOURNAL_DAMAGED", detail);
	}
	const floor = commitFloor(view);
	let expected = last;
	let bytes = 0;
	const span = { gte: commitKey(floor), lt: commitKey(last + 1), reverse: true };
	for await (const rows of pages(view, span)) {
		for (const { key, value } of rows) {
			if (numberOf(key) !== expected) throw damaged(commitKey(expected), "the row is missing");
			openRow(key, value, 1);
			bytes += key.length + value.length;
			expected -= 1;
		}
		const enough = bytes > logBytes || last - expected >= commitCheckRows;
		if (enough && expected < marked) return last;
	}
	if (expected >= floor && last > 0) throw damaged(commitKey(expected), "the row is missing");
	return last;
}
