// The whole broker with its clients, from twenty seeds. A failure prints its seed: to see it again,
// `SIM_SEED=n SIM_TRACE=1 node dist/test/simulation/simulation.test.js`.

import t from "tap";
import { runApart } from "./apart.js";

const only = process.env.SIM_SEED;
const seeds = only === undefined ? Array.from({ length: 20 }, (_, at) => at + 1) : [Number(only)];

for (const seed of seeds) {
	t.test(`seed ${seed} comes to rest with everybody level`, async (t) => {
		const { failure, steps, commits, sends } = await runApart(seed);
		if (failure !== null) t.comment(failure);
		t.equal(failure === null ? "" : failure.split("\n", 1)[0], "");
		t.ok(steps > 500 && commits > 0 && sends > 0, "something happened");
	});
}
