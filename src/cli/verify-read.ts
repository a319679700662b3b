// Reads a whole store and says what is not whole: rows that fail their checksum or cannot be
// decoded, gaps in numbers that have none, conversations that cannot be recovered. Changes nothing.

import { BrokerError } from "../base/errors.js";
import { damaged } from "../journal/check.js";
import { decodeCommit } from "../journal/commit-row.js";
import type { Journal, Row, View } from "../journal/journal.js";
import {
	commitKey,
	describeKey,
	infoKey,
	type KeyParts,
	type Kind,
	messageKey,
	parseKey,
	within,
} from "../journal/keys.js";
import * as rows from "../journal/rows.js";
import { pages } from "../journal/scan.js";
import { recoverConversation, recoverUser } from "./inspect-read.js";

export interface Finding {
	/** The row by name: `message general/17`. */
	readonly row: string;
	readonly why: string;
}

export interface VerifyReport {
	readonly ok: boolean;
	readonly data: string;
	/** Null when the store could not be opened. */
	readonly epoch: string | null;
	readonly boot: number | null;
	/** Rows read, by kind. */
	readonly rows: Readonly<Record<string, number>>;
	readonly bytes: number;
	readonly findings: number;
	/** The first of them. */
	readonly damage: readonly Finding[];
}

/** Findings told by name; a disk that lost its mind has millions. */
const damageMax = 100;

type Decode = (key: Uint8Array, value: Uint8Array, ids: readonly string[]) => unknown;

const decoders: Readonly<Record<Kind, Decode>> = {
	meta: rows.decodeMeta,
	commit: decodeCommit,
	registry: rows.decodeRegistry,
	snapshot: rows.decodeSnapshot,
	floor: rows.decodeFloor,
	event: rows.decodeEvent,
	message: (key, value, [conversation = ""]) => rows.decodeMessage(key, value, conversation),
	watermark: rows.decodeWatermark,
	info: rows.decodeInfo,
	reaction: rows.decodeReaction,
	member: rows.decodeMember,
	pending: rows.decodeMark,
	hidden: rows.decodeMark,
	blocked: rows.decodeMark,
	user: rows.decodeUser,
	lastSeen: rows.decodeLastSeen,
	expiry: rows.decodeMark,
	reference: rows.decodeMark,
	loose: rows.decodeMark,
	upload: rows.decodeUpload,
	uploader: rows.decodeMark,
};

/** Errors: JOURNAL_CLOSED. Everything else becomes a finding. */
export async function verifyJournal(journal: Journal, data: string): Promise<VerifyReport> {
	const check = new Check(journal);
	const view = journal.view();
	try {
		// Kind by kind, so that a part that cannot be read does not hide the others.
		for (let kind = 0; kind < 255; kind += 1) await check.scan(view, Uint8Array.of(kind));
	} finally {
		view.close();
	}
	const { counts, bytes, findings, damage } = check;
	const { epoch, boot } = journal;
	return { ok: findings === 0, data, epoch, boot, rows: counts, bytes, findings, damage };
}

/** What is told of a store that does not even open. */
export function unopened(data: string, why: string): VerifyReport {
	const damage = [{ row: "store", why }];
	return { ok: false, data, epoch: null, boot: null, rows: {}, bytes: 0, findings: 1, damage };
}

class Check {
	readonly counts: Record<string, number> = {};
	readonly damage: Finding[] = [];
	bytes = 0;
	findings = 0;
	private lastCommit: number | null = null;
	private last = { conversation: "", seq: 0 };

	constructor(private readonly journal: Journal) {}

	async scan(view: View, prefix: Uint8Array): Promise<void> {
		const name = `rows of kind ${prefix[0]}`;
		await this.guard(name, async () => {
			for await (const page of pages(view, within(prefix))) {
				for (const row of page) await this.row(row);
			}
		});
	}

	private async row({ key, value }: Row): Promise<void> {
		this.bytes += key.length + value.length;
		const parts = parseKey(key);
		await this.guard(describeKey(key), async () => {
			if (parts === null) throw damaged(key, "no program of this version writes such a row");
			this.counts[parts.kind] = (this.counts[parts.kind] ?? 0) + 1;
			decoders[parts.kind](key, value, parts.ids);
			await this.context(parts);
		});
	}

	/** What a row says beyond itself. */
	private async context({ kind, ids, numbers }: KeyParts): Promise<void> {
		const [id = ""] = ids;
		const [number = 0] = numbers;
		if (kind === "commit") {
			const expected = this.lastCommit === null ? number : this.lastCommit + 1;
			this.lastCommit = number;
			if (number !== expected) throw damaged(commitKey(expected), "the row is missing");
		} else if (kind === "message") {
			const expected = id === this.last.conversation ? this.last.seq + 1 : 1;
			this.last = { conversation: id, seq: number };
			if (number !== expected) throw damaged(messageKey(id, expected), "the row is missing");
		} else if (kind === "user") {
			await recoverUser(this.journal, id);
		} else if (kind === "info") {
			await this.conversation(id);
		}
	}

	private async conversation(id: string): Promise<void> {
		const { head, members } = await recoverConversation(this.journal, id);
		for (const { user, delivered } of members.values()) {
			if (delivered > head) {
				throw damaged(infoKey(id), `${user} has ${delivered} of ${head} messages delivered`);
			}
		}
		if (head > 0 && this.journal.get(messageKey(id, head)) === undefined) {
			throw damaged(messageKey(id, head), "the row is missing");
		}
	}

	private async guard(row: string, run: () => Promise<void>): Promise<void> {
		try {
			await run();
		} catch (error) {
			if (error instanceof BrokerError && error.code === "JOURNAL_CLOSED") throw error;
			this.findings += 1;
			if (this.damage.length >= damageMax) return;
			const why = error instanceof BrokerError ? error.detail : String(error);
			// The detail begins with the row's name when it is about this very row.
			this.damage.push({ row, why: why.startsWith(`${row}: `) ? why.slice(row.length + 2) : why });
		}
	}
}
