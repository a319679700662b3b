// A load against a server that runs already, with the tokens of people there are: several
// processes, a ramp, texts of many sizes; and once more, in conversations that have a history by
// then.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import type { BenchDocument } from "../../bench/document.js";
import { mint, startServer } from "../../bench/server.js";
import { runCli } from "../helpers/server-process.js";

t.setTimeout(180_000);

t.test("twice with the same people", async (t) => {
	const server = await startServer({ core: null });
	t.teardown(() => server.discard());
	const folder = mkdtempSync(join(tmpdir(), "colloquy-test-"));
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	const tokenFile = join(folder, "tokens");
	const people = ["ann", "bob", "cid", "dee"];
	writeFileSync(tokenFile, people.map((user) => `${user} ${mint(server.secret, user)}\n`).join(""));
	const where = ["--url", server.url, "--token-file", tokenFile, "--source", "127.0.0.2,127.0.0.3"];
	const what = ["--pairs", "2", "--processes", "2", "--rate", "40", "--ramp", "0.3"];
	const args = ["latency", ...where, ...what, "--bytes", "20-400", "--look", "20", "--json"];
	for (const seconds of ["1", "0.9"]) {
		const { code, stdout, stderr } = await runCli(
			["bench", ...args, "--seconds", seconds, "--warmup", "0.1"],
			{ withinMs: 60_000 },
		);
		t.equal(code, 0, `${stderr}${stdout}`);
		const [row] = (JSON.parse(stdout) as BenchDocument).scenarios;
		t.match(row, { name: "latency", faults: 0, parameters: { bytes: "20-400", rate: 40 } });
		t.match(row, { sent: { p99Ms: Number }, received: { p99Ms: Number } });
		t.match(row, { delivered: { p99Ms: Number }, seen: { p99Ms: Number } });
		t.ok((row?.cycles as number) > 0);
		t.equal(row?.serverCpuMicrosPerCycle, null, "nobody said which process it is");
	}
	const { code, stderr } = await runCli(["bench", "cycle", ...where, "--pairs", "3"]);
	t.equal(code, 2);
	t.match(stderr, "the token file has 4 people");
});
