// Intervals of what a member may see: by number, by position, with gaps and with nothing in them.

import assert from "node:assert/strict";
import type { Interval } from "../../src/domain/event.js";
import { cut, endPosition, isOpen, lastVisible, sees } from "../../src/domain/visibility.js";
import { spec } from "../helpers/given.js";

type Span = readonly [from: number, to: number | null];

function intervals(...spans: readonly Span[]): Interval[] {
	return spans.map(([from, to], i) => ({
		from,
		fromPosition: 10 * i,
		to,
		toPosition: to === null ? null : 10 * i + 5,
	}));
}

function visible(...spans: readonly Span[]): number[] {
	return [1, 2, 3, 4, 5, 6, 7].filter((seq) => sees(intervals(...spans), seq));
}

spec("never a member · sees nothing", () => assert.deepEqual(visible(), []));

spec("member from the start · sees all", () =>
	assert.deepEqual(visible([1, null]), [1, 2, 3, 4, 5, 6, 7]),
);

spec("removed and back · sees both stays, not the time between", () =>
	assert.deepEqual(visible([2, 3], [6, null]), [2, 3, 6, 7]),
);

spec("a stay in which nothing was said · hides nothing and shows nothing", () =>
	assert.deepEqual(visible([1, 2], [4, 3], [6, 6]), [1, 2, 6]),
);

spec("the last number one may see · the head for a member, the cut for a removed one", () => {
	assert.equal(lastVisible(intervals(), 7), 0);
	assert.equal(lastVisible(intervals([1, 3], [5, null]), 7), 7);
	assert.equal(lastVisible(intervals([1, 3], [5, 6]), 7), 6);
});

spec("the end · none while a member, the position of the cut after", () => {
	assert.equal(endPosition(intervals()), null);
	assert.equal(endPosition(intervals([1, 3], [5, null])), null);
	assert.equal(endPosition(intervals([1, 3], [5, 6])), 15);
	assert.equal(isOpen(intervals()), false);
	assert.equal(isOpen(intervals([1, null])), true);
	assert.equal(isOpen(intervals([1, 2])), false);
});

spec("a cut · closes the open stay once", () => {
	const list = intervals([1, null]);
	cut(list, 4, 9);
	cut(list, 6, 12);
	assert.deepEqual(list, [{ from: 1, fromPosition: 0, to: 4, toPosition: 9 }]);
	cut([], 1, 1);
});
