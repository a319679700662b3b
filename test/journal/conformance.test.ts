// The exported suite against our own adapters, each plain and behind a disk that fails.

import { rm } from "node:fs/promises";
import t from "tap";
import { systemClock } from "../../src/base/clock.js";
import { silentLog } from "../../src/base/log.js";
import type { Journal } from "../../src/journal/journal.js";
import { openLevel } from "../../src/journal/leveldb.js";
import { memoryStore, openMemory } from "../../src/journal/memory.js";
import { faultyJournal } from "../../src/testing/faulty-journal.js";
import { type JournalSubject, journalSuite } from "../conformance/journal.js";
import { temporaryFolder } from "./folder.js";

interface Adapter {
	readonly name: string;
	create(): Promise<{
		open(): Promise<Journal>;
		remove(): Promise<void>;
	}>;
}

const adapters: Adapter[] = [
	{
		name: "memory",
		async create() {
			const store = memoryStore(systemClock);
			return { open: async () => openMemory(store), remove: async () => {} };
		},
	},
	...(["fsync", "os"] as const).map((durability) => ({
		name: `leveldb, ${durability}`,
		async create() {
			const folder = await temporaryFolder();
			return {
				open: () => openLevel({ folder, durability, clock: systemClock, log: silentLog }),
				remove: () => rm(folder, { recursive: true, force: true }),
			};
		},
	})),
];

for (const { name, create } of adapters) {
	t.test(name, async (t) => {
		journalSuite({
			test: (title, run) => void t.test(title, run),
			supports: { restart: true, faults: false },
			async create(): Promise<JournalSubject> {
				const { open, remove } = await create();
				const journal = await open();
				return {
					journal,
					restart: open,
					async dispose() {
						await journal.close();
						await remove();
					},
				};
			},
		});
	});
	t.test(`${name}, on a failing disk`, async (t) => {
		journalSuite({
			test: (title, run) => void t.test(title, run),
			supports: { restart: false, faults: true },
			async create(): Promise<JournalSubject> {
				const { open, remove } = await create();
				const journal = faultyJournal(await open());
				return {
					journal,
					failNext: (how) => journal.failNext(how),
					async dispose() {
						await journal.close();
						await remove();
					},
				};
			},
		});
	});
}
