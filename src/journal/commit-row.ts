// The commit row: one in every group, numbered without a gap, so that a lost batch is noticed. It
// says which positions of which entities the group holds; `tail`, webhooks and projections follow
// these rows. Its number is in the key.

import { checksum, writer } from "./bytes.js";
import { crcBytes, decoding, openRow, storedChecksum } from "./check.js";
import type { Row, View } from "./journal.js";
import { commitKey, type EntityKind, numberOf, ofKind } from "./keys.js";
import type { RowsOut } from "./message-row.js";

export const commitVersion = 1;
const entityBytesMax = 1 + 256 + 3 * 8;

/** What one group holds of one entity. */
export interface CommitPart {
	readonly entity: EntityKind;
	readonly id: string;
	readonly from: number;
	readonly to: number;
	/** Conversations: the last `seq` after it; 0 for users. */
	readonly head: number;
}

export interface CommitRow {
	readonly number: number;
	/** ms since 1970 */
	readonly at: number;
	/** How many rows the batch writes and deletes, this one not counted. */
	readonly rows: number;
	/** Fold over the checksums of those rows, in order. */
	readonly check: number;
	readonly parts: readonly CommitPart[];
}

/** Continues the fold with one more row of the batch. */
export function fold(check: number, key: Uint8Array, value: Uint8Array | null): number {
	// A value's own checksum covers its key; a deletion has only the key.
	const crc = value === null ? checksum(key, 0, key.length) : storedChecksum(value);
	return (Math.imul(check ^ crc, 0x0100_0193) + 1) >>> 0;
}

export function appendCommit(out: RowsOut, row: CommitRow): void {
	out.keys.push(commitKey(row.number, 32 + row.parts.length * entityBytesMax + crcBytes));
	writer.u8(commitVersion);
	writer.u48(row.at);
	writer.varint(row.rows);
	writer.varint(row.check);
	writer.varint(row.parts.length);
	for (const part of row.parts) {
		writer.u8(part.entity === "user" ? 2 : 1);
		writer.id(part.id);
		writer.varint(part.from);
		writer.varint(part.to - part.from);
		writer.varint(part.head);
	}
	out.values.push(writer.value());
}

/** Errors: JOURNAL_DAMAGED, JOURNAL_FORMAT. */
export function decodeCommit(key: Uint8Array, value: Uint8Array): CommitRow {
	return decoding(key, () => {
		const reader = openRow(key, value, commitVersion);
		const at = reader.u48();
		const rows = reader.varint();
		const check = reader.varint();
		const parts: CommitPart[] = [];
		for (let rest = reader.varint(); rest > 0; rest -= 1) {
			const entity = reader.u8() === 2 ? "user" : "conversation";
			const id = reader.id();
			const from = reader.varint();
			parts.push({ entity, id, from, to: from + reader.varint(), head: reader.varint() });
		}
		return { number: numberOf(key), at, rows, check, parts };
	});
}

/** The number of the newest commit; 0 in a new store. */
export async function lastCommitNumber(source: Pick<View, "range">): Promise<number> {
	const [row] = await source.range({ ...ofKind("commit"), limit: 1, reverse: true });
	return row === undefined ? 0 : numberOf((row as Row).key);
}
