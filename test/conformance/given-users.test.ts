// A walk with a few users who have a past: more scenes than a user may have devices, twice over.

import t from "tap";
import { proveServer } from "../../src/conformance/index.js";
import { startBroker } from "../helpers/broker.js";
import { tokenFor } from "../helpers/wire-client.js";

t.test("given users stay usable: their devices are signed out after each scene", async (t) => {
	const broker = await startBroker();
	t.teardown(() => broker.discard());
	const people = await Promise.all(
		["ann", "bob"].map(async (user) => ({ user, token: await tokenFor(broker.data, user) })),
	);
	const only = ({ clause }: { clause: string }) => /^P-5\./.test(clause);
	for (let i = 0; i < 2; i++) {
		const report = await proveServer({
			url: broker.wsUrl,
			tokens: { type: "given", people },
			only,
			withinMs: 10_000,
		});
		t.strictSame(
			report.findings.filter(({ ok }) => !ok),
			[],
		);
		t.ok(report.total > 20, `${report.total} checks`);
	}
});
