// Rules broken on purpose: each must be found within as many seeds as `npm test` runs.

import t from "tap";
import { runApart } from "./apart.js";
import { plants } from "./plants.js";

/** Seeds that found it when the first did not; the others are tried once these do not either. */
const likely: Readonly<Record<string, number>> = {
	"a failed commit that is told as undone": 6,
	"an actor that goes on after a failed commit": 2,
};

for (const [what] of plants) {
	t.test(`finds ${what}`, async (t) => {
		let found = "";
		const every = Array.from({ length: 20 }, (_, at) => at + 1);
		for (const seed of [likely[what] ?? 1, ...every]) {
			const { failure } = await runApart(seed, what);
			found = failure?.split("\n", 1)[0] ?? "";
			if (found !== "") break;
		}
		t.comment(found);
		t.not(found, "");
	});
}
