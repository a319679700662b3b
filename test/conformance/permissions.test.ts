// Our server against every row of the tables of permissions.

import t from "tap";
import { permissions } from "../../src/conformance/page.js";
import { proveOwn } from "../helpers/proving.js";

t.test("every row of the three tables comes out as the page has it", async (t) => {
	const report = await proveOwn(t, ({ clause }) => clause.startsWith("P-12."));
	t.strictSame(
		report.findings.filter(({ ok }) => !ok),
		[],
	);
	const rows = (["group", "channel", "direct"] as const).flatMap((kind) => permissions(kind));
	const tried = report.findings.filter(({ situation }) =>
		/ in a (group|channel|direct)$/.test(situation),
	);
	t.equal(tried.length, rows.length);
});
