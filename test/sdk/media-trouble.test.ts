// Transfers of bytes that changed at their source or on their way, and downloads that are cut:
// nobody gets other bytes than those that were meant.

import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { MediaFile } from "../../src/sdk/index.js";
import { openMedia } from "../../src/sdk/media.js";
import { sha256 } from "../media/files.js";
import { folderOf, MB, onLine } from "./media-line.js";
import { value } from "./party.js";

function hex(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("hex");
}

/** Ann sees a file that bob has sent. */
async function shownTo(t: Test, bytes: Buffer) {
	const { party, line, ann, bob, talk } = await onLine(t);
	const file = await openMedia(bob).upload(bytes, { name: "film" });
	await bob
		.conversation(talk.id)
		.send({ media: [file] })
		.reached("sent");
	const there = ann.conversation(talk.id);
	const list = await value(there.messages, (all) => all.at(-1)?.media.length === 1);
	return { party, line, ann, file: list.at(-1)?.media[0] as MediaFile };
}

t.test("a file that changed unseen between two parts of its upload goes up anew", async (t) => {
	const { ann } = await onLine(t);
	const path = join(folderOf(t), "notes");
	const write = (bytes: Buffer) => {
		writeFileSync(path, bytes);
		utimesSync(path, 1_700_000_000, 1_700_000_000);
	};
	write(randomBytes(4 * MB));
	const aborting = new AbortController();
	const onProgress = ({ done }: { done: number }) => {
		if (done > 0) aborting.abort();
	};
	const media = openMedia(ann);
	await t.rejects(media.upload(path, { onProgress, signal: aborting.signal }), {
		name: "AbortError",
	});
	const bytes = randomBytes(4 * MB);
	write(bytes);
	const starts: number[] = [];
	const file = await media.upload(path, {
		onProgress: ({ done }) => {
			if (starts.length === 0 || done === 0) starts.push(done);
		},
	});
	t.equal(hex(file.hash), sha256(bytes));
	t.ok((starts[0] ?? 0) > 0 && starts[1] === 0, `began at ${starts}`);
});

t.test("a download that is cut goes on by a range, into memory and into a file", async (t) => {
	const bytes = randomBytes(6 * MB);
	const { line, file } = await shownTo(t, bytes);
	let next = line.down + MB;
	line.onDown = (down) => {
		if (down < next) return false;
		next = down + 2 * MB;
		return true;
	};
	const before = line.down;
	const got = Buffer.from(await (await file.download()).arrayBuffer());
	t.ok(bytes.equals(got));
	t.ok(line.down - before < 8 * MB, `${line.down - before} bytes in all`);
	const path = join(folderOf(t), "film");
	await file.save(path);
	t.ok(bytes.equals(readFileSync(path)));
});

t.test(
	"a download that was left goes on from its part; a part that is wrong does not",
	async (t) => {
		const bytes = randomBytes(6 * MB);
		const { line, file } = await shownTo(t, bytes);
		const folder = folderOf(t);
		const path = join(folder, "film");
		const leave = async () => {
			const aborting = new AbortController();
			const onProgress = ({ done }: { done: number }) => {
				if (done > 2 * MB) aborting.abort();
			};
			await t.rejects(file.save(path, { onProgress, signal: aborting.signal }));
			return readdirSync(folder)[0] ?? "";
		};
		await leave();
		const before = line.down;
		await file.save(path);
		t.ok(bytes.equals(readFileSync(path)));
		t.ok(line.down - before < 5 * MB, "only the rest");
		rmSync(path);
		const part = join(folder, await leave());
		const kept = readFileSync(part);
		kept[7] = (kept[7] ?? 0) ^ 1;
		writeFileSync(part, kept);
		await file.save(path);
		t.ok(bytes.equals(readFileSync(path)));
		t.same(readdirSync(folder), ["film"]);
	},
);

t.test("bytes that were changed on their way are not given out", async (t) => {
	const { line, file } = await shownTo(t, randomBytes(MB));
	line.damage = (bytes) => {
		if (bytes.length > 1_000) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
	};
	const folder = folderOf(t);
	await t.rejects(file.download(), { code: "MEDIA_MISMATCH" });
	await t.rejects(file.save(join(folder, "film")), { code: "MEDIA_MISMATCH" });
	t.same(readdirSync(folder), []);
});
