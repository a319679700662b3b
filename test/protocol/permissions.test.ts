// Every cell of the permission tables in docs/protocol.md, tried against a real server, before and
// after it was killed. Skipped where Debian's packages for Python are absent.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { root } from "../helpers/root.js";
import { startServer, tempFolder } from "../helpers/server-process.js";
import { pythonMissing, runPython, tokensFor } from "./python.js";

const people = [
	...["owner", "owner2", "admin", "admin2", "member", "member2", "removed", "outsider"],
	...["ann", "bob", "cy", "dan"],
].map((name) => `perm-${name}`);

// Twelve hundred cells, and the conversations for them.
const withinMs = 280_000;
t.setTimeout(withinMs);

t.test(
	"each may do what the page says, and nothing else, also after a crash",
	{ skip: pythonMissing(), timeout: withinMs },
	async (t) => {
		let server = await startServer();
		t.teardown(() => server.discard());
		const state = tempFolder();
		t.teardown(() => rmSync(state, { recursive: true, force: true }));
		const tokens = join(state, "tokens.json");
		writeFileSync(tokens, JSON.stringify(await tokensFor(people, server.data)));
		const run = (phase: "before" | "after") =>
			runPython([
				"permissions.py",
				...["--page", join(root, "docs/protocol.md")],
				...["--url", `${server.wsUrl}/v1`, "--state", state, "--tokens", tokens],
				...["--phase", phase],
			]);
		const before = await run("before");
		t.equal(before.trouble, "");
		t.match(before.lines.at(-1), /^(\d{3}) of \1$/, "before");
		await server.kill();
		server = await server.restart();
		const after = await run("after");
		t.equal(after.trouble, "");
		t.equal(after.lines.at(-1), before.lines.at(-1), "after");
	},
);
