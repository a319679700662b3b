// The journal alone: group commits of message rows with random bodies, synced or not, in batches of
// several sizes. Reads back what it wrote before it quotes a figure.

import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/base/clock.js";
import { silentLog } from "../src/base/log.js";
import type { MessageRow } from "../src/domain/index-row.js";
import type { Journal } from "../src/journal/journal.js";
import { messagesAbove } from "../src/journal/keys.js";
import { openLevel } from "../src/journal/leveldb.js";
import { appendMessage, decodeMessage } from "../src/journal/rows.js";
import { pages } from "../src/journal/scan.js";
import type { Flags } from "./flags.js";
import { Histogram, round } from "./histogram.js";

export interface JournalRow {
	readonly name: string;
	readonly parameters: Readonly<Record<string, number | string>>;
	readonly [figure: string]: unknown;
}

function row(seq: number, bytes: number): MessageRow {
	const message = {
		id: randomBytes(8),
		contentType: "text/plain",
		content: randomBytes(bytes),
		replyTo: null,
		mentions: [],
		media: [],
		expiresAt: null,
		clientTime: null,
	};
	return {
		seq,
		position: seq,
		changed: seq,
		at: 1_700_000_000_000 + seq,
		sender: "ann",
		write: { outbox: "0123456789abcdef".repeat(2), n: seq, answered: seq - 1, hash: seq },
		state: "live",
		message,
		id: null,
		editedAt: null,
		withheldFrom: null,
		frozen: null,
		seenUpTo: null,
		reacted: 0,
	};
}

/** A larger commit takes longer than a turn of the scheduler's, and is seldom left alone. */
const floorBatchMax = 16;

/** Messages a second, CPU of the whole process per message, longest commit, bytes kept. */
export async function journal(flags: Flags): Promise<JournalRow[]> {
	const bytes = flags.number("bytes", 100);
	const seconds = flags.on("sustained") ? 60 : flags.on("quick") ? 1 : 5;
	const rows: JournalRow[] = [];
	for (const durability of ["fsync", "os"] as const) {
		for (const batch of [1, 16, 256, 1_000]) {
			rows.push(await measure(durability, batch, bytes, seconds));
		}
	}
	return rows;
}

async function measure(
	durability: "fsync" | "os",
	batch: number,
	bytes: number,
	seconds: number,
): Promise<JournalRow> {
	const folder = mkdtempSync(join(tmpdir(), "colloquy-bench-journal-"));
	const store = await openLevel({ folder, durability, clock: systemClock, log: silentLog });
	try {
		const times = new Histogram();
		const cpu = process.cpuUsage();
		const began = performance.now();
		let seq = 0;
		while (performance.now() - began < seconds * 1_000) {
			const writes = { keys: [], values: [] };
			for (let i = 0; i < batch; i += 1) {
				seq += 1;
				appendMessage(writes, "bench", row(seq, bytes));
			}
			const started = performance.now();
			await store.commit(writes);
			times.record(performance.now() - started);
		}
		const elapsed = performance.now() - began;
		const { user, system } = process.cpuUsage(cpu);
		const faults = (await count(store)) === seq ? 0 : 1;
		await store.close();
		return {
			name: "journal",
			parameters: { durability, batch, bytes },
			perSecond: round((seq / elapsed) * 1_000),
			cpuMicros: round((user + system) / seq),
			...times.summary(),
			floorMs: batch <= floorBatchMax ? round(times.percentile(0.01)) : null,
			keptPerByte: round(sizeOf(join(folder, "store")) / (seq * bytes)),
			faults,
		};
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

async function count(store: Journal): Promise<number> {
	let found = 0;
	for await (const page of pages(store, messagesAbove("bench", 0))) {
		for (const { key, value } of page) {
			if (decodeMessage(key, value, "bench").seq === found + 1) found += 1;
		}
	}
	return found;
}

function sizeOf(folder: string): number {
	return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
