// Our client layer in all situations of the scripted peer, and which clauses the kit tries at all.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { clauses, coverage, unobservable } from "../../src/conformance/index.js";
import { deviceSubject } from "../helpers/device-subject.js";
import { provesAll } from "../helpers/proving-client.js";
import { root } from "../helpers/root.js";

t.test("the client layer does what the page says, N of N", (t) => provesAll(t, deviceSubject()));

t.test("every clause of the page is tried on one side, or it is said why not", async (t) => {
	for (const { clause, server, client } of coverage(clauses())) {
		const tried = server + client > 0;
		t.equal(tried, unobservable[clause] === undefined, clause);
	}
	for (const clause of Object.keys(unobservable)) t.ok(clauses().includes(clause), clause);
});

t.test("docs/conformance.md names what is not tried, with the same reasons", async (t) => {
	const page = readFileSync(join(root, "docs/conformance.md"), "utf8");
	const rows = [...page.matchAll(/^\| (P-\d+\.\d+) \| (.*) \|$/gm)];
	t.strictSame(Object.fromEntries(rows.map(([, clause, why]) => [clause, why])), unobservable);
});
