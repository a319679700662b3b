import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import t from "tap";
import { systemClock } from "../../src/base/clock.js";
import { doctorView } from "../../src/cli/doctor.js";
import {
	type Check,
	checkClock,
	checkFiles,
	checkNode,
	checkSync,
	syncTimes,
} from "../../src/cli/doctor-checks.js";
import { plain } from "../../src/cli/output.js";
import { runCli, startServer, tempFolder } from "../helpers/server-process.js";

interface Test {
	teardown(run: () => unknown): void;
}

function folder(test: Test): string {
	const path = tempFolder();
	test.teardown(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

async function examined(data: string, ...args: string[]) {
	const { code, stdout } = await runCli(["doctor", "--json", "--data", data, ...args]);
	const report = JSON.parse(stdout) as { ok: boolean; checks: Check[] };
	const of = (name: string) => report.checks.find((one) => one.name === name);
	return { code, report, of };
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };
	await new Promise((resolve) => server.close(resolve));
	return port;
}

t.test("a sound machine: every check is made, and each says what it found", async (t) => {
	const port = String(await freePort());
	const { code, report, of } = await examined(folder(t), "--port", port);
	t.strictSame(
		report.checks.map(({ name }) => name),
		["node", "folder", "secret", "disk space", "disk sync", "open files", "port", "clock"],
	);
	t.equal(code, report.ok ? 0 : 1);
	for (const name of ["node", "folder", "secret", "port"]) t.equal(of(name)?.status, "ok", name);
	t.match(of("disk sync")?.found, /^\d+\.\d ms to sync/);
	for (const { status, fix } of report.checks) t.equal(fix === null, status === "ok");
});

t.test("a taken port, a secret for all, a file for a folder: code 1 and a fix each", async (t) => {
	const data = folder(t);
	const taken = createServer();
	await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
	t.teardown(() => taken.close());
	const { port } = taken.address() as { port: number };
	writeFileSync(join(data, "secret"), "0123456789abcdef0123456789abcdef", { mode: 0o644 });
	const { code, of } = await examined(data, "--port", String(port));
	t.equal(code, 1);
	t.match(of("port"), { status: "fail", found: /is taken/, fix: /--port/ });
	t.match(of("secret"), { status: "fail", fix: /^chmod 600 / });
	const file = join(data, "file");
	writeFileSync(file, "");
	t.match((await examined(file)).of("folder"), { status: "fail", fix: /--data/ });
	t.match((await examined(join(data, "new", "er"))).of("folder"), { status: "ok", found: /first/ });
});

t.test("beside a running server: its port and its folder are no trouble", async (t) => {
	const server = await startServer();
	t.teardown(() => server.discard());
	const { of } = await examined(server.data, "--port", String(server.port));
	t.match(of("port"), { status: "ok", found: new RegExp(`pid ${server.pid}`) });
	t.match(of("folder"), { status: "ok", found: new RegExp(`process ${server.pid}`) });
});

t.test("thresholds: files, sync, clock, Node", async (t) => {
	t.equal(checkFiles(65_536, 18_000).status, "ok");
	t.match(checkFiles(1_024, 18_000), { status: "warn", found: /824 connections/, fix: /ulimit/ });
	t.equal(checkFiles(256, 18_000).status, "fail");
	t.equal(checkFiles(null, 18_000).status, "warn");
	t.equal(checkSync([1, 2, 3], "fsync").status, "ok");
	t.equal(checkSync([30, 31, 32], "fsync").status, "warn");
	t.equal(checkSync([1, 1, 900], "fsync").status, "warn");
	t.equal(checkSync([300, 300, 300], "fsync").status, "fail");
	t.equal(checkSync([300, 300, 300], "os").status, "ok", "nobody waits for it then");
	const now = Date.UTC(2026, 10, 25);
	const facts = { driftMs: 1, now, writtenAt: now - 1_000, synchronised: null };
	t.equal(checkClock(facts).status, "ok");
	t.match(checkClock({ ...facts, writtenAt: now + 60_000 }), {
		status: "fail",
		found: /60 s behind/,
	});
	t.equal(checkClock({ ...facts, driftMs: -5_000 }).status, "warn");
	t.match(checkClock({ ...facts, synchronised: false }), { status: "warn", fix: /timedatectl/ });
	t.equal(checkNode("18.20.1").status, "fail");
	t.equal(checkNode("20.19.0").status, "ok");
	t.equal(checkNode("22.1.0").status, "ok");
});

t.test("measuring leaves nothing behind", async (t) => {
	const data = folder(t);
	mkdirSync(join(data, "x"));
	const times = await syncTimes(data, systemClock);
	t.equal(times.length, 25);
	t.ok(times.every((ms) => ms >= 0));
	const { readdirSync } = await import("node:fs");
	t.strictSame(readdirSync(data), ["x"]);
});

t.test("for people: a sign and a line each, the fix below", async (t) => {
	const checks: Check[] = [
		{ name: "node", status: "ok", found: "20.20.2", fix: null },
		{ name: "port", status: "fail", found: "taken", fix: "take another" },
	];
	t.equal(doctorView(checks, plain), "✓ node  20.20.2\n✗ port  taken\n        → take another");
});
