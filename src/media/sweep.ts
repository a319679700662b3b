// Collection: removes files that nothing references and no valid ticket names, and drafts by age.
// Why it cannot race an upload or a new reference: docs/media.md §8.

import type { Clock } from "../base/clock.js";
import type { MediaIndex } from "./media-index.js";
import type { Locks } from "./slots.js";
import type { BlobStore } from "./store.js";

export interface SweepParts {
	readonly clock: Clock;
	readonly index: MediaIndex;
	readonly store: BlobStore;
	readonly locks: Locks;
	/** The last ticket ends `mediaTicketMs` after the loose row; the grace is for commits. */
	readonly limits: { readonly mediaTicketMs: number; readonly mediaGraceMs: number };
}

export interface Collected {
	readonly files: number;
	/** Loose rows looked at whose file turned out to be referenced. */
	readonly held: number;
}

export async function sweep(parts: SweepParts): Promise<Collected> {
	const { clock, index, limits } = parts;
	const before = clock.now() - limits.mediaTicketMs - limits.mediaGraceMs;
	const outcomes = { removed: 0, held: 0, young: 0 };
	for await (const hash of index.loose()) outcomes[await collect(parts, hash, before)] += 1;
	return { files: outcomes.removed, held: outcomes.held };
}

async function collect(
	{ index, store, locks }: SweepParts,
	hash: Uint8Array,
	before: number,
): Promise<"removed" | "held" | "young"> {
	const name = Buffer.from(hash).toString("hex");
	return locks.run(name, async () => {
		// Under the lock: an upload may have come since the row was read.
		const since = await index.looseSince(hash);
		if (since === null || since >= before) return "young";
		if (await index.referenced(hash)) {
			// Only rows of before: one that a release writes at this moment stays.
			await index.held(hash, since);
			return "held";
		}
		// The file first: rows without a file are forgotten next time, a file without rows never.
		await store.remove(name);
		await index.forget(hash);
		return "removed";
	});
}
