// A damaged folder is refused with the exact reason and nothing in it is changed; LevelDB alone
// would begin an empty store, serve what is left, or fail at the first read.

import { readFileSync } from "node:fs";
import { cp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { messageKey } from "../../src/journal/keys.js";
import { markerPath, readMarker } from "../../src/journal/marker.js";
import { temporaryFolder } from "./folder.js";
import { filled, fingerprint, openStore, sender, storeFiles } from "./store.js";

/** A folder with 60 commits: most in tables, the last ones in the log. */
async function used(t: Test): Promise<string> {
	const folder = await temporaryFolder();
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	const journal = await openStore(folder, { writeBufferBytes: 64 * 1024 });
	const { send, pipeline } = await sender(journal);
	for (let i = 0; i < 60; i += 1) await send(Buffer.alloc(4_000, i));
	await pipeline.stop();
	await journal.close();
	return folder;
}

async function refused(t: Test, folder: string, message: RegExp): Promise<void> {
	const before = await fingerprint(folder);
	await t.rejects(openStore(folder), { code: "JOURNAL_DAMAGED", message });
	t.same(await fingerprint(folder), before, "nothing was changed");
}

t.test("a missing CURRENT is not taken for a new store", async (t) => {
	const folder = await used(t);
	await rm(join(folder, "store", "CURRENT"));
	await refused(t, folder, /CURRENT is missing; nothing was changed, restore a backup/);
});

t.test("an empty CURRENT, or one that points nowhere, is refused", async (t) => {
	const folder = await used(t);
	const current = join(folder, "store", "CURRENT");
	await writeFile(current, "");
	await refused(t, folder, /CURRENT is empty/);
	await writeFile(current, "MANIFEST-999999\n");
	await refused(t, folder, /MANIFEST-999999 is missing/);
	await writeFile(current, "garbage\n");
	await refused(t, folder, /CURRENT names no manifest/);
});

t.test("a manifest that is empty, missing or cut is refused", async (t) => {
	const folder = await used(t);
	const name = (await readFile(join(folder, "store", "CURRENT"), "utf8")).trim();
	const manifest = join(folder, "store", name);
	const whole = await readFile(manifest);
	await truncate(manifest, whole.length - 3);
	await t.rejects(openStore(folder), { code: "JOURNAL_DAMAGED" }, "cut by 3 bytes");
	await writeFile(manifest, "");
	await refused(t, folder, new RegExp(`${name} is empty`));
	await rm(manifest);
	await refused(t, folder, new RegExp(`${name} is missing`));
});

t.test("a table that is empty, cut or missing is refused before it is read", async (t) => {
	const folder = await used(t);
	const [table] = await storeFiles(folder, ".ldb");
	const whole = await readFile(table as string);
	await truncate(table as string, 0);
	await refused(t, folder, /\.ldb has 0 bytes instead of \d+/);
	await writeFile(table as string, whole.subarray(0, whole.length - 1));
	await refused(t, folder, /\.ldb has \d+ bytes instead of/);
	await rm(table as string);
	await refused(t, folder, /\.ldb is missing/);
	await writeFile(table as string, whole);
	await (await openStore(folder)).close();
});

t.test("a missing log is refused", async (t) => {
	const folder = await used(t);
	for (const log of await storeFiles(folder, ".log")) await rm(log);
	await refused(t, folder, /\.log is missing/);
});

t.test("a store without its marker, or a marker without its store, is refused", async (t) => {
	const folder = await used(t);
	const marker = await readFile(markerPath(folder));
	await rm(markerPath(folder));
	await refused(t, folder, /holds a store but no journal\.json/);
	await writeFile(markerPath(folder), "{ not json");
	await refused(t, folder, /journal\.json: it is not JSON/);
	await writeFile(markerPath(folder), '{"format":1}');
	await refused(t, folder, /journal\.json: a field is missing or wrong/);
	await writeFile(markerPath(folder), marker);
	await rm(join(folder, "store"), { recursive: true });
	await refused(t, folder, /store\/? is missing/);
});

t.test("a store of another marker is refused", async (t) => {
	const folder = await used(t);
	const other = await used(t);
	await rm(join(folder, "store"), { recursive: true });
	await cp(join(other, "store"), join(folder, "store"), { recursive: true });
	await t.rejects(openStore(folder), {
		code: "JOURNAL_DAMAGED",
		message: /stands beside another store/,
	});
});

t.test("a flipped byte anywhere in the log is noticed at opening", async (t) => {
	const folder = await temporaryFolder();
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	await filled(folder, 40);
	const [log] = await storeFiles(folder, ".log");
	const name = (log as string).slice(folder.length);
	const { size } = await stat(log as string);
	for (let at = 0; at < size; at += Math.ceil(size / 80)) {
		const copy = `${folder}-copy`;
		await cp(folder, copy, { recursive: true });
		const bytes = readFileSync(join(copy, name));
		bytes[at] = (bytes[at] as number) ^ 0x10;
		await writeFile(join(copy, name), bytes);
		const opened = await openStore(copy).then(
			async (journal) => {
				await journal.close();
				return "served";
			},
			(error) => error.code,
		);
		if (opened !== "JOURNAL_DAMAGED") t.fail(`byte ${at} of ${size}: ${opened}`);
		await rm(copy, { recursive: true });
	}
});

t.test("a log found shorter is reported, and only accepted under a new epoch", async (t) => {
	const folder = await temporaryFolder();
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	await filled(folder, 20);
	const [log] = await storeFiles(folder, ".log");
	await truncate(log as string, Math.floor((await stat(log as string)).size / 2));
	const epoch = (await readMarker(folder))?.epoch;
	await t.rejects(openStore(folder), {
		code: "JOURNAL_DAMAGED",
		message: /ends with commit \d+, but 20 was durable; restore a backup, or accept the loss/,
	});
	const journal = await openStore(folder, { newEpoch: true });
	t.not(journal.epoch, epoch);
	const { pipeline, send } = await sender(journal);
	t.ok(pipeline.number > 0 && pipeline.number < 20);
	await send();
	await pipeline.stop();
	await journal.close();
	await (await openStore(folder)).close();
});

t.test("a loss in the middle is accepted under a new epoch, from behind the gap", async (t) => {
	const folder = await temporaryFolder();
	t.teardown(() => rm(folder, { recursive: true, force: true }));
	// LevelDB gives up the rest of a block of 32 KiB, so the log has to be longer than that.
	await filled(folder, 300);
	const [log] = await storeFiles(folder, ".log");
	const bytes = readFileSync(log as string);
	const at = Math.floor(bytes.length / 2);
	bytes[at] = (bytes[at] as number) ^ 1;
	await writeFile(log as string, bytes);
	await t.rejects(openStore(folder), {
		code: "JOURNAL_DAMAGED",
		message: /commit \d+ is missing before 300/,
	});
	await (await openStore(folder, { newEpoch: true })).close();
	const journal = await openStore(folder);
	t.ok(journal.get(messageKey("ann~bob", 300)));
	await journal.close();
});
