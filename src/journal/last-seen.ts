// Where last seen survives: one row a user, overwritten, never by an earlier time.

import type { Entry, GroupCommit } from "./group-commit.js";
import type { Journal } from "./journal.js";
import { lastSeenKey } from "./keys.js";
import { appendLastSeen, decodeLastSeen } from "./rows.js";

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
		flush: (batch) =>
			new Promise((resolve, reject) => {
				const rows = { keys: [], values: [] };
				for (const { user, at } of batch) if (at > load(user)) appendLastSeen(rows, user, at);
				if (rows.keys.length === 0) {
					resolve();
					return;
				}
				const owner = {
					committed: () => resolve(),
					failed: (_entry: Entry, error: Error) => reject(error),
				};
				pipeline.submit({ lane: pipeline.system, from: 0, to: 0, ...rows, owner });
			}),
	};
}
