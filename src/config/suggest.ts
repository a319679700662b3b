// "Did you mean": the known name nearest to a mistyped one. Only for messages to people.

/** Edits between two words, a swap of neighbours counting as one. */
function distance(one: string, two: string): number {
	const rows: number[][] = [Array.from({ length: two.length + 1 }, (_, index) => index)];
	for (let i = 1; i <= one.length; i += 1) {
		const row = [i];
		for (let j = 1; j <= two.length; j += 1) {
			const same = one[i - 1] === two[j - 1];
			let best = Math.min(
				at(rows, i - 1, j) + 1,
				(row[j - 1] ?? 0) + 1,
				at(rows, i - 1, j - 1) + (same ? 0 : 1),
			);
			if (i > 1 && j > 1 && one[i - 1] === two[j - 2] && one[i - 2] === two[j - 1]) {
				best = Math.min(best, at(rows, i - 2, j - 2) + 1);
			}
			row.push(best);
		}
		rows.push(row);
	}
	return at(rows, one.length, two.length);
}

function at(rows: readonly (readonly number[])[], i: number, j: number): number {
	return rows[i]?.[j] ?? 0;
}

/** The nearest known name, or null when none is near enough to be meant. */
export function suggest(word: string, known: readonly string[]): string | null {
	// Names of the broker's options are short; a longer word is no slip of a finger.
	if (word.length > 64) return null;
	const lower = word.toLowerCase();
	let best: string | null = null;
	let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
	for (const name of known) {
		const found = distance(lower, name.toLowerCase());
		if (found < bestDistance) {
			best = name;
			bestDistance = found;
		}
	}
	return best;
}

/** ` (did you mean "x"?)`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
	const name = suggest(word, known);
	return name === null ? "" : ` (did you mean "${name}"?)`;
}
