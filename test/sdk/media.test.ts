// Files through the SDK and a real broker: uploaded, sent, shown, downloaded, sent on.

import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import type { Client, Conversation, MediaFile } from "../../src/sdk/index.js";
import { openMedia } from "../../src/sdk/media.js";
import { tempFolder } from "../helpers/server-process.js";
import { tokenFor } from "../helpers/wire-client.js";
import { filesOf, picture, sha256 } from "../media/files.js";
import { MB, onLine } from "./media-line.js";
import { connected, eventually, Party, value } from "./party.js";

function hex(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("hex");
}

async function bytesOf(blob: Blob): Promise<Buffer> {
	return Buffer.from(await blob.arrayBuffer());
}

/** The files of the newest message in a list, once it has so many. */
async function filesIn(talk: Conversation, count = 1): Promise<readonly MediaFile[]> {
	const list = await value(talk.messages, (all) => (all.at(-1)?.media.length ?? 0) === count);
	return list.at(-1)?.media ?? [];
}

async function fileIn(talk: Conversation): Promise<MediaFile> {
	return (await filesIn(talk))[0] as MediaFile;
}

t.test("a file is uploaded, sent, shown, downloaded and sent on", async (t) => {
	const party = await Party.start(t);
	const { ann, bob, talk, other } = await party.pair();
	const folder = tempFolder();
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	const photo = picture(700_000);
	writeFileSync(join(folder, "photo.png"), photo);
	const seen: number[] = [];
	const onProgress = ({ done, size }: { done: number; size: number }) => {
		t.equal(size, photo.length);
		seen.push(done);
	};
	const file = await openMedia(ann).upload(join(folder, "photo.png"), { onProgress });
	t.match(file, { size: photo.length, contentType: "image/png", name: "photo.png" });
	t.equal(hex(file.hash), sha256(photo));
	t.equal(seen[0], 0);
	t.equal(seen.at(-1), photo.length);
	t.ok(seen.length > 2, `told on the way: ${seen}`);
	seen.splice(0);
	const twice = await openMedia(ann).upload(join(folder, "photo.png"), { onProgress });
	t.same([hex(twice.hash), seen[0]], [hex(file.hash), 0], "what is done is not gone on with");
	const message = talk.send({ media: [file] });
	t.equal(message.text, "");
	await message.reached("delivered");
	const shown = await fileIn(other);
	t.match(shown, { name: "photo.png", size: photo.length, contentType: "image/png" });
	const got = await shown.download();
	t.equal(got.type, "image/png");
	t.ok(photo.equals(await bytesOf(got)));
	const url = await shown.url();
	t.equal(await shown.url(), url, "the same while it holds: caches know it");
	t.ok(photo.equals(Buffer.from(await (await fetch(url)).arrayBuffer())), "without a token");
	mkdirSync(join(folder, "out"));
	await shown.save(join(folder, "out", "copy.png"));
	t.ok(photo.equals(readFileSync(join(folder, "out", "copy.png"))));
	t.same(readdirSync(join(folder, "out")), ["copy.png"], "nothing else is left");
	const carol = party.client("carol");
	await connected(carol);
	const elsewhere = await bob.open("carol");
	const on = elsewhere.send({ text: "look", media: [await shown.forward()] });
	await on.reached("delivered");
	const third = await fileIn(carol.conversation(elsewhere.id));
	t.ok(photo.equals(await bytesOf(await third.download())));
	await elsewhere.send({ media: other.messages.snapshot()[0]?.media }).reached("sent");
	t.pass("a file as it is shown may be sent as well, while its ticket holds");
});

t.test("bytes, blobs, nothing at all, and names of every length", async (t) => {
	const party = await Party.start(t);
	const { ann, talk, other } = await party.pair();
	const media = openMedia(ann);
	const bytes = randomBytes(1_000);
	const files = [
		await media.upload(bytes, { name: `${"a".repeat(300)}.tar`, contentType: "application/x-tar" }),
		await media.upload(new Blob([bytes], { type: "text/x-own" })),
		await media.upload(new Uint8Array(0), { name: "empty" }),
		await media.upload(bytes, { name: "ä".repeat(4_096) }),
	];
	t.match(files[0], { contentType: "application/x-tar", name: `${"a".repeat(251)}.tar` });
	t.match(files[1], { contentType: "text/x-own", name: "" });
	t.match(files[2], { size: 0, name: "empty" });
	t.equal(files[3]?.name, "ä".repeat(127));
	await talk.send({ media: files }).reached("sent");
	const shown = await filesIn(other, 4);
	t.same(
		await Promise.all(shown.map(async (file) => (await file.download()).size)),
		[1_000, 1_000, 0, 1_000],
	);
});

t.test("an edit keeps the files of a message", async (t) => {
	const party = await Party.start(t);
	const { ann, talk, other } = await party.pair();
	const file = await openMedia(ann).upload(picture());
	const message = talk.send({ text: "befor", media: [file] });
	await talk.edit(message, "before");
	await value(other.messages, (all) => all.at(-1)?.text === "before");
	t.equal((await filesIn(other)).length, 1);
});

t.test("a message with a file waits for the server as any other, over a restart", async (t) => {
	const party = await Party.start(t);
	const store = tempFolder();
	t.teardown(() => rmSync(store, { recursive: true, force: true }));
	await party.provision("ann", "bob");
	const ann = party.client("ann", { store });
	await connected(ann);
	const file = await openMedia(ann).upload(picture());
	const { id } = await ann.open("bob");
	party.line(ann).break();
	await ann
		.conversation(id)
		.send({ text: "kept", media: [file] })
		.reached("queued");
	await ann.close();
	const again = party.client("ann", { store });
	const [kept] = await value(again.conversation(id).messages, (all) => all.length === 1);
	await kept?.reached("sent");
	const [shown] = kept?.media ?? [];
	t.equal((await shown?.download())?.size, 1_000);
});

t.test("what cannot be is refused with a code", async (t) => {
	const party = await Party.start(t, { mediaBytesMax: 10_000 });
	const { ann, bob, talk, other } = await party.pair();
	const refused = (promise: Promise<unknown>, code: string) =>
		t.rejects(promise, { code, name: "BrokerError" });
	await refused(openMedia(ann).upload(randomBytes(10_001)), "MEDIA_TOO_LARGE");
	await t.rejects(openMedia(ann).upload("/no/such/file"), { code: "ENOENT" });
	await t.rejects(openMedia(ann).upload(tempFolderOf(t)), TypeError);
	const file = await openMedia(ann).upload(picture());
	const stolen = (await bob.open("ann")).send({ media: [file] });
	await refused(stolen.reached("sent"), "MEDIA_NO_GRANT");
	await talk.send({ media: [file] }).reached("delivered");
	const shown = await fileIn(other);
	await talk.deleteForAll(1);
	await refused(shown.download(), "MEDIA_UNKNOWN");
	await refused(shown.url(), "MEDIA_UNKNOWN");
	await ann.close();
	await refused(openMedia(ann).upload(picture()), "CLOSED");
});

function tempFolderOf(t: { teardown(run: () => unknown): unknown }): string {
	const folder = tempFolder();
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

t.test("a token that has ended is asked for anew, one that is refused is told", async (t) => {
	const party = await Party.start(t);
	await party.provision("ann");
	const reasons: string[] = [];
	let good = "";
	const token = async (reason: string) => {
		reasons.push(reason);
		good = await tokenFor(party.data, "ann");
		return reason === "refused" || reason === "first" ? good : "no token";
	};
	const ann = party.client("ann", { token });
	await connected(ann);
	await openMedia(ann).upload(picture());
	t.same(reasons, ["first", "reconnect", "refused"]);
	const stubborn = party.client("ann", { token: async (why) => (why === "first" ? good : "none") });
	await connected(stubborn);
	await t.rejects(openMedia(stubborn).upload(picture()), { code: "AUTH_REJECTED" });
});

t.test(
	"an upload that is aborted ends at once; one that nobody can resume is removed",
	async (t) => {
		const party = await Party.start(t);
		const { ann } = await party.pair();
		const aborting = new AbortController();
		const onProgress = ({ done }: { done: number }) => {
			if (done > 0) aborting.abort(new Error("no longer"));
		};
		const upload = openMedia(ann).upload(randomBytes(3_000_000), {
			onProgress,
			signal: aborting.signal,
		});
		await t.rejects(upload, { message: "no longer" });
		await eventually(() => filesOf({ data: party.data }).length === 0);
		await t.rejects(openMedia(ann).upload(picture(), { signal: aborting.signal }), /no longer/);
		t.same(filesOf({ data: party.data }), []);
	},
);

t.test("what a callback throws is told, and changes nothing", async (t) => {
	const party = await Party.start(t);
	const { ann } = await party.pair();
	const errors: unknown[] = [];
	(ann as Client).on("error", (error) => errors.push(error));
	const onProgress = () => {
		throw new Error("of the application");
	};
	t.equal((await openMedia(ann).upload(picture(), { onProgress })).size, 1_000);
	t.match(errors, [{ message: "of the application" }]);
});

t.test("an upload that is cut again and again goes on where it was", async (t) => {
	const { line, ann } = await onLine(t);
	const bytes = randomBytes(4 * MB);
	let next = MB;
	line.onUp = (up) => {
		if (up < next) return false;
		next = up + MB;
		return true;
	};
	const file = await openMedia(ann).upload(bytes);
	t.equal(hex(file.hash), sha256(bytes));
	t.ok(line.up > 4 * MB && line.up < 7 * MB, `${line.up} bytes in all`);
});
