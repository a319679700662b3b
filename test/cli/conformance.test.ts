import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import type { Report } from "../../src/conformance/index.js";
import { runCli, startServer, tempFolder } from "../helpers/server-process.js";
import { tokenFor } from "../helpers/wire-client.js";

/** One for all: a walk leaves nothing behind that the next one meets. */
const server = await startServer();
t.teardown(() => server.discard());

const driver = fileURLToPath(new URL("../helpers/device-driver.js", import.meta.url));

t.test("walks a server in development mode, again and again", async (t) => {
	const against = ["conformance", "--against", server.url, "--data", server.data];
	for (let i = 0; i < 2; i++) {
		const { code, stdout, stderr } = await runCli([...against, "--only", "P-15"]);
		t.equal(stderr, "");
		t.equal(code, 0);
		t.match(stdout, /^15\. Versions\n {2}✓ P-15\.1 {2}hello of version 2: goodbye VERSION/m);
		t.match(stdout, /^(\d+) of \1\n$/m);
	}
});

t.test("tells the same as one JSON document", async (t) => {
	const args = ["conformance", "--against", server.wsUrl, "--data", server.data, "--json"];
	const { code, stdout } = await runCli([...args, "--only", "P-1.6"]);
	t.equal(code, 0);
	const report = JSON.parse(stdout) as Report;
	t.equal(report.total, 0);
	t.strictSame(
		report.leftOut.map(({ why }) => why),
		["waits for 25 s", "waits for 61 s"],
		"what is not tried is told, and not counted",
	);
});

t.test("takes users that are given, and says what it cannot try with them", async (t) => {
	const given: string[] = [];
	for (const user of ["ann", "bob", "cy"]) {
		const path = join(server.data, `${user}.token`);
		writeFileSync(path, await tokenFor(server.data, user));
		given.push("--token-file", `${user}=${path}`);
	}
	const args = ["conformance", "--against", server.url, ...given, "--json", "--only"];
	const { code, stdout } = await runCli([...args, "P-12."]);
	const report = JSON.parse(stdout) as Report;
	t.equal(code, 0);
	t.equal(report.passed, report.total);
	t.ok(report.findings.some(({ situation }) => /^open and create/.test(situation)));
	t.ok(report.leftOut.some(({ why }) => why === "needs 4 users"));
});

t.test("ends with 1 when something does not hold", async (t) => {
	const elsewhere = tempFolder();
	t.teardown(() => rmSync(elsewhere, { recursive: true, force: true }));
	// Tokens of another secret: every hello is refused.
	const args = ["conformance", "--against", server.url, "--data", elsewhere, "--only", "P-4.3"];
	const { code, stdout } = await runCli(args);
	t.equal(code, 1);
	t.match(stdout, /✗ P-4\.3 .*\n {6}expected {2}version 1.*\n {6}got {7}\S/);
});

t.test("drives a client that is a program", async (t) => {
	const command = `${process.execPath} ${driver}`;
	const args = ["conformance", "--client", "--command", command, "--only"];
	const writes = await runCli([...args, "P-5.3"]);
	t.equal(writes.code, 0, writes.stdout);
	t.match(writes.stdout, /✓ P-5\.3 {2}seven sends within a window of four/);
	const none = await runCli(["conformance", "--client", "--command", "sleep 9", "--only", "P-1.6"]);
	t.equal(none.code, 1);
	t.match(none.stdout, /got {7}no connection came/);
});

t.test("says what is wrong with its arguments, and when nobody answers", async (t) => {
	const wrong: readonly (readonly string[])[] = [
		[],
		["--client"],
		["--against", "nowhere"],
		["--against", "http://127.0.0.1:1", "--client", "--command", "true"],
	];
	for (const args of wrong)
		t.equal((await runCli(["conformance", ...args])).code, 2, args.join(" "));
	const gone = await runCli(["conformance", "--against", "http://127.0.0.1:1"]);
	t.equal(gone.code, 4);
	t.match(gone.stderr, /cannot be reached: .*; start the server first/);
});
