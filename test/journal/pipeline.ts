// A commit pipeline over a memory journal that fails on demand, and an owner that notes what it is
// told, for the tests of the pipeline.

import { silentLog } from "../../src/base/log.js";
import { decodeCommit } from "../../src/journal/commit-row.js";
import { type Entry, GroupCommit, type Lane, type Owner } from "../../src/journal/group-commit.js";
import { eventKey, ofKind } from "../../src/journal/keys.js";
import type { GroupLimits } from "../../src/journal/limits.js";
import { memoryStore, openMemory } from "../../src/journal/memory.js";
import { appendEvent } from "../../src/journal/rows.js";
import { type FaultyJournal, faultyJournal } from "../../src/testing/faulty-journal.js";
import { type ManualClock, manualClock, turns } from "../helpers/manual-clock.js";

export interface Bench {
	readonly clock: ManualClock;
	readonly journal: FaultyJournal;
	readonly pipeline: GroupCommit;
	/** What owners heard, in order: `+name` committed, `-name` failed. */
	readonly heard: string[];
	/** Runs after each hearing. */
	react: ((entry: Entry) => void) | null;
	/** One event at the next position. */
	write(lane: Lane, name: string): Entry;
	/** Outputs only. */
	output(lane: Lane, name: string): Entry;
	commits(): Promise<ReturnType<typeof decodeCommit>[]>;
}

export async function bench(limits: Partial<GroupLimits> = {}): Promise<Bench> {
	const clock = manualClock();
	const journal = faultyJournal(openMemory(memoryStore(clock)));
	const pipeline = await GroupCommit.start({ journal, clock, log: silentLog, limits });
	const heard: string[] = [];
	const owner: Owner = {
		committed(entry) {
			heard.push(`+${String(entry.outputs)}`);
			it.react?.(entry);
		},
		failed(entry) {
			heard.push(`-${String(entry.outputs)}`);
			it.react?.(entry);
		},
	};
	const it: Bench = {
		clock,
		journal,
		pipeline,
		heard,
		react: null,
		write(lane, name) {
			const position = lane.last + 1;
			const entry = entryOf(owner, lane, name, position);
			pipeline.submit(entry);
			return entry;
		},
		output(lane, name) {
			const entry: Entry = { ...bare, lane, owner, outputs: name };
			pipeline.submit(entry);
			return entry;
		},
		async commits() {
			const rows = await journal.range({ ...ofKind("commit"), limit: 10_000 });
			return rows.map((row) => decodeCommit(row.key, row.value));
		},
	};
	return it;
}

const bare = { from: 0, to: 0, keys: [], values: [] };

export function entryOf(owner: Owner, lane: Lane, name: string, position: number): Entry {
	const out = { keys: [], values: [] };
	const event = { type: "muted", at: 1, by: "ann", until: 0 } as const;
	appendEvent(out, "conversation", lane.id, position, event);
	return { lane, from: position, to: position, head: 7, ...out, owner, outputs: name };
}

export function eventAt(id: string, position: number): Uint8Array {
	return eventKey("conversation", id, position);
}

/** Lets commits and what follows them happen. */
export function settle(): Promise<void> {
	return turns(10);
}
