// C051: a server whose disk fills up, for real: a small file system. Needs the right to mount one;
// where that is missing, the same is shown with injected faults in test/journal.

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { startServer, tempFolder } from "../helpers/server-process.js";
import { text, type WireClient } from "../helpers/wire-client.js";
import { comeBack, readAll, sign, until } from "./talk.js";

function smallDisk(t: Test): string | null {
	const folder = tempFolder();
	const discard = () => rmSync(folder, { recursive: true, force: true });
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=20m", "tmpfs", folder], { stdio: "ignore" });
	} catch {
		discard();
		return null;
	}
	t.teardown(() => {
		execFileSync("umount", ["-l", folder], { stdio: "ignore" });
		discard();
	});
	return folder;
}

/** Sends until one is refused; `n` and `seq` of those acknowledged. */
async function sendUntilRefused(
	ann: WireClient,
	conversation: string,
): Promise<{ seqs: number[]; code: string; command: ReturnType<typeof text> }> {
	const seqs: number[] = [];
	for (let n = 1; ; n += 1) {
		const command = text(randomBytes(10_000).toString("latin1"));
		ann.write(conversation, n, n - 1, command);
		const outcome = await ann.outcome(conversation, n);
		if (outcome.type === "refused") return { seqs, code: outcome.code, command };
		seqs.push(outcome.seq);
	}
}

t.test("a full disk refuses writes, all else goes on, and room mends it", async (t) => {
	const disk = smallDisk(t);
	if (disk === null) {
		t.comment("no right to mount here: not tried");
		return;
	}
	const ballast = join(disk, "ballast");
	writeFileSync(ballast, randomBytes(8 * 1_024 * 1_024));
	const data = join(disk, "data");
	mkdirSync(data);
	const env = { COLLOQUY_WRITE_BUFFER_BYTES: "1MiB" };
	let server = await startServer({ data, env });
	t.teardown(() => server.kill());
	const health = async () => (await fetch(`${server.url}/readyz`)).status;
	const ann = await sign(server, "ann");
	const bob = await sign(server, "bob");
	const conversation = await ann.open("bob");
	t.equal(await health(), 200);
	const { seqs, code, command } = await sendUntilRefused(ann, conversation);
	t.equal(code, "JOURNAL_IO", `after ${seqs.length} messages`);
	await until("the state is told", async () => (await health()) === 503);
	t.equal((await fetch(`${server.url}/livez`)).status, 200, "a restart would not help");
	t.equal((await readAll(bob, conversation)).length, seqs.length, "reads go on");
	ann.received.length = 0;
	ann.say({ type: "watch", users: ["bob"] });
	t.match(await ann.next("presence"), { users: [{ user: "bob", state: "online" }] });
	rmSync(ballast);
	await until("it mends by itself", async () => (await health()) === 200);
	const n = seqs.length + 1;
	ann.write(conversation, n, n - 1, command);
	t.match(await ann.outcome(conversation, n), { type: "answer", seq: n }, "what was refused");
	await server.kill();
	server = await server.restart();
	const again = await comeBack(server, bob);
	const found = (await readAll(again, conversation)).map(({ seq }) => seq);
	t.same(found, [...seqs, n], "everything acknowledged is there, once");
});
