// Rows that belong to no entity's journal: written through the pipeline like all others, so that
// one commit at a time goes to the store.

import type { Entry, GroupCommit } from "./group-commit.js";
import type { RowsOut } from "./message-row.js";

/** Resolves when the rows are durable. Errors: JOURNAL_IO: the outcome is unknown. */
export function commitRows(pipeline: GroupCommit, rows: RowsOut): Promise<void> {
	if (rows.keys.length === 0) return Promise.resolve();
	return new Promise((resolve, reject) => {
		const owner = {
			committed: () => resolve(),
			failed: (_entry: Entry, error: Error) => reject(error),
		};
		pipeline.submit({ lane: pipeline.system, from: 0, to: 0, ...rows, owner });
	});
}
