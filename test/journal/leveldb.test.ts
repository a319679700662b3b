// The LevelDB adapter: who may open a folder, what a start after a kill finds, what it leaves open.

import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { memberKey, messageKey } from "../../src/journal/keys.js";
import { type Marker, markerPath, readMarker } from "../../src/journal/marker.js";
import { temporaryFolder } from "./folder.js";
import { filled, fingerprint, openStore, sender } from "./store.js";

async function folderOf(t: Test): Promise<string> {
	const folder = await temporaryFolder();
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

interface Holder {
	readonly process: ChildProcess;
	line(): Promise<string>;
	kill(): Promise<void>;
}

const program = fileURLToPath(new URL("./holder-process.js", import.meta.url));

function holder(t: Test, folder: string): Holder {
	const child = spawn(process.execPath, [program, folder], { stdio: ["pipe", "pipe", "inherit"] });
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
	const kill = async (): Promise<void> => {
		child.kill("SIGKILL");
		await ended;
	};
	t.teardown(kill);
	return { process: child, kill, line: async () => String((await lines.next()).value) };
}

t.test("a second opener is refused, and told the folder and the holder", async (t) => {
	const folder = await folderOf(t);
	const first = holder(t, folder);
	t.equal(await first.line(), "open");
	const second = holder(t, folder);
	const said = await second.line();
	t.match(said, new RegExp(`${folder} is held by process ${first.process.pid}`));
	await t.rejects(openStore(folder), { code: "DATA_LOCKED" }, "from this process too");
	first.process.stdin?.write("\n");
	t.equal(await first.line(), "1", "the first is unaffected");
	await first.kill();
	const journal = await openStore(folder);
	await journal.close();
});

t.test("one process cannot open a folder twice", async (t) => {
	const folder = await folderOf(t);
	const journal = await openStore(folder);
	await t.rejects(openStore(folder), {
		code: "DATA_LOCKED",
		message: new RegExp(`process ${process.pid}`),
	});
	await journal.commit({ keys: [Uint8Array.of(0x7e)], values: [Uint8Array.of(1)] });
	await journal.close();
});

t.test("a lock whose pid now belongs to another process, or to none, is taken over", async (t) => {
	const folder = await folderOf(t);
	await filled(folder, 1);
	const boot = (await readMarker(folder))?.machineBoot;
	for (const text of [
		JSON.stringify({ pid: process.pid, started: "1", machineBoot: boot }),
		JSON.stringify({ pid: process.pid, started: null, machineBoot: "another uptime" }),
		JSON.stringify({ pid: 2 ** 22 + 1, started: null, machineBoot: boot }),
		"half a lo",
		"",
	]) {
		await writeFile(join(folder, "journal.lock"), text);
		const journal = await openStore(folder);
		await journal.close();
	}
	t.notOk(
		readdirSync(folder).some((name) => name.startsWith("journal.lock")),
		"none is left",
	);
});

const rounds = 25;
const patient = { timeout: 120_000 };

t.test("what was acknowledged is there after kill -9 at once", patient, async (t) => {
	const folder = await folderOf(t);
	let acknowledged = 0;
	for (let round = 1; round <= rounds; round += 1) {
		const child = holder(t, folder);
		t.equal(await child.line(), "open", `round ${round}`);
		child.process.stdin?.write("\n\n\n");
		acknowledged = Math.max(acknowledged, Number(await child.line()));
		await child.kill();
	}
	const journal = await openStore(folder);
	for (let seq = 1; seq <= acknowledged; seq += 1) {
		if (journal.get(messageKey("ann~bob", seq)) === undefined) t.fail(`message ${seq} is lost`);
	}
	t.ok(acknowledged >= rounds, `${acknowledged} messages`);
	t.equal(journal.boot, rounds + 1);
	await journal.close();
});

t.test("a folder of a newer format is refused and not touched", async (t) => {
	const folder = await folderOf(t);
	await filled(folder, 3);
	const marker = (await readMarker(folder)) as Marker;
	await writeFile(markerPath(folder), JSON.stringify({ ...marker, format: 2, novelty: true }));
	const before = await fingerprint(folder);
	await t.rejects(openStore(folder), {
		code: "JOURNAL_FORMAT",
		message: /has format 2; this program reads up to 1; use a newer version/,
	});
	t.same(await fingerprint(folder), before);
	await writeFile(markerPath(folder), JSON.stringify(marker));
	const journal = await openStore(folder);
	t.equal((await sender(journal)).pipeline.number, 3);
	await journal.close();
});

t.test("a crash while a new folder is made leaves a folder that opens", async (t) => {
	const folder = await folderOf(t);
	const journal = await openStore(folder);
	await journal.close();
	const marker = (await readMarker(folder)) as Marker;
	await writeFile(markerPath(folder), JSON.stringify({ ...marker, boot: 0, phase: "creating" }));
	const again = await openStore(folder);
	await again.close();
	await rm(join(folder, "store"), { recursive: true });
	await writeFile(markerPath(folder), JSON.stringify({ ...marker, boot: 0, phase: "creating" }));
	const third = await openStore(folder);
	t.equal(third.boot, 1);
	await third.close();
});

t.test("the epoch changes when acknowledged commits may be gone, and only then", async (t) => {
	const folder = await folderOf(t);
	await filled(folder, 3);
	const marker = (await readMarker(folder)) as Marker;
	const epochAfter = async (change: Partial<Marker>, options = {}): Promise<boolean> => {
		await writeFile(markerPath(folder), JSON.stringify({ ...marker, ...change }));
		const journal = await openStore(folder, options);
		const { epoch } = journal;
		await journal.close();
		return epoch !== marker.epoch;
	};
	const crashed = { phase: "serving" } as const;
	const elsewhere = { machineBoot: "another uptime" };
	t.notOk(await epochAfter({}), "closed in order");
	t.notOk(await epochAfter(crashed), "killed, synced");
	t.notOk(await epochAfter({ ...crashed, ...elsewhere }), "power cut, synced");
	t.notOk(await epochAfter({ ...crashed, durability: "os" }), "killed, unsynced");
	t.notOk(await epochAfter({ ...elsewhere, durability: "os" }), "closed, then a restart");
	t.ok(await epochAfter({ ...crashed, ...elsewhere, durability: "os" }), "power cut, unsynced");
	const unknown = { ...crashed, durability: "os", machineBoot: null } as const;
	t.ok(await epochAfter(unknown), "no way to know");
	t.ok(await epochAfter({ ...crashed, ...elsewhere, durability: "os", commit: 9 }), "shorter");
	t.ok(await epochAfter({}, { newEpoch: true }), "asked for");
});

t.test("1,000 history reads broken off leave no iterator and no file open", async (t) => {
	const folder = await folderOf(t);
	await filled(folder, 500);
	const journal = await openStore(folder);
	const descriptors = (): number => readdirSync("/proc/self/fd").length;
	const range = { gte: messageKey("ann~bob", 0), lt: memberKey("a", "b"), limit: 500 };
	await journal.range(range);
	const before = descriptors();
	const reads: Promise<unknown>[] = [];
	for (let i = 0; i < 1_000; i += 1) {
		const view = journal.view();
		reads.push(view.range(range).catch(() => null));
		view.close();
		if (i % 50 === 49) await Promise.all(reads.splice(0));
	}
	await Promise.all(reads);
	t.ok(descriptors() <= before + 1, `${descriptors()} descriptors, ${before} before`);
	const left = journal.view();
	const under = journal.range(range).catch(() => null);
	// With a view open.
	await journal.close();
	await under;
	t.throws(() => left.get(messageKey("ann~bob", 1)), { code: "JOURNAL_CLOSED" });
	const again = await openStore(folder);
	await again.close();
});

t.test("the marker is written whole and notes the last commit", async (t) => {
	const folder = await folderOf(t);
	const journal = await openStore(folder);
	t.match(await readMarker(folder), { format: 1, boot: 1, commit: 0, phase: "serving" });
	const { send, pipeline } = await sender(journal);
	await send();
	await send();
	await Promise.all([journal.mark(1), journal.mark(2)]);
	t.match(await readMarker(folder), { commit: 2, phase: "serving", epoch: journal.epoch });
	await pipeline.stop();
	await journal.close();
	t.match(await readMarker(folder), { commit: 2, phase: "closed" });
	t.same(readdirSync(folder).sort(), ["journal.json", "store"]);
	t.ok((await readFile(markerPath(folder), "utf8")).endsWith("}\n"));
	await t.rejects(journal.mark(3), { code: "JOURNAL_CLOSED" });
});
