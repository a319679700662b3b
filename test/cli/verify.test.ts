import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { systemClock } from "../../src/base/clock.js";
import { silentLog } from "../../src/base/log.js";
import type { VerifyReport } from "../../src/cli/verify-read.js";
import { messageKey } from "../../src/journal/keys.js";
import { openLevel } from "../../src/journal/leveldb.js";
import { type Answers, connectDevice, sendText } from "../helpers/cli-device.js";
import { runCli, type ServerProcess, startServer, tempFolder } from "../helpers/server-process.js";

interface Teardown {
	teardown(run: () => unknown): void;
}

/** A folder with 20 messages of ann to herself, its server ended in order or killed. */
async function folder(test: Teardown, end: "stop" | "kill"): Promise<string> {
	const data = tempFolder();
	test.teardown(() => rmSync(data, { recursive: true, force: true }));
	const server: ServerProcess = await startServer({ data });
	test.teardown(() => server.kill());
	const answered: Answers = { count: 0 };
	const ann = await connectDevice(test, server, "ann", answered);
	const { conversation } = await ann.request<"open">({ type: "open", user: "ann" });
	for (let n = 1; n <= 20; n += 1) ann.write(conversation, sendText(`message ${n}`));
	while (answered.count < 20) await new Promise((resolve) => setTimeout(resolve, 10));
	ann.stop();
	await server[end]();
	return data;
}

async function verify(data: string) {
	const { code, stdout, stderr } = await runCli(["verify", "--json", "--data", data]);
	return { code, stderr, report: JSON.parse(stdout) as VerifyReport };
}

/** Changes rows behind the broker's back, in a store that is otherwise sound. */
async function tamper(data: string, keys: Uint8Array[], values: (Uint8Array | null)[]) {
	const options = {
		folder: data,
		durability: "fsync",
		clock: systemClock,
		log: silentLog,
	} as const;
	const journal = await openLevel(options);
	await journal.commit({ keys, values });
	await journal.close();
}

t.test("a sound folder is whole, after an orderly end and after kill -9", async (t) => {
	for (const end of ["stop", "kill"] as const) {
		const data = await folder(t, end);
		const { code, report } = await verify(data);
		t.equal(code, 0, end);
		t.match(report, { ok: true, data, findings: 0, damage: [], rows: { message: 20, user: 1 } });
		const text = await runCli(["verify", "--data", data]);
		t.match(text.stdout, /message +20\n[\s\S]*everything is whole\n$/);
	}
});

t.test("a folder that a server has is refused, and the server named", async (t) => {
	const server = await startServer();
	t.teardown(() => server.discard());
	const { code, stderr } = await verify(server.data);
	t.equal(code, 5);
	t.match(stderr, `process ${server.pid}`);
});

t.test("a row that is missing, changed or nobody's is named", async (t) => {
	const data = await folder(t, "stop");
	const other = Uint8Array.of(0xee, 1);
	await tamper(
		data,
		[messageKey("ann~ann", 5), messageKey("ann~ann", 9), other],
		[null, Uint8Array.of(1, 2, 3, 4, 5, 6), Uint8Array.of(1)],
	);
	const { code, report } = await verify(data);
	t.equal(code, 1);
	const told = report.damage.map(({ row, why }) => `${row}: ${why}`).join("\n");
	t.match(told, /message ann~ann\/5: the row is missing/);
	t.match(told, /message ann~ann\/9: its checksum does not match/);
	t.match(told, /unknown row ee01/);
	const text = await runCli(["verify", "--data", data]);
	t.equal(text.code, 1);
	t.match(text.stdout, /damage found: restore a backup/);
});

t.test("a store that does not open is damage, told by file", async (t) => {
	const data = await folder(t, "stop");
	const store = join(data, "store");
	const manifest = readdirSync(store).find((name) => name.startsWith("MANIFEST")) ?? "";
	const bytes = readFileSync(join(store, manifest));
	rmSync(join(store, manifest));
	const { code, report } = await verify(data);
	t.equal(code, 1);
	t.match(report, { ok: false, epoch: null, damage: [{ why: new RegExp(manifest) }] });
	writeFileSync(join(store, manifest), bytes);
	t.equal((await verify(data)).code, 0, "and nothing was changed by looking");
});

t.test("a folder without a store is a plain no", async (t) => {
	const data = tempFolder();
	t.teardown(() => rmSync(data, { recursive: true }));
	t.equal((await runCli(["verify", "--data", data])).code, 1);
	t.strictSame(readdirSync(data), []);
});
