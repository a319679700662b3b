// What is no longer needed is deleted: event rows below a durable snapshot and older than the kept
// positions (messages and watermarks stay), and the oldest commit rows. The floor row is written in
// the same batch, so that a cursor or a recovery that would need what is gone knows it.

import type { Log } from "../base/log.js";
import { commitFloor, commitFloorName } from "./commit-check.js";
import { floorOf } from "./facts.js";
import type { Entry, GroupCommit } from "./group-commit.js";
import { appendFloor, appendMeta } from "./index-rows.js";
import type { Journal } from "./journal.js";
import { commitKey, type EntityKind, eventKey } from "./keys.js";

export interface TrimOptions {
	readonly journal: Journal;
	readonly pipeline: GroupCommit;
	readonly log: Log;
	/** Events younger than so many positions stay, for devices that were away. */
	readonly keptPositions: number;
	/** Commit rows that stay, for followers and for the check at opening. */
	readonly keptCommits: number;
}

/** Rows deleted by one entry, so that no commit is held up. */
const rowsPerEntry = 1_000;
/**
 * A floor is raised by a tenth of what is kept at least: otherwise each snapshot would trim a
 * row.
 */
const stepShare = 10;

export class Trimmer {
	private readonly due = new Map<string, { entity: EntityKind; id: string; floor: number }>();
	private running = false;

	constructor(private readonly options: TrimOptions) {}

	/** A snapshot at this position is durable. */
	snapshotted(entity: EntityKind, id: string, position: number): void {
		const floor = position - this.options.keptPositions;
		if (floor > 0) this.due.set(`${entity} ${id}`, { entity, id, floor });
	}

	/** One bounded step; called by the clock. Never rejects. */
	async sweep(): Promise<void> {
		if (this.running || !this.options.pipeline.accepting) return;
		this.running = true;
		try {
			for (const [name, { entity, id, floor }] of this.due) {
				this.due.delete(name);
				if (await this.trimEvents(entity, id, floor)) break;
			}
			this.trimCommits();
		} catch (error) {
			this.options.log("warn", "trim.failed", { error: String(error) });
		} finally {
			this.running = false;
		}
	}

	/** True when rows were deleted. */
	private async trimEvents(entity: EntityKind, id: string, upTo: number): Promise<boolean> {
		const { journal, keptPositions } = this.options;
		const floor = floorOf(journal, entity, id);
		if (upTo - floor < keptPositions / stepShare) return false;
		const span = { gte: eventKey(entity, id, floor + 1), lt: eventKey(entity, id, upTo + 1) };
		for (;;) {
			const rows = await journal.range({ ...span, limit: rowsPerEntry });
			const keys = rows.map(({ key }) => key);
			const last = rows.length < rowsPerEntry;
			const values: (Uint8Array | null)[] = keys.map(() => null);
			// The floor goes up before the first row goes: a crash between leaves rows, never a gap.
			appendFloor({ keys, values }, entity, id, upTo);
			await this.commit(keys, values);
			if (last) return true;
		}
	}

	private trimCommits(): void {
		const { journal, pipeline, keptCommits } = this.options;
		const floor = commitFloor(journal);
		const next = Math.min(pipeline.number - keptCommits, floor + rowsPerEntry);
		if (next - floor < Math.min(rowsPerEntry, keptCommits / stepShare)) return;
		const keys: Uint8Array[] = [];
		const values: (Uint8Array | null)[] = [];
		for (let number = floor; number < next; number += 1) {
			keys.push(commitKey(number));
			values.push(null);
		}
		appendMeta({ keys, values }, commitFloorName, [next]);
		void this.commit(keys, values).catch(() => {});
	}

	private commit(keys: Uint8Array[], values: (Uint8Array | null)[]): Promise<void> {
		const { pipeline } = this.options;
		return new Promise((resolve, reject) => {
			const owner = {
				committed: () => resolve(),
				failed: (_entry: Entry, error: Error) => reject(error),
			};
			pipeline.submit({ lane: pipeline.system, from: 0, to: 0, keys, values, owner });
		});
	}
}
