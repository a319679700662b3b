// All rules of design §5 together, unbroken: no walk and no exhaustive search finds anything.
// MODEL_DEEP=1 walks and searches much further.

import t from "tap";
import { search, walks } from "./explore.js";
import { plans, scenario } from "./scenarios.js";

const deep = process.env.MODEL_DEEP === "1";
t.setTimeout(deep ? 0 : 300_000);

for (const [name, plan] of Object.entries(plans)) {
	t.test(`walks through "${name}" keep every rule and come to rest`, async (t) => {
		const seeds = deep ? 20_000 : 150;
		const steps = name === "everything" ? 140 : 80;
		t.equal(
			walks(() => scenario(plan), {}, { seeds, steps }),
			undefined,
		);
	});
}

const one = { devices: ["a"], conversations: ["c1"], warm: 1 };

const small = {
	"a cut and a message": { ...one, left: { cut: 1, otherSends: 1 } },
	"a cut and a send": { ...one, left: { cut: 1, submit: 1 } },
	"an unknown commit and two sends": { ...one, left: { fault: 1, submit: 2 } },
	"a restored backup and a message": { ...one, left: { backup: 1, restore: 1, otherSends: 1 } },
	"a removal, an edit and a return": {
		...one,
		left: { otherSends: 1, otherEdits: 1, remove: 1, join: 1 },
	},
	"a new device, a message and an edit": {
		devices: ["a"],
		conversations: ["c1"],
		left: { otherSends: 1, otherEdits: 1 },
	},
};

for (const [name, plan] of Object.entries(small)) {
	t.test(`every state with ${name} keeps every rule and comes to rest`, async (t) => {
		const { finding, complete } = search(scenario(plan), {}, { depth: 200, states: 20_000 });
		t.equal(finding, undefined);
		t.ok(complete, "no state was left out");
	});
}

t.test("an exhaustive search finds what is planted", async (t) => {
	const plan = { ...one, left: { fault: 1, otherSends: 1 } };
	const { finding } = search(
		scenario(plan),
		{ Y1_afterCommit: true },
		{ depth: 9, states: 20_000 },
	);
	t.equal(finding?.rule, "behind without a mark");
});

const large = {
	"a restored backup and two sends": { ...one, left: { backup: 1, restore: 1, submit: 2 } },
	"a crash, a send and a message": { ...one, left: { crash: 1, submit: 1, otherSends: 1 } },
	"two cuts, a refusal and a return": { ...one, left: { cut: 2, submit: 1, remove: 1, join: 1 } },
};

for (const [name, plan] of Object.entries(large)) {
	t.test(`the first states with ${name} keep every rule`, async (t) => {
		const states = deep ? 300_000 : 1_200;
		t.equal(search(scenario(plan), {}, { depth: 200, states }).finding, undefined);
	});
}
