// Fields put together by position: a record is an array of its fields, a variant an array of its
// code and the fields of that code. Both may be cut short after the last field that is not nil, and
// both pass over what a newer peer appended [P-2.6].

import type { Reader } from "./reader.js";
import type { Fields, Type } from "./schema.js";
import type { Writer } from "./writer.js";

type Plain = Record<string, unknown>;
type Row = readonly [name: string, type: Type<unknown>];

/** Reads fields into `target`; `left` is how many elements the array still has. */
export function readFields(
	reader: Reader,
	rows: readonly Row[],
	left: number,
	target: Plain,
): void {
	let remaining = left;
	for (const [name, type] of rows) {
		if (remaining > 0) {
			target[name] = type.read(reader);
			remaining--;
		} else if (type.missing !== undefined) target[name] = type.missing;
		else reader.refuse("is missing");
		if (reader.code !== null) {
			reader.within(name);
			return;
		}
	}
	reader.skip(remaining);
}

/** How many of the fields must be written. */
export function countFields(rows: readonly Row[], value: Plain): number {
	let count = rows.length;
	while (count > 0) {
		const [name, type] = rows[count - 1] as Row;
		if (!type.absent(value[name])) break;
		count--;
	}
	return count;
}

export function writeFields(
	writer: Writer,
	rows: readonly Row[],
	count: number,
	value: Plain,
): void {
	for (let i = 0; i < count; i++) {
		const [name, type] = rows[i] as Row;
		type.write(writer, value[name]);
	}
}

export function rowsOf<T>(fields: Fields<T>): readonly Row[] {
	return Object.entries(fields) as unknown as readonly Row[];
}

export function record<T extends object>(fields: Fields<T>): Type<T> {
	const rows = rowsOf(fields);
	return {
		read(reader) {
			const target: Plain = {};
			readFields(reader, rows, reader.array(), target);
			return target as T;
		},
		write(writer, value) {
			const count = countFields(rows, value as Plain);
			writer.array(count);
			writeFields(writer, rows, count, value as Plain);
		},
		missing: undefined,
		absent: () => false,
	};
}

interface Variant {
	readonly type: string;
	readonly code: number;
	readonly rows: readonly Row[];
}

export interface Variants {
	readonly byCode: readonly (Variant | undefined)[];
	readonly byType: ReadonlyMap<string, Variant>;
}

export type VariantFields<T extends { readonly type: string }> = {
	readonly [K in T["type"]]: Fields<Omit<Extract<T, { readonly type: K }>, "type">>;
};

export function variants<T extends { readonly type: string }>(
	codes: Readonly<Record<T["type"], number>>,
	fields: VariantFields<T>,
): Variants {
	const byCode: Variant[] = [];
	const byType = new Map<string, Variant>();
	for (const [type, own] of Object.entries(fields)) {
		const code = codes[type as T["type"]];
		const variant = { type, code, rows: rowsOf(own as Fields<unknown>) };
		byCode[code] = variant;
		byType.set(type, variant);
	}
	return { byCode, byType };
}

/** A variant as a value; `unknown` says what a code of a newer peer reads as. */
export function variant<T extends { readonly type: string }>(
	all: Variants,
	unknown: (reader: Reader, code: number) => T | null,
): Type<T> {
	return {
		read(reader) {
			const left = reader.array();
			const code = left === 0 ? -1 : reader.uint();
			const found = all.byCode[code];
			if (found === undefined) {
				const other = unknown(reader, code);
				reader.skip(left - 1);
				return other as T;
			}
			const target: Plain = { type: found.type };
			readFields(reader, found.rows, left - 1, target);
			return target as unknown as T;
		},
		write: (writer, value) => writeVariant(writer, all, value),
		missing: undefined,
		absent: () => false,
	};
}

export function writeVariant(writer: Writer, all: Variants, value: { type: string }): void {
	const found = all.byType.get(value.type);
	if (found === undefined) throw new TypeError(`cannot write ${value.type}`);
	const plain = value as unknown as Plain;
	const count = countFields(found.rows, plain);
	writer.array(1 + count);
	writer.uint(found.code);
	writeFields(writer, found.rows, count, plain);
}
