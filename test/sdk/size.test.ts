// What a page has to load stays within its bounds, and holds no code made of text.

import t from "tap";
import { bounds, sizeOf } from "../../bench/size.js";

for (const bound of bounds) {
	t.test(`${bound.name} fits its bounds`, async (t) => {
		const { atOnce, all, evals } = await sizeOf(bound);
		t.ok(atOnce <= bound.atOnceMax, `${atOnce} bytes at once`);
		t.ok(all <= bound.allMax, `${all} bytes in all`);
		t.equal(evals, 0);
	});
}
