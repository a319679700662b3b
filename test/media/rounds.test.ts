// A few rounds of random use, each ended by `kill -9`; `npm run test:soak -- --media 200` is more.

import t from "tap";
import { runMediaRounds } from "./rounds.js";

t.test("no kill leaves a file without a row, or a message without its file", async (t) => {
	const { faults, sound, acts, uploads, sends } = await runMediaRounds(2);
	t.same(faults, []);
	t.equal(sound, 3, "after each round and at the end");
	t.ok(acts >= 20 && uploads > 0 && sends > 0, `${acts}: ${uploads} uploads, ${sends} messages`);
});
