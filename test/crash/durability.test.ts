import t from "tap";
import { plainKill, runRounds } from "./rounds.js";

t.test("what was acknowledged survives kill -9, once and under its number", async (t) => {
	const result = await runRounds({ rounds: 8, sends: 3, server: {}, kill: plainKill });
	t.equal(result.intact, 8);
	t.ok(result.acknowledged >= 8);
	t.match(result, { lost: 0, doubled: 0, changed: 0 });
});
