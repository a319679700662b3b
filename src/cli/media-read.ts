// What `colloquy media ls`, `gc` and `verify` find out about a folder that nobody serves: files of
// the store against rows of the journal, both ways.

import { createHash } from "node:crypto";
import { systemClock } from "../base/clock.js";
import type { Config } from "../config.js";
import { GroupCommit } from "../journal/group-commit.js";
import type { Journal } from "../journal/journal.js";
import { ofHash, ofKind, parseKey } from "../journal/keys.js";
import { openLevel } from "../journal/leveldb.js";
import { readMarker } from "../journal/marker.js";
import { MediaRows, referenceDifferences } from "../journal/media-rows.js";
import { pages } from "../journal/scan.js";
import { openStore } from "../media/open-store.js";
import { Locks } from "../media/slots.js";
import type { BlobStore } from "../media/store.js";
import { sweep } from "../media/sweep.js";
import { CliError } from "./exit.js";
import { lineLog } from "./log.js";
import { note } from "./output.js";

/** A folder's journal and store, open. */
export interface MediaFolder {
	readonly journal: Journal;
	readonly rows: MediaRows;
	readonly store: BlobStore;
}

/** Errors: DATA_LOCKED and others of the journal; CONFIG_INVALID; CliError without a store. */
export async function withMedia<T>(
	config: Config,
	run: (media: MediaFolder) => Promise<T>,
): Promise<T> {
	const { data } = config;
	const marker = await readMarker(data);
	if (marker === null) {
		throw new CliError("no", `${data} holds no store`, "name the folder of a server (--data)");
	}
	const { durability } = marker;
	const log = lineLog(systemClock, "warn", note);
	const journal = await openLevel({ folder: data, durability, clock: systemClock, log });
	try {
		const pipeline = await GroupCommit.start({ journal, clock: systemClock, log, limits: config });
		const { store } = await openStore(config);
		try {
			return await run({ journal, rows: new MediaRows(journal, pipeline), store });
		} finally {
			await store.close();
			await pipeline.stop();
		}
	} finally {
		await journal.close();
	}
}

export interface ListedFile {
	readonly hash: string;
	readonly size: number;
	readonly references: number;
	/** When it was last uploaded or lost a reference, as far as that is noted; ms since 1970. */
	readonly looseSince: number | null;
}

export interface Listing {
	readonly files: number;
	readonly bytes: number;
	/** The first of them. */
	readonly listed: readonly ListedFile[];
}

export async function listMedia(
	{ journal, rows, store }: MediaFolder,
	limit: number,
): Promise<Listing> {
	const listed: ListedFile[] = [];
	let files = 0;
	let bytes = 0;
	for await (const { hash, size } of store.list()) {
		files += 1;
		bytes += size;
		if (listed.length >= limit) continue;
		const key = Buffer.from(hash, "hex");
		let references = 0;
		for await (const page of pages(journal, ofHash("reference", key))) references += page.length;
		listed.push({ hash, size, references, looseSince: await rows.looseSince(key) });
	}
	return { files, bytes, listed };
}

export interface Collection {
	/** Files removed because nothing references them any more. */
	readonly collected: number;
	/** Files removed because the journal knows nothing of them. */
	readonly unknown: number;
}

export async function collectMedia(
	{ rows: index, store }: MediaFolder,
	limits: Pick<Config, "mediaTicketMs" | "mediaGraceMs">,
): Promise<Collection> {
	const clock = systemClock;
	const { files } = await sweep({ clock, index, store, locks: new Locks(), limits });
	const before = clock.now() - limits.mediaTicketMs - limits.mediaGraceMs;
	let unknown = 0;
	for await (const { hash, at } of store.list()) {
		if (at >= before || (await isKnown(index, hash))) continue;
		await store.remove(hash);
		unknown += 1;
	}
	return { collected: files, unknown };
}

async function isKnown(index: MediaRows, hash: string): Promise<boolean> {
	const key = Buffer.from(hash, "hex");
	return (await index.looseSince(key)) !== null || (await index.referenced(key));
}

export interface MediaFinding {
	readonly hash: string;
	readonly why: string;
}

export interface MediaReport {
	readonly ok: boolean;
	readonly data: string;
	readonly files: number;
	readonly bytes: number;
	readonly references: number;
	readonly findings: number;
	/** The first of them. */
	readonly damage: readonly MediaFinding[];
}

/** Findings told one by one. */
const damageMax = 100;

/** Reads every file, every reference and every message. Changes nothing. */
export async function verifyMedia(media: MediaFolder, data: string): Promise<MediaReport> {
	const damage: MediaFinding[] = [];
	const seen = { files: 0, bytes: 0, references: 0, findings: 0 };
	const found = (hash: string, why: string) => {
		seen.findings += 1;
		if (damage.length < damageMax) damage.push({ hash, why });
	};
	for await (const { hash, size } of media.store.list()) {
		seen.files += 1;
		seen.bytes += size;
		if ((await hashOf(media.store, hash)) !== hash) found(hash, "the file has another hash");
		if (!(await isKnown(media.rows, hash))) found(hash, "no row knows the file");
	}
	const view = media.journal.view();
	try {
		let last = "";
		for await (const page of pages(view, ofKind("reference"))) {
			seen.references += page.length;
			for (const { key } of page) {
				const hash = parseKey(key)?.ids[0] ?? "";
				if (hash === last) continue;
				last = hash;
				const blob = await media.store.open(hash);
				await blob?.close();
				if (blob === null) found(hash, "a message references it, and it is not there");
			}
		}
		for await (const { hash, conversation, seq, is } of referenceDifferences(view)) {
			found(hash, `the reference of message ${conversation}/${seq} is ${is}`);
		}
	} finally {
		view.close();
	}
	return { ok: seen.findings === 0, data, ...seen, damage };
}

async function hashOf(store: BlobStore, name: string): Promise<string> {
	const blob = await store.open(name);
	if (blob === null) return "";
	try {
		const hash = createHash("sha256");
		for await (const chunk of blob.read(0, blob.size - 1)) hash.update(chunk as Buffer);
		return hash.digest("hex");
	} finally {
		await blob.close();
	}
}
