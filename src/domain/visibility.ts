// What a member may see: intervals of `seq`, each with the positions where it began and was cut.
// One cut holds for every path: live pushes, sync and history.

import type { Interval } from "./event.js";

/** Whether a message number lies in one of the intervals. */
export function sees(intervals: readonly Interval[], seq: number): boolean {
	for (let i = intervals.length - 1; i >= 0; i--) {
		const interval = intervals[i] as Interval;
		if (seq >= interval.from) return interval.to === null || seq <= interval.to;
	}
	return false;
}

/** Still a member: the last interval is open. */
export function isOpen(intervals: readonly Interval[]): boolean {
	return intervals.length > 0 && intervals[intervals.length - 1]?.to === null;
}

/** The last number that the member may see; `head` while still a member. */
export function lastVisible(intervals: readonly Interval[], head: number): number {
	const last = intervals[intervals.length - 1];
	return last === undefined ? 0 : (last.to ?? head);
}

/** The position where the conversation ends for this member; null while it goes on. */
export function endPosition(intervals: readonly Interval[]): number | null {
	return intervals[intervals.length - 1]?.toPosition ?? null;
}

/** Close the open interval at a cut. */
export function cut(intervals: Interval[], head: number, position: number): void {
	const last = intervals[intervals.length - 1];
	if (last === undefined || last.to !== null) return;
	last.to = head;
	last.toPosition = position;
}
