// A bench that is interrupted leaves neither its server nor its folder behind.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { cliFile } from "../helpers/server-process.js";

/** Of the server, once it has written its runtime file. */
async function serverPid(folder: string): Promise<number> {
	for (;;) {
		const [name] = readdirSync(folder).filter((one) => one.startsWith("colloquy-bench-"));
		try {
			const file = join(folder, name ?? "", "data", "runtime.json");
			return (JSON.parse(readFileSync(file, "utf8")) as { pid: number }).pid;
		} catch {
			await sleep(20);
		}
	}
}

function alive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

t.test("Ctrl-C in the middle of a run", async (t) => {
	const folder = mkdtempSync(join(tmpdir(), "colloquy-test-"));
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	const args = [cliFile, "bench", "cycle", "--pairs", "1", "--seconds", "600"];
	const env = { ...process.env, TMPDIR: folder };
	const child = spawn(process.execPath, args, { env, stdio: "ignore" });
	t.teardown(() => child.kill("SIGKILL"));
	const pid = await serverPid(folder);
	t.ok(alive(pid));
	child.kill("SIGINT");
	const [code] = (await once(child, "exit")) as [number];
	t.equal(code, 130);
	while (alive(pid)) await sleep(20);
	const left = readdirSync(folder).filter((name) => name.startsWith("colloquy-bench-"));
	t.strictSame(left, []);
});
