// What the rows say of media: uploads, references, files that are loose; and who may see a
// reference. References are written by conversations (`domain/conversation-index.ts`); the rest is
// written here.

import type { MediaReference } from "../domain/event.js";
import { sameHash } from "../domain/media.js";
import type { GroupCommit } from "./group-commit.js";
import { appendUpload, decodeMember, decodeUpload, type UploadRow } from "./index-rows.js";
import type { Journal, View } from "./journal.js";
import {
	hiddenKey,
	looseKey,
	memberKey,
	messageKey,
	numberOf,
	ofHash,
	ofId,
	ofKind,
	parseKey,
	referenceKey,
	uploaderKey,
	uploadKey,
} from "./keys.js";
import { decodeMessage } from "./message-row.js";
import { pages } from "./scan.js";
import { show } from "./shown.js";
import { commitRows } from "./system-rows.js";

/** Users whose used bytes are remembered; those of others are counted again. */
const usageKept = 10_000;
/** Messages of one conversation looked at for one that the reader may see, newest first. */
const referencesMax = 1_000;

export class MediaRows {
	private readonly usage = new Map<string, number>();

	constructor(
		private readonly journal: Journal,
		private readonly pipeline: GroupCommit,
	) {}

	async used(user: string): Promise<number> {
		const known = this.usage.get(user);
		if (known !== undefined) return known;
		let used = 0;
		for await (const page of pages(this.journal, ofId("upload", user))) {
			for (const { key, value } of page) used += decodeUpload(key, value).size;
		}
		// Another look may have been quicker, and an upload have come since.
		return this.usage.get(user) ?? this.remember(user, used);
	}

	upload(user: string, hash: Uint8Array): UploadRow | null {
		const key = uploadKey(user, hash);
		const value = this.journal.get(key);
		return value === undefined ? null : decodeUpload(key, value);
	}

	async uploaded(user: string, hash: Uint8Array, row: UploadRow): Promise<void> {
		await this.used(user);
		const before = this.upload(user, hash)?.size ?? 0;
		const rows = { keys: [], values: [] };
		appendUpload(rows, user, hash, row);
		await commitRows(this.pipeline, rows);
		this.add(user, row.size - before);
	}

	async withdraw(user: string, hash: Uint8Array): Promise<void> {
		const size = this.upload(user, hash)?.size ?? 0;
		const keys = [uploadKey(user, hash), uploaderKey(hash, user)];
		await commitRows(this.pipeline, { keys, values: [null, null] });
		this.add(user, -size);
	}

	async seen(user: string, hash: Uint8Array, conversation: string): Promise<MediaReference | null> {
		const view = this.journal.view();
		try {
			const key = memberKey(user, conversation);
			const value = view.get(key);
			if (value === undefined) return null;
			const viewer = { view, user, conversation, member: decodeMember(key, value) };
			let looked = 0;
			const span = { ...ofHash("reference", hash, conversation), reverse: true };
			for await (const page of pages(view, span)) {
				for (const row of page) {
					const found = shownIn(viewer, numberOf(row.key), hash);
					if (found !== null) return found;
					looked += 1;
					if (looked >= referencesMax) return null;
				}
			}
			return null;
		} finally {
			view.close();
		}
	}

	async referenced(hash: Uint8Array): Promise<boolean> {
		return (await this.journal.range({ ...ofHash("reference", hash), limit: 1 })).length > 0;
	}

	async looseSince(hash: Uint8Array): Promise<number | null> {
		const [last] = await this.journal.range({ ...ofHash("loose", hash), limit: 1, reverse: true });
		return last === undefined ? null : numberOf(last.key);
	}

	async *loose(): AsyncIterable<Uint8Array> {
		let last = "";
		for await (const page of pages(this.journal, ofKind("loose"))) {
			for (const { key } of page) {
				const hash = parseKey(key)?.ids[0] ?? "";
				if (hash === last) continue;
				last = hash;
				yield Buffer.from(hash, "hex");
			}
		}
	}

	async held(hash: Uint8Array, upTo: number): Promise<void> {
		await this.deleteLoose(hash, upTo, []);
	}

	async forget(hash: Uint8Array): Promise<void> {
		const deleted: Uint8Array[] = [];
		const freed: [user: string, size: number][] = [];
		for await (const page of pages(this.journal, ofHash("uploader", hash))) {
			for (const { key } of page) {
				const user = parseKey(key)?.ids[1] ?? "";
				freed.push([user, this.upload(user, hash)?.size ?? 0]);
				deleted.push(uploaderKey(hash, user), uploadKey(user, hash));
			}
		}
		await this.deleteLoose(hash, Number.MAX_SAFE_INTEGER, deleted);
		for (const [user, size] of freed) this.add(user, -size);
	}

	private async deleteLoose(hash: Uint8Array, upTo: number, more: Uint8Array[]): Promise<void> {
		const keys = [...more];
		for await (const page of pages(this.journal, ofHash("loose", hash))) {
			for (const { key } of page)
				if (numberOf(key) <= upTo) keys.push(looseKey(hash, numberOf(key)));
		}
		await commitRows(this.pipeline, { keys, values: keys.map(() => null) });
	}

	private add(user: string, bytes: number): void {
		const known = this.usage.get(user);
		if (known !== undefined) this.usage.set(user, known + bytes);
	}

	private remember(user: string, used: number): number {
		const [oldest] = this.usage.keys();
		if (this.usage.size >= usageKept && oldest !== undefined) this.usage.delete(oldest);
		this.usage.set(user, used);
		return used;
	}
}

/** The reference in message `seq`, if this viewer is shown that message. */
function shownIn(
	viewer: Parameters<typeof show>[0],
	seq: number,
	hash: Uint8Array,
): MediaReference | null {
	const { view, user, conversation } = viewer;
	const key = messageKey(conversation, seq);
	const value = view.get(key);
	if (value === undefined) return null;
	const hidden = view.get(hiddenKey(user, conversation, seq)) === undefined ? none : new Set([seq]);
	const row = show(viewer, decodeMessage(key, value, conversation), hidden, new Map());
	if (row?.state !== "live") return null;
	return row.message?.media.find((one) => sameHash(one.hash, hash)) ?? null;
}

const none: ReadonlySet<number> = new Set();

/** A reference row that is there and should not be, or the other way round. */
export interface Difference {
	readonly hash: string;
	readonly conversation: string;
	readonly seq: number;
	readonly is: "missing" | "needless";
}

/** Compares the reference rows with those that the messages ask for, both ways. */
export async function* referenceDifferences(view: View): AsyncIterable<Difference> {
	for await (const page of pages(view, ofKind("message"))) {
		for (const { key, value } of page) {
			const { ids, numbers } = parseKey(key) ?? { ids: [], numbers: [] };
			const [conversation = ""] = ids;
			const [seq = 0] = numbers;
			for (const { hash } of decodeMessage(key, value, conversation).message?.media ?? []) {
				if (view.get(referenceKey(hash, conversation, seq)) === undefined) {
					yield { hash: hex(hash), conversation, seq, is: "missing" };
				}
			}
		}
	}
	for await (const page of pages(view, ofKind("reference"))) {
		for (const { key } of page) {
			const { ids, numbers } = parseKey(key) ?? { ids: [], numbers: [] };
			const [hash = "", conversation = ""] = ids;
			const [seq = 0] = numbers;
			const at = messageKey(conversation, seq);
			const value = view.get(at);
			const media =
				value === undefined ? [] : (decodeMessage(at, value, conversation).message?.media ?? []);
			if (media.some((one) => hex(one.hash) === hash)) continue;
			yield { hash, conversation, seq, is: "needless" };
		}
	}
}

function hex(hash: Uint8Array): string {
	return Buffer.from(hash).toString("hex");
}
