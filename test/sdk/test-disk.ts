// A disk in memory that a test can fill up, break, and whose writes it can hold; and a store on it.

import { systemClock } from "../../src/base/clock.js";
import type { View } from "../../src/client/store.js";
import type { WireMessage } from "../../src/protocol/frames.js";
import { quickGlance } from "../../src/sdk/glance.js";
import type { Batch, Disk } from "../../src/sdk/kept.js";
import { KeptStore } from "../../src/sdk/kept-store.js";

function unexpected(cause: unknown): never {
	throw cause;
}

/** Of ann. */
export function opened(
	disk: Disk,
	onFailed: (cause: unknown) => void = unexpected,
): Promise<KeptStore> {
	const glanceOf = (view: View) => quickGlance(view, "ann");
	return KeptStore.open(disk, { clock: systemClock, onFailed, glanceOf });
}

export class TestDisk implements Disk {
	readonly kept = new Map<string, unknown>();
	full = false;
	broken = false;
	writes = 0;
	reads = 0;
	held: Promise<void> = Promise.resolve();

	async load(before: string) {
		const found = [...this.kept].filter(([key]) => key < before);
		return found.map(([key, value]) => [key, () => structuredClone(value)] as const);
	}

	async rows(prefix: string) {
		this.reads += 1;
		if (this.broken) throw new Error("a bad sector");
		const found = [...this.kept].filter(([key]) => key.startsWith(prefix));
		return found.map(([key, value]) => {
			const all = structuredClone(value) as WireMessage[];
			const last = all.at(-1);
			const newest = (seq: number) => (last?.seq === seq ? last : undefined);
			return [key, { newest, all: () => all }] as const;
		});
	}

	async write({ put, remove, clear }: Batch) {
		await this.held;
		if (this.full) throw new Error("no space left");
		this.writes += 1;
		for (const below of clear) {
			for (const key of [...this.kept.keys()]) if (key.startsWith(below)) this.kept.delete(key);
		}
		for (const key of remove) this.kept.delete(key);
		for (const [key, value] of put) this.kept.set(key, structuredClone(value));
	}

	async close() {}
}
