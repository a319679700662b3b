// One group of entries that are committed together, while it gathers and while it is in flight; and
// the lane, an entity's place in the pipeline. Plain state: the rules are in `group-commit.ts`.

import { BrokerError } from "../base/errors.js";
import { type CommitPart, fold } from "./commit-row.js";
import type { EntityKind } from "./keys.js";

/** Whoever handed entries over hears of each, in the order of handing over within its lane. */
export interface Owner {
	committed(entry: Entry): void;
	/** The outcome is unknown: the entry may or may not be found after recovery. */
	failed(entry: Entry, error: BrokerError): void;
}

/** What one actor hands over at once: rows and whatever must wait until they are durable. */
export interface Entry {
	readonly lane: Lane;
	/** First and last position written; both 0 when it writes no event. */
	readonly from: number;
	readonly to: number;
	/** Conversations: the last `seq` after this entry. */
	readonly head?: number;
	/** Both empty for an entry of outputs only. */
	readonly keys: readonly Uint8Array[];
	readonly values: readonly (Uint8Array | null)[];
	readonly owner: Owner;
	/** Not looked at here. */
	readonly outputs?: unknown;
}

/** `failed`: something handed over has an unknown outcome, so the actor's state is void. */
export type LanePhase = "open" | "failed" | "closed";

/** An entity's place in the pipeline, from its recovery to its passivation or crash. */
export class Lane {
	readonly kind: EntityKind | "system";
	readonly id: string;
	phase: LanePhase = "open";
	/** Last position handed over. */
	last: number;
	/** Last position known to be durable. */
	committed: number;
	/** Entries handed over whose owner has not heard yet. */
	pending = 0;
	/** Where the newest of them is. */
	group: Group | null = null;
	/** Index of this lane's part in `group.parts`; only meaningful for `partGroup`. */
	part = 0;
	partGroup: Group | null = null;

	constructor(kind: EntityKind | "system", id: string, last: number) {
		this.kind = kind;
		this.id = id;
		this.last = last;
		this.committed = last;
	}
}

interface Part extends CommitPart {
	to: number;
	head: number;
}

export class Group {
	readonly entries: Entry[] = [];
	readonly keys: Uint8Array[] = [];
	readonly values: (Uint8Array | null)[] = [];
	readonly parts: Part[] = [];
	bytes = 0;
	check = 0;
	/** Called once every entry's owner has heard. */
	readonly after: (() => void)[] = [];

	add(entry: Entry): void {
		const { keys, values } = entry;
		for (let i = 0; i < keys.length; i += 1) {
			const key = keys[i] as Uint8Array;
			const value = values[i] as Uint8Array | null;
			this.keys.push(key);
			this.values.push(value);
			this.check = fold(this.check, key, value);
			this.bytes += key.length + (value === null ? 0 : value.length);
		}
		this.#note(entry);
		this.follow(entry);
	}

	/** An entry that leaves with this group without adding to its batch. */
	follow(entry: Entry): void {
		this.entries.push(entry);
		entry.lane.pending += 1;
		entry.lane.group = this;
	}

	/** One part per lane and group, however many entries the lane hands over. */
	#note(entry: Entry): void {
		const lane = entry.lane;
		if (entry.to === 0 || lane.kind === "system") return;
		const head = entry.head ?? 0;
		if (lane.partGroup === this) {
			const part = this.parts[lane.part] as Part;
			part.to = entry.to;
			part.head = head;
			return;
		}
		lane.partGroup = this;
		lane.part = this.parts.length;
		this.parts.push({ entity: lane.kind, id: lane.id, from: entry.from, to: entry.to, head });
	}
}

/** Moves the lane to the entry's last position. Errors: JOURNAL_CONFLICT: it does not follow. */
export function advance(entry: Entry): void {
	const lane = entry.lane;
	if (entry.to === 0) return;
	if (entry.from !== lane.last + 1 || entry.to < entry.from) {
		throw conflict(entry, `${entry.from}–${entry.to} does not follow ${lane.last}`);
	}
	lane.last = entry.to;
}

export function conflict(entry: Entry, why: string): BrokerError {
	const { kind, id } = entry.lane;
	return new BrokerError("JOURNAL_CONFLICT", `${kind} ${id}: ${why}`);
}

/** Looks through one lane's entries; null: a deletion; undefined: no such write is under way. */
export function newestWrite(
	groups: readonly Group[],
	lane: Lane,
	key: Uint8Array,
): Uint8Array | null | undefined {
	for (let g = groups.length - 1; g >= 0; g -= 1) {
		const entries = (groups[g] as Group).entries;
		for (let e = entries.length - 1; e >= 0; e -= 1) {
			const entry = entries[e] as Entry;
			if (entry.lane !== lane) continue;
			const at = entry.keys.findLastIndex((one) => Buffer.compare(one, key) === 0);
			if (at >= 0) return entry.values[at] as Uint8Array | null;
		}
	}
	return undefined;
}
