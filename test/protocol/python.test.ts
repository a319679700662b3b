// A client in another language, written from docs/protocol.md alone, against the vectors and
// against a real server. Skipped where Debian's packages for Python are absent.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { commandSubject, proveClient } from "../../src/conformance/index.js";
import { root } from "../helpers/root.js";
import { startServer, tempFolder } from "../helpers/server-process.js";
import { pythonCommand, pythonMissing, runPython, tokensFor } from "./python.js";

const skip = pythonMissing();

t.test("another codec writes and reads every vector", { skip }, async (t) => {
	const { code, lines, trouble } = await runPython(["vectors.py", join(root, "docs/vectors.json")]);
	t.equal(trouble, "");
	t.equal(code, 0);
	t.match(lines.at(-1), /^(\d+) of \1$/);
});

t.test(
	"another client loses nothing when the server is killed as it talks",
	{ skip },
	async (t) => {
		let server = await startServer();
		t.teardown(() => server.discard());
		const state = tempFolder();
		t.teardown(() => rmSync(state, { recursive: true, force: true }));
		const tokens = join(state, "tokens.json");
		writeFileSync(tokens, JSON.stringify(await tokensFor(["ann", "bob"], server.data)));
		const url = `${server.wsUrl}/v1`;
		let restarted: Promise<void> | null = null;
		const talk = await runPython(
			["talk.py", "--url", url, "--state", state, "--tokens", tokens],
			(line) => {
				if (line !== "sending") return;
				restarted = server.kill().then(async () => {
					server = await server.restart();
				});
			},
		);
		await restarted;
		t.ok(restarted !== null, "the server was killed");
		t.equal(talk.trouble, "");
		t.equal(talk.code, 0);
		t.match(talk.lines.at(-1), /^(\d+) of \1$/);
	},
);

t.test("another client holds its own against the scripted peer", { skip }, async (t) => {
	const report = await proveClient({
		subject: commandSubject(pythonCommand("driver.py")),
		only: ({ clause }) => /^P-(?:6\.7|6\.9|14\.4)$/.test(clause),
		lanes: 8,
	});
	t.strictSame(
		report.findings.filter(({ ok }) => !ok),
		[],
	);
	t.ok(report.total > 10);
});
