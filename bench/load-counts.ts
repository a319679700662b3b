// What the runner tells a load process of the cycle, and what that tells it back. `load.ts` itself
// runs when it is imported, so the two meet here.

import type { FaultFigures } from "./faults.js";
import type { OwnFigures } from "./own-watch.js";
import type { PeopleOptions } from "./people.js";
import type { TalkOptions } from "./talk.js";

export interface LoadOptions extends TalkOptions {
	readonly url: string;
	readonly people: PeopleOptions;
	/** The server may be killed meanwhile: come back and check on. */
	readonly resume: boolean;
	readonly source: string | null;
	readonly pairs: number;
	readonly window: number;
	/** Pairs begin one after the other over this time, before the warm-up. */
	readonly rampSeconds: number;
	/** Cycles offered a second over all pairs; null: as many as the windows allow. */
	readonly rate: number | null;
	readonly bytes: readonly [least: number, most: number];
	/** How long B takes to look at what it has; null: it never says that it has seen anything. */
	readonly lookMs: number | null;
	/** Of a hundred messages so many are announced by `typing`. */
	readonly typing: number;
	/** Random bytes instead of text: nothing of it can be compressed. */
	readonly random: boolean;
	readonly corpus: string | null;
	readonly seed: number;
}

/** What was counted, before anything is divided: of several processes it is added up. */
export interface LoadCounts {
	/** The window in which it measured. */
	readonly ms: number;
	/** Done in the window; at an offered rate due in it, and done whenever. */
	readonly cycles: number;
	/** In what time these were done. */
	readonly spanMs: number;
	/** Done in the window, whenever they were due: what the server's time was spent on. */
	readonly meanwhile: number;
	readonly serverMicros: number | null;
	/** As the histogram's text, by what was timed. */
	readonly times: Readonly<Record<Timed, string>>;
	/** Longest time without any cycle done. */
	readonly stallMs: number;
	/** Cycles of each second. */
	readonly eachSecond: readonly number[];
	readonly own: OwnFigures;
	/** Offered rate: messages that had to wait for their pair's window. */
	readonly lateSends: number;
	readonly connectsPerSecond: number;
	/** Connections lost, and attempts that failed, by close code and reason. */
	readonly losses: Readonly<Record<string, number>>;
	readonly found: FaultFigures;
	/** Cycles ever, warm-up and drain included. */
	readonly done: number;
}

export const timed = ["sent", "received", "delivered", "seen"] as const;
export type Timed = (typeof timed)[number];
