// Faults planted on purpose, each a rule of the pipeline or of the client layer that is broken from
// outside while a run lasts: a simulation that does not find them finds nothing.

import { Aggregate } from "../../actors/aggregate.js";
import type { Output } from "../../actors/output.js";
import { Perform } from "../../actors/perform.js";
import { MemoryStore } from "../../src/client/memory-store.js";
import type { View } from "../../src/client/store.js";
import { Sync } from "../../src/client/sync.js";
import { type Entry, GroupCommit } from "../../src/journal/group-commit.js";
import { kinds } from "../../src/journal/keys.js";
import type { Plant } from "./world.js";

/** Replaces a method for the time of a run. */
function patch<T extends object>(
	of: T,
	name: string,
	make: (original: (...values: never[]) => unknown) => (...values: never[]) => unknown,
): () => void {
	const methods = of as Record<string, (...values: never[]) => unknown>;
	const original = methods[name];
	if (original === undefined) throw new TypeError(`there is no ${name}`);
	methods[name] = make(original);
	return () => {
		methods[name] = original;
	};
}

/** What an actor decided leaves before it is durable. */
const releasedEarly: Plant = {
	apply: () =>
		patch(
			GroupCommit.prototype,
			"submit",
			(original) =>
				function (this: GroupCommit, entry: Entry) {
					entry.owner.committed(entry);
					const owner = { committed: () => {}, failed: () => {} };
					original.call(this, { ...entry, owner } as never);
				} as never,
		),
};

/** A commit that failed is told as if nothing had been written. */
const failedIsUndone: Plant = {
	apply: () =>
		patch(
			Perform.prototype,
			"release",
			(original) =>
				function (this: Perform, outputs: readonly Output[]) {
					const told = outputs.map((output) => {
						if (output.type !== "reply" || output.op.type !== "refused") return output;
						if (output.op.code !== "JOURNAL_IO") return output;
						return { ...output, op: { ...output.op, code: "NOT_ALLOWED" } };
					});
					original.call(this, told as never);
				} as never,
		),
};

/** A new self reads the store while something of its former self is under way. */
const notSettled: Plant = {
	apply: () => patch(GroupCommit.prototype, "settled", () => () => Promise.resolve()),
};

/** An actor goes on with its state after a commit of it has failed. */
const goesOn: Plant = {
	apply: () =>
		patch(
			Aggregate.prototype,
			"failed",
			(original) =>
				function (this: { self: object }, entry: never, error: never) {
					const { self } = this;
					Object.assign(this, { self: { restart: () => {} } });
					original.call(this, entry, error);
					Object.assign(this, { self, broken: false });
				} as never,
		),
};

/** The mark that somebody may be behind is missing from the batch. */
const unmarked: Plant = {
	durable({ keys, values }) {
		const kept = keys.map((key, at) => key[0] !== kinds.pending || values[at] === null);
		return { keys: keys.filter((_, at) => kept[at]), values: values.filter((_, at) => kept[at]) };
	},
};

/** A push is applied whatever it continues from. [Y6] */
const gapsIgnored: Plant = {
	apply: () => patch(Sync.prototype, "continues", () => () => true),
};

/** A row is replaced by whatever comes later, older or not. [Y5] */
const versionsIgnored: Plant = {
	apply: () =>
		patch(
			MemoryStore.prototype,
			"view",
			(original) =>
				function (this: MemoryStore, conversation: string) {
					const view = original.call(this, conversation as never) as View | undefined;
					if (view === undefined) return view;
					const rows = [...view.rows].map(([seq, row]) => [seq, { ...row, changed: 0 }] as const);
					return { ...view, rows: new Map(rows) };
				} as never,
		),
};

export const plants: readonly (readonly [string, Plant])[] = [
	["outputs that leave before their commit", releasedEarly],
	["a failed commit that is told as undone", failedIsUndone],
	["an actor that recovers before its former self is settled", notSettled],
	["an actor that goes on after a failed commit", goesOn],
	["a mark that is not written", unmarked],
	["pushes that are applied over a gap", gapsIgnored],
	["rows that are replaced by older ones", versionsIgnored],
];
