// Opens stores for tests, writes messages through a pipeline of one lane, and looks at folders.

import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../src/base/clock.js";
import { silentLog } from "../../src/base/log.js";
import type { MessageRow } from "../../src/domain/index-row.js";
import { type Entry, GroupCommit } from "../../src/journal/group-commit.js";
import type { Journal } from "../../src/journal/journal.js";
import { type LevelOptions, openLevel } from "../../src/journal/leveldb.js";
import { lastMessage } from "../../src/journal/positions.js";
import { appendMessage } from "../../src/journal/rows.js";

export function openStore(folder: string, options: Partial<LevelOptions> = {}): Promise<Journal> {
	const common = { folder, durability: "fsync", clock: systemClock, log: silentLog } as const;
	return openLevel({ ...common, ...options });
}

export function messageOf(seq: number, content: Uint8Array = randomBytes(100)): MessageRow {
	return {
		seq,
		position: seq,
		changed: seq,
		at: 1_767_225_600_000 + seq,
		sender: "ann",
		write: { outbox: "00112233445566778899aabbccddeeff", n: seq, answered: seq - 1, hash: seq },
		state: "live",
		message: {
			id: randomBytes(8),
			contentType: "text/plain",
			content,
			replyTo: null,
			mentions: [],
			media: [],
			expiresAt: null,
			clientTime: null,
		},
		id: null,
		editedAt: null,
		withheldFrom: null,
		frozen: null,
		seenUpTo: null,
		reacted: 0,
	};
}

export interface Sender {
	readonly pipeline: GroupCommit;
	/** Resolves when it is committed. */
	send(content?: Uint8Array): Promise<number>;
}

/** Sends into one conversation, each message one entry. */
export async function sender(journal: Journal, conversation = "ann~bob"): Promise<Sender> {
	const pipeline = await GroupCommit.start({ journal, clock: systemClock, log: silentLog });
	let seq = (await lastMessage(journal, conversation))?.seq ?? 0;
	let lane = pipeline.open("conversation", conversation, seq);
	return {
		pipeline,
		async send(content) {
			if (lane.phase === "failed") {
				// Its outcome is unknown: what counts is what the store has.
				seq = (await lastMessage(journal, conversation))?.seq ?? 0;
				lane = pipeline.open("conversation", conversation, seq);
			}
			seq += 1;
			const out = { keys: [], values: [] };
			appendMessage(out, conversation, messageOf(seq, content));
			return new Promise((resolve, reject) => {
				const owner = {
					committed: (entry: Entry) => resolve(entry.to),
					failed: (_: Entry, error: Error) => reject(error),
				};
				pipeline.submit({ lane, from: seq, to: seq, head: seq, ...out, owner });
			});
		},
	};
}

/** `count` commits of one message each, closed in order. */
export async function filled(folder: string, count: number): Promise<void> {
	const journal = await openStore(folder);
	const { send, pipeline } = await sender(journal);
	for (let i = 0; i < count; i += 1) await send();
	await pipeline.stop();
	await journal.close();
}

/** Name and hash of every file: whether anything was touched. */
export async function fingerprint(folder: string): Promise<string[]> {
	const names = await readdir(folder, { recursive: true, withFileTypes: true });
	const files = names.filter((it) => it.isFile()).map((it) => join(it.parentPath, it.name));
	const lines = files.sort().map(async (path) => {
		const hash = createHash("sha256").update(await readFile(path));
		return `${path.slice(folder.length)} ${hash.digest("hex").slice(0, 16)}`;
	});
	return Promise.all(lines);
}

/** Paths of the store's files that end so. */
export async function storeFiles(folder: string, ending: string): Promise<string[]> {
	const store = join(folder, "store");
	const names = (await readdir(store)).filter((name) => name.endsWith(ending)).sort();
	return names.map((name) => join(store, name));
}
