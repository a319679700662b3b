// The tables of what is said, as the small codec of clients walks them: each field with its kind
// and with how it may be left out.

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
export function tableOf(text: string): Table {
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

/** Fields by the name of the record. */
export function recordsOf(texts: Readonly<Record<string, string>>) {
	return new Map(Object.entries(texts).map(([name, text]) => [name, fieldsOf(text.split(" "))]));
}
