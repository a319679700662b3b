// Rules broken on purpose: each must be found within as many seeds as `npm test` runs.

import t from "tap";
import { plants } from "./plants.js";
import { run } from "./run.js";

for (const [what, plant] of plants) {
	t.test(`finds ${what}`, async (t) => {
		let found = "";
		let seeds = 0;
		while (found === "" && seeds < 20) {
			seeds += 1;
			const { failure } = await run(seeds, { plant });
			found = failure?.split("\n", 1)[0] ?? "";
		}
		t.comment(`after ${seeds} seeds: ${found}`);
		t.not(found, "");
	});
}
