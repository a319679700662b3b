// The tables of what is said, as the small codec of clients walks them: each field with its kind
// and with how it may be left out.

import * as tables from "./client-tables.js";

export type Plain = Record<string, unknown>;

export interface Field {
	readonly name: string;
	readonly kind: string;
	/** `*`: a list, nil when empty; `+`: a list; `?`: nil stands for null; `~`: for nothing. */
	readonly mark: string;
}

export interface Row {
	readonly code: number;
	readonly type: string;
	readonly fields: readonly Field[];
}

export interface Table {
	readonly byCode: ReadonlyMap<number, Row>;
	readonly byType: ReadonlyMap<string, Row>;
}

function fieldsOf(words: readonly string[]): Field[] {
	return words.map((word) => {
		const [, name = "", kind = "", mark = ""] = /^(\w+):(\w+)(\W?)$/.exec(word) ?? [];
		return { name, kind, mark };
	});
}

/** One row a line: code, type, fields. */
function tableOf(text: string): Table {
	const rows = text
		.trim()
		.split("\n")
		.map((line): Row => {
			const [code, type = "", ...words] = line.trim().split(" ");
			return { code: Number(code), type, fields: fieldsOf(words) };
		});
	return {
		byCode: new Map(rows.map((row) => [row.code, row])),
		byType: new Map(rows.map((row) => [row.type, row])),
	};
}

export const serverOps = tableOf(tables.serverOps);
export const clientOps = tableOf(tables.clientOps);
export const variants: Readonly<Record<string, Table>> = {
	result: tableOf(tables.results),
	change: tableOf(tables.changes),
	item: tableOf(tables.items),
	command: tableOf(tables.commands),
};
export const records = new Map(
	Object.entries(tables.records).map(([name, text]) => [name, fieldsOf(text.split(" "))]),
);
export const words = new Map<string, readonly string[]>(Object.entries(tables.words));
