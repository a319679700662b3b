// Our server against the page, from raw bytes: everything but the tables of permissions, which are
// tried in a file of their own, and the few checks that wait for a minute.

import t from "tap";
import { clauses } from "../../src/conformance/index.js";
import { proveOwn } from "../helpers/proving.js";

t.test("the server does what the page says, N of N", async (t) => {
	const report = await proveOwn(t, ({ clause }) => !clause.startsWith("P-12."));
	t.strictSame(
		report.findings.filter(({ ok }) => !ok),
		[],
	);
	t.equal(report.passed, report.total);
	t.ok(report.total > 300, `${report.total} checks`);
	t.ok(report.leftOut.every(({ why }) => /^waits for \d+ s$/.test(why)));
	const known = new Set(clauses());
	for (const { clause } of report.findings) if (!known.has(clause)) t.fail(`no ${clause}`);
});
