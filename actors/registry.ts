// The record in the database of which pid serves which user and conversation. Rows ride along with
// other commits; a row of an older boot reads as "not running", so a crash needs no clean-up.

import type { Clock } from "../src/base/clock.js";
import type { Entry, GroupCommit } from "../src/journal/group-commit.js";
import { appendRegistry, type EntityKind } from "../src/journal/rows.js";

export interface Registry {
	activated(kind: EntityKind, id: string, pid: string): void;
	stopped(kind: EntityKind, id: string): void;
}

export function createRegistry(pipeline: GroupCommit, clock: Clock): Registry {
	let keys: Uint8Array[] = [];
	let values: (Uint8Array | null)[] = [];
	// A lost row is no lost fact: the actor runs all the same, and the next activation writes anew.
	const owner = { committed: () => {}, failed: () => {} };

	function flush(): void {
		if (keys.length === 0 || !pipeline.accepting) return;
		const entry: Entry = { lane: pipeline.system, from: 0, to: 0, keys, values, owner };
		keys = [];
		values = [];
		pipeline.submit(entry);
	}

	/** What happens in one turn goes out as one entry. */
	function note(kind: EntityKind, id: string, fields: readonly unknown[] | null): void {
		if (keys.length === 0) clock.soon(flush);
		appendRegistry({ keys, values }, kind, id, fields);
	}

	return {
		activated: (kind, id, pid) => note(kind, id, [pid, clock.now()]),
		stopped: (kind, id) => note(kind, id, null),
	};
}
