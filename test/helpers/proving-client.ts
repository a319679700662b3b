// A client in all situations of the scripted peer, as fast as what is measured allows.

import type { Test } from "tap";
import { type Choice, proveClient, type Subject } from "../../src/conformance/index.js";

/** Those that measure how soon a client is back: not among dozens of clients in one process. */
const timed: Choice = ({ clause }) => clause === "P-14.3";

export async function provesAll(t: Test, subject: Subject): Promise<void> {
	const apart = await proveClient({ subject, only: timed });
	const rest = await proveClient({ subject, only: (check) => !timed(check), lanes: 16 });
	for (const { findings, passed, total } of [apart, rest]) {
		t.strictSame(
			findings.filter(({ ok }) => !ok),
			[],
		);
		t.equal(passed, total);
	}
	const checks = apart.total + rest.total;
	t.ok(checks > 100, `${checks} checks`);
}
