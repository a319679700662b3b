// A disk that fills up, for real: a small file system. Needs the right to mount one; where that is
// missing, failed-commit.test.ts shows the same rules with an injected fault.

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import t, { type Test } from "tap";
import { messageKey } from "../../src/journal/keys.js";
import { temporaryFolder } from "./folder.js";
import { openStore, sender } from "./store.js";

async function smallDisk(t: Test): Promise<string | null> {
	const folder = await temporaryFolder();
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=20m", "tmpfs", folder], { stdio: "ignore" });
	} catch {
		await rm(folder, { recursive: true });
		return null;
	}
	t.teardown(async () => {
		execFileSync("umount", ["-l", folder], { stdio: "ignore" });
		await rm(folder, { recursive: true });
	});
	return folder;
}

t.test(
	"a full disk refuses writes, serves reads and is used again once there is room",
	async (t) => {
		const disk = await smallDisk(t);
		if (disk === null) {
			t.plan(0, "no right to mount a file system");
			return;
		}
		const ballast = join(disk, "ballast");
		writeFileSync(ballast, randomBytes(8 * 1024 * 1024));
		const folder = join(disk, "data");
		mkdirSync(folder);
		const journal = await openStore(folder, { writeBufferBytes: 1024 * 1024 });
		const { pipeline, send } = await sender(journal);
		const acknowledged: number[] = [];
		let refusal: { code?: string } | null = null;
		while (refusal === null && acknowledged.length < 10_000) {
			try {
				acknowledged.push(await send(randomBytes(10_000)));
			} catch (error) {
				refusal = error as { code?: string };
			}
		}
		t.equal(refusal?.code, "JOURNAL_IO", `after ${acknowledged.length} messages`);
		const readable = (): boolean =>
			acknowledged.every((seq) => journal.get(messageKey("ann~bob", seq)) !== undefined);
		t.ok(readable(), "reads go on");
		await pause(1_500);
		t.match(pipeline.health, { state: "failed", lastError: { code: "JOURNAL_IO" } });
		t.ok(pipeline.health.state === "failed" && pipeline.health.attempts >= 3, "it keeps trying");
		t.ok(readable(), "and reads go on all the while");
		await t.rejects(send(), { code: "JOURNAL_IO" });
		rmSync(ballast);
		for (let tries = 0; tries < 100 && pipeline.health.state === "failed"; tries += 1)
			await pause(100);
		t.match(pipeline.health, { state: "ok" }, "by itself");
		t.ok(readable(), "everything acknowledged is there");
		await pipeline.stop();
		await journal.close();
		const again = await openStore(folder);
		const next = await sender(again);
		t.ok((await next.send()) > (acknowledged.at(-1) ?? 0));
		await next.pipeline.stop();
		await again.close();
	},
);
