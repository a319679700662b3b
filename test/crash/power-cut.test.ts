import { rmSync } from "node:fs";
import t from "tap";
import { powerCut } from "../helpers/power-cut.js";
import { tempFolder } from "../helpers/server-process.js";
import { type RoundsResult, runRounds } from "./rounds.js";

/** Rounds whose kill drops unsynced bytes; null without a compiler. */
async function rounds(
	durability: "fsync" | "os",
	count: number,
): Promise<(RoundsResult & { dropped: number }) | null> {
	const data = tempFolder("colloquy-cut-");
	const cut = powerCut(data);
	if (cut === null) return null;
	try {
		const server = { ...cut.server, args: ["--durability", durability] };
		const result = await runRounds({ rounds: count, sends: 2, server, kill: cut.kill });
		return { ...result, dropped: cut.dropped() };
	} finally {
		rmSync(data, { recursive: true, force: true });
	}
}

t.test("a cut that drops unsynced bytes loses nothing acknowledged with fsync", async (t) => {
	const result = await rounds("fsync", 4);
	if (result === null) {
		t.pass("skipped: there is no C compiler");
		return;
	}
	t.match(result, { intact: 4, lost: 0, doubled: 0, changed: 0 });
});

t.test("the same cut loses acknowledged messages with os, so it bites", async (t) => {
	const result = await rounds("os", 2);
	if (result === null) {
		t.pass("skipped: there is no C compiler");
		return;
	}
	t.ok(result.dropped > 0);
	t.ok(result.lost > 0, `${result.lost} of ${result.acknowledged} lost`);
});
