// The planted violations of the sync rules, Y1–Y8; planted.ts says how to read a line.

import type { Planted } from "./planted.js";

export const sync: Planted[] = [
	{
		switch: "Y1_afterCommit",
		says: "a mark is written after its event",
		plan: "marks",
		found: "behind without a mark",
	},
	{
		switch: "Y1_removalUnmarked",
		says: "a removal leaves no mark for the removed member",
		plan: "leaves",
		found: "behind without a mark",
	},
	{
		switch: "Y2_anyPosition",
		says: "a mark is dropped though its member was told more since",
		plan: "marks",
		found: "behind without a mark",
	},
	{
		switch: "Y2_live",
		says: "a live confirmation counts as held",
		plan: "marks",
		found: "behind without a mark",
	},
	{
		switch: "Y2_heldNow",
		says: "a device answers with what it holds now, not when its generation began",
		plan: "marks",
		found: "behind without a mark",
		first: 690,
	},
	{
		switch: "Y2_onlineOnly",
		says: "devices that are offline do not count",
		plan: "two",
		found: "behind without a mark",
	},
	{
		switch: "Y3_newOnce",
		says: "a device is no longer new at the first page of its list",
		plan: "fresh",
		found: "behind without a mark",
	},
	{
		switch: "Y3_newByServer",
		says: "the server remembers that the list was stored",
		plan: "fresh",
		found: "a device never gets its list",
	},
	{
		switch: "Y3_noMarksAfterList",
		says: "no marks follow the list",
		plan: "joins",
		found: "a device misses a conversation",
	},
	{
		switch: "Y3_pullForgotten",
		says: "a list entry is not durably waiting for its pull",
		plan: "joins",
		found: "a device misses a change",
	},
	{
		switch: "Y3_keptNotPulled",
		says: "a forked device does not pull what it kept",
		plan: "marks",
		found: "behind without a mark",
		first: 340,
	},
	{
		switch: "Y3_readBeforeAttach",
		says: "marks are read before the session is attached",
		plan: "two",
		found: "a device misses a change",
	},
	{
		switch: "Y3_startAtChanged",
		says: "a new device starts where its delivered row was last changed",
		plan: "members",
		found: "a device misses a change",
	},
	{
		switch: "Y4_lastPage",
		says: "a pull ends at the position of its last page",
		plan: "pages",
		found: "a device misses a change",
	},
	{
		switch: "Y5_anyRow",
		says: "any row replaces the one that is held",
		plan: "pages",
		found: "a row became older",
	},
	{
		switch: "Y5_oldHistory",
		says: "a history page from before a reset is taken",
		plan: "two",
		found: "a device misses a change",
		first: 470,
	},
	{
		switch: "Y6_anyPush",
		says: "a push is applied over a gap",
		plan: "two",
		found: "a device misses a change",
	},
	{
		switch: "Y6_oldPush",
		says: "a push at or below the position still brings its row",
		plan: "two",
		found: "a device misses a change",
		first: 220,
	},
	{
		switch: "Y6_noListAfterLoss",
		says: "lost pushes are not followed by the marks",
		plan: "marks",
		found: "a device misses a receipt",
	},
	{
		switch: "Y7_seqOnly",
		says: "a removed member is cut by seq alone",
		plan: "members",
		found: "a removed member reads on",
	},
	{
		switch: "Y7_joinContinues",
		says: "the push of joining again continues from the cut",
		plan: "members",
		found: "a device misses a change",
	},
	{
		switch: "Y8_noReset",
		says: "positions of another epoch are kept",
		plan: "epochs",
		found: "a device was shown what is not there",
	},
	{
		switch: "Y8_partial",
		says: "a pull below the kept positions gets what is left",
		plan: "two",
		found: "a device misses a change",
	},
	{
		switch: "Y8_startByPosition",
		says: "a new device starts at the position of its delivered row",
		plan: "two",
		found: "livelock",
	},
];
