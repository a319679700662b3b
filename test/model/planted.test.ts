// Each rule of design §5 stands because without it something is lost, doubled or leaked: here each
// one is broken on purpose, and the exploration must notice.

import t from "tap";
import { walks } from "./explore.js";
import { type Planted, planted } from "./planted.js";
import { plans, scenario } from "./scenarios.js";

const deep = process.env.MODEL_DEEP === "1";
t.setTimeout(deep ? 0 : 300_000);

function found(one: Planted): string | undefined {
	const { steps = 70, odds = 4 } = one;
	const first = deep ? 1 : (one.first ?? 1);
	const make = () => scenario(plans[one.plan]);
	return walks(make, { [one.switch]: true }, { seeds: 6000, steps, odds, first })?.rule;
}

for (const one of planted) {
	const rule = one.switch.slice(0, 2);
	t.test(`${rule}: "${one.found}" is found when ${one.says}`, async (t) => {
		t.equal(found(one), one.found, one.switch);
	});
}

t.test("every rule has a planted violation", async (t) => {
	const met = new Set(planted.map((one) => one.switch.slice(0, 2)));
	for (let n = 1; n <= 7; n++) t.ok(met.has(`S${n}`), `S${n}`);
	for (let n = 1; n <= 8; n++) t.ok(met.has(`Y${n}`), `Y${n}`);
});
