// What an option is: its kind, default, bounds, the reason for the default, and the error that
// somebody meets at the limit. `config.ts` holds the table, `load.ts` reads values into it.

import type { ErrorCode } from "../base/errors.js";

export type OptionKind = "text" | "choice" | "list" | "count" | "duration" | "size";

export interface Option<T> {
	readonly kind: OptionKind;
	readonly default: T;
	/** Why this default. */
	readonly why: string;
	/** The error met at the limit; `null`: none, the broker waits or works in smaller steps. */
	readonly error: ErrorCode | null;
	/** Smallest and largest value of a number. */
	readonly min: number;
	readonly max: number;
	/** What a `choice` may be. */
	readonly choices: readonly string[];
}

interface Bounds {
	readonly min?: number;
	readonly max?: number;
	readonly error?: ErrorCode;
}

function option<T>(
	kind: OptionKind,
	value: T,
	why: string,
	bounds: Bounds & { readonly choices?: readonly string[] } = {},
): Option<T> {
	return {
		kind,
		default: value,
		why,
		error: bounds.error ?? null,
		min: bounds.min ?? 1,
		max: bounds.max ?? Number.MAX_SAFE_INTEGER,
		choices: bounds.choices ?? [],
	};
}

export function text(value: string, why: string, bounds: Bounds = {}): Option<string> {
	return option("text", value, why, bounds);
}

export function list(value: readonly string[], why: string): Option<readonly string[]> {
	return option("list", value, why);
}

export function choice<const C extends readonly string[]>(
	choices: C,
	value: C[number],
	why: string,
): Option<C[number]> {
	return option("choice", value, why, { choices });
}

export function count(value: number, why: string, bounds: Bounds = {}): Option<number> {
	return option("count", value, why, bounds);
}

/** In milliseconds; the name of such an option ends in `Ms`. */
export function duration(valueMs: number, why: string, bounds: Bounds = {}): Option<number> {
	return option("duration", valueMs, why, bounds);
}

/** In bytes; the name of such an option says `Bytes`. */
export function size(valueBytes: number, why: string, bounds: Bounds = {}): Option<number> {
	return option("size", valueBytes, why, bounds);
}
