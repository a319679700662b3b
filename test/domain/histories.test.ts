// Random histories of conversations, crashes among them, against the independent account in
// reference.ts; and copies of the domain with one rule broken, which the same histories must catch.

import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import { mutations } from "./mutations.js";
import { brokenRules, type Rules, rules } from "./rules.js";
import { begin, steps, take } from "./steps.js";
import { World } from "./world.js";

const kinds = ["direct", "group", "channel"] as const;

function run(rules: Rules, kind: (typeof kinds)[number], length: number) {
	return fc.property(steps(length), (history) => {
		const world = new World(rules);
		begin(world, kind);
		history.forEach((step, i) => {
			take(world, step, 10 + i);
		});
		world.crash();
	});
}

for (const kind of kinds) {
	t.test(`${kind} · any history · agrees with the account of it`, async () => {
		fc.assert(run(rules, kind, 60), { numRuns: 200 });
	});
}

t.test("a rule broken on purpose · some history shows it", async (t) => {
	const folder = t.testdir({});
	for (const [i, { rule, file, text, instead, kind }] of mutations.entries()) {
		// A folder each: a module once imported is not read again.
		const broken = await brokenRules(join(folder, String(i)), file, text, instead);
		// Always the same histories: some rules show in one of hundreds only.
		const tries = { numRuns: 1500, seed: 1, endOnFailure: true };
		const { failed, numRuns } = fc.check(run(broken, kind, 60), tries);
		t.ok(failed, `${rule} (history ${numRuns})`);
	}
});
