// The table of errors for pages: what decides about a code stands in one short text, and what
// people read is loaded with the first error that somebody makes. The bundle puts it in the place
// of `error-table.ts`, from which it is made.

import type { ErrorRow } from "./error-table.js";

/** Message and action of each code. */
export type Texts = Readonly<Record<string, readonly [message: string, action: string]>>;

/** `CODE+4000`: retryable, with a close code; `CODE-`: final, without one. */
export function brief(table: Readonly<Record<string, ErrorRow>>): string {
	return Object.entries(table)
		.map(([code, { retryable, close = "" }]) => `${code}${retryable ? "+" : "-"}${close}`)
		.join(" ");
}

export function textsOf(table: Readonly<Record<string, ErrorRow>>): Texts {
	const rows = Object.entries(table).map(([code, row]) => [code, [row.message, row.action]]);
	return Object.fromEntries(rows);
}

/**
 * The table again. Until the texts are there a code stands for itself.
 *
 * Shape: `load` is asked once, and again with a later error when it failed.
 */
export function briefTable(
	codes: string,
	load: () => Promise<{ readonly texts: Texts }>,
): Record<string, ErrorRow> {
	let texts: Texts = {};
	/** Or loaded. */
	let loading = false;
	const textOf = (code: string, which: 0 | 1, instead: string) => {
		if (!loading) {
			loading = true;
			load().then(
				(loaded) => {
					texts = loaded.texts;
				},
				() => {
					loading = false;
				},
			);
		}
		return texts[code]?.[which] ?? instead;
	};
	const rows = codes.split(" ").map((word) => {
		const [, code = "", sign, close] = /^(\w+)(\W)(\d*)$/.exec(word) ?? [];
		const row = {
			get message() {
				return textOf(code, 0, code);
			},
			get action() {
				return textOf(code, 1, `see docs/errors.md, ${code}`);
			},
			retryable: sign === "+",
			...(close ? { close: Number(close) } : {}),
		};
		return [code, row];
	});
	return Object.fromEntries(rows);
}
