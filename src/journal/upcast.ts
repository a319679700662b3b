// The one place where rows of older formats become rows of today's: `steps[v]` turns the fields of
// version v into those of v + 1. Version 1 is the first, so there is no step yet; a row of a newer
// version is refused, because guessing at it could serve half of a fact.

import { BrokerError } from "../base/errors.js";

/** Version that event rows are written in. */
export const eventVersion = 1;

export type Fields = readonly unknown[];
export type Step = (fields: Fields) => Fields;

const eventSteps: ReadonlyMap<number, Step> = new Map();

/**
 * Fields in the form of the current version.
 *
 * Errors: JOURNAL_FORMAT for a newer version; RangeError for one that never was.
 */
export function upcast(
	version: number,
	fields: Fields,
	steps: ReadonlyMap<number, Step> = eventSteps,
	current = eventVersion,
): Fields {
	if (version > current) {
		throw new BrokerError("JOURNAL_FORMAT", `row version ${version}, newest known is ${current}`);
	}
	let now = fields;
	for (let at = version; at < current; at += 1) {
		const step = steps.get(at);
		if (step === undefined) throw new RangeError(`no row was ever written in version ${at}`);
		now = step(now);
	}
	return now;
}
