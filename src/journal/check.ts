// The checks that every row passes on its way in: its checksum over key and value, its format
// version. What fails is named and never served.

import { BrokerError } from "../base/errors.js";
import { checksum, RowReader } from "./bytes.js";
import { describeKey } from "./keys.js";

/** Bytes of checksum at the end of each value. */
export const crcBytes = 4;

export function damaged(key: Uint8Array, why: string, cause?: unknown): BrokerError {
	return new BrokerError("JOURNAL_DAMAGED", `${describeKey(key)}: ${why}`, { cause });
}

/** Whether the value is whole and belongs to this key. */
export function sound(key: Uint8Array, value: Uint8Array): boolean {
	const end = value.length - crcBytes;
	if (end < 1) return false;
	const crc = checksum(value, 0, end, checksum(key, 0, key.length));
	return crc === storedChecksum(value);
}

/** The checksum that a value ends with. */
export function storedChecksum(value: Uint8Array): number {
	const at = value.length - crcBytes;
	const [a = 0, b = 0, c = 0, d = 0] = [value[at], value[at + 1], value[at + 2], value[at + 3]];
	return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/**
 * A reader behind the version byte of a checked value.
 *
 * Errors: JOURNAL_DAMAGED naming the row; JOURNAL_FORMAT when a newer program wrote it.
 */
export function openRow(key: Uint8Array, value: Uint8Array, version: number): RowReader {
	if (!sound(key, value)) throw damaged(key, "its checksum does not match");
	const written = value[0] as number;
	if (written > version) {
		const detail = `${describeKey(key)} has format ${written}, this program reads up to ${version}`;
		throw new BrokerError("JOURNAL_FORMAT", detail);
	}
	if (written !== version) throw damaged(key, `there is no format ${written}`);
	return new RowReader(value, 1, value.length - crcBytes);
}

/** Runs a decoder; what it throws on a row that passed its checksum still names the row. */
export function decoding<T>(key: Uint8Array, decode: () => T): T {
	try {
		return decode();
	} catch (error) {
		if (error instanceof BrokerError) throw error;
		throw damaged(key, "it cannot be decoded", error);
	}
}
