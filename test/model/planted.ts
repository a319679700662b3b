// One planted violation a line: the switch, the cast that meets it, and what is then found broken.
// `first` is a seed shortly before the one that finds it, so that a test run need not search;
// with MODEL_DEEP=1 every search begins at the first seed.

import { sends } from "./planted-sends.js";
import { sync } from "./planted-sync.js";
import type { plans } from "./scenarios.js";

export interface Planted {
	switch: string;
	/** What the mutated rule does, as the title of its test says it. */
	says: string;
	plan: keyof typeof plans;
	found: string;
	first?: number;
	steps?: number;
	odds?: number;
}

export const planted: readonly Planted[] = [...sends, ...sync];
