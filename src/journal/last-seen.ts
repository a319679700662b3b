// Where last seen survives: one row a user, overwritten, never by an earlier time.

import type { GroupCommit } from "./group-commit.js";
import type { Journal } from "./journal.js";
import { lastSeenKey } from "./keys.js";
import { appendLastSeen, decodeLastSeen } from "./rows.js";
import { commitRows } from "./system-rows.js";

/** Times in ms since 1970; 0 for a user who was never seen. */
export interface LastSeenRows {
	load(users: readonly string[]): Promise<readonly number[]>;
	/** Errors: JOURNAL_IO: hand the batch over again. */
	flush(batch: readonly { readonly user: string; readonly at: number }[]): Promise<void>;
}

export function lastSeenRows(journal: Journal, pipeline: GroupCommit): LastSeenRows {
	function load(user: string): number {
		const key = lastSeenKey(user);
		const value = journal.get(key);
		return value === undefined ? 0 : decodeLastSeen(key, value);
	}
	return {
		load: async (users) => users.map(load),
		flush: async (batch) => {
			const rows = { keys: [], values: [] };
			for (const { user, at } of batch) if (at > load(user)) appendLastSeen(rows, user, at);
			await commitRows(pipeline, rows);
		},
	};
}
