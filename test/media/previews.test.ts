// Previews of images: what a client gets, that strangers get nothing, and that images and programs
// made to hurt hurt nobody.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import t, { type Test } from "tap";
import { systemClock } from "../../src/base/clock.js";
import { silentLog } from "../../src/base/log.js";
import { DirectoryStore } from "../../src/media/directory.js";
import { Downloads } from "../../src/media/download.js";
import { type PreviewParts, Previews } from "../../src/media/previews.js";
import { Slots } from "../../src/media/slots.js";
import { write } from "../e2e/talk.js";
import { startBroker } from "../helpers/broker.js";
import { tempFolder } from "../helpers/server-process.js";
import { ask, picture, sending, sha256, upload } from "./files.js";

/** Upright 600 by 800, as a camera writes it: lying, with a note to turn it. */
function photo(): Promise<Buffer> {
	const create = { width: 800, height: 600, channels: 3, background: "#c04010" } as const;
	return sharp({ create }).withMetadata({ orientation: 6 }).jpeg().toBuffer();
}

/** A PNG of one bit a pixel and nothing in it: small, until somebody decodes it. */
function bomb(edge: number): Buffer {
	const crcs = Array.from({ length: 256 }, (_, n) => {
		let crc = n;
		for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
		return crc >>> 0;
	});
	const piece = (type: string, data: Buffer) => {
		const body = Buffer.concat([Buffer.from(type), data]);
		let crc = 0xffffffff;
		for (const byte of body) crc = (crcs[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
		const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
		length.writeUInt32BE(data.length);
		sum.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
		return Buffer.concat([length, body, sum]);
	};
	const head = Buffer.alloc(13);
	head.writeUInt32BE(edge, 0);
	head.writeUInt32BE(edge, 4);
	head[8] = 1;
	const rows = deflateSync(Buffer.alloc(edge * (1 + Math.ceil(edge / 8))));
	const mark = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
	const end = piece("IEND", Buffer.alloc(0));
	return Buffer.concat([mark, piece("IHDR", head), piece("IDAT", rows), end]);
}

const patient = { mediaPreviewsAtOnce: 1, mediaPreviewWaitMs: 60_000, mediaPreviewMs: 60_000 };

t.test("whoever may read a picture gets its size, a hash and a small one", async (t) => {
	const it = await startBroker(patient);
	t.teardown(() => it.discard());
	const [ann] = [await it.connect("ann"), await it.connect("bob"), await it.connect("eve")];
	const file = await upload(it, "ann", await photo());
	t.match(file.preview, { width: 600, height: 800, thumbhash: /^[\w-]{20,40}$/ });
	const conversation = await ann.open("bob");
	await write(ann, conversation, 1, sending([file]));
	const path = `/media/${file.hash}/preview`;
	const got = await ask(it, "bob", `${path}?conversation=${conversation}`);
	t.equal(got.status, 200);
	const { width, height, thumbhash } = file.preview ?? {};
	t.equal(got.headers.get("content-type"), "image/webp");
	t.equal(got.headers.get("media-width"), String(width));
	t.equal(got.headers.get("media-height"), String(height));
	t.equal(got.headers.get("media-thumbhash"), thumbhash);
	t.match(got.headers.get("content-security-policy"), /sandbox/);
	const small = await sharp(Buffer.from(await got.arrayBuffer())).metadata();
	t.match(small, { format: "webp", width: 240, height: 320 });
	t.equal(small.exif, undefined, "what the camera noted is gone");
	const tag = { headers: { "if-none-match": got.headers.get("etag") ?? "" } };
	t.equal((await ask(it, "ann", path, tag)).status, 304);
	t.equal((await ask(it, "ann", path, { method: "HEAD" })).status, 200);
	for (const stranger of [path, `${path}?conversation=${conversation}`]) {
		t.equal((await ask(it, "eve", stranger)).status, 404);
	}
	t.equal((await ask(it, null, path)).status, 401);
	const { url } = await (await ask(it, "ann", `/media/${file.hash}/url`)).json();
	const signed = url.replace("?", "/preview?");
	t.equal((await ask(it, null, signed)).status, 200);
	t.equal((await ask(it, null, signed.replace("signature=", "signature=A"))).status, 404);
});

t.test("an upload waits no longer than it is told, and no image is hurtful", async (t) => {
	const it = await startBroker({ ...patient, mediaPreviewWaitMs: 0 });
	t.teardown(() => it.discard());
	const image = await photo();
	const file = await upload(it, "ann", image);
	t.equal(file.preview, null, "nothing is known at once");
	t.equal((await ask(it, "ann", `/media/${file.hash}/preview`)).status, 200, "and later it is");
	t.match(
		(await upload(it, "bob", image)).preview,
		{ width: 600 },
		"what is known is said at once",
	);
	const hostile = {
		text: Buffer.from("no image"),
		noise: picture(),
		cut: image.subarray(0, image.length - 200),
		svg: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
		bomb: bomb(20_000),
	};
	for (const [name, bytes] of Object.entries(hostile)) {
		const { hash } = await upload(it, "ann", bytes);
		t.equal((await ask(it, "ann", `/media/${hash}/preview`)).status, 204, name);
	}
	t.equal((await ask(it, "ann", `/media/${file.hash}/preview`)).status, 200, "others go on");
});

t.test("without a program that makes them everything goes on without previews", async (t) => {
	const it = await startBroker({ ...patient, mediaPreviewsAtOnce: 0 });
	t.teardown(() => it.discard());
	const file = await upload(it, "ann", await photo());
	t.equal(file.preview, null);
	t.equal((await ask(it, "ann", `/media/${file.hash}/preview`)).status, 204);
});

/** Previews by a program of the test's own, of a file that looks like an image. */
async function by(t: Test, source: string, limits: Partial<PreviewParts["limits"]> = {}) {
	const folder = tempFolder();
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	const store = new DirectoryStore(join(folder, "files"), new Slots(2));
	const program = join(folder, "program.mjs");
	const end = `process.stdout.write('{"width":1,"height":1,"thumbhash":"a"}\\nbytes')`;
	writeFileSync(program, source.replace("END", end));
	const previews = new Previews({
		clock: systemClock,
		log: silentLog,
		store,
		downloads: new Downloads(store),
		limits: {
			mediaPreviewsAtOnce: 1,
			mediaPreviewMs: 30_000,
			mediaPreviewWaitMs: 30_000,
			mediaPreviewBytes: 512 * 2 ** 20,
			...limits,
		},
		program,
	});
	t.teardown(() => previews.close());
	const put = async (size: number) => {
		const bytes = picture(size);
		const path = join(folder, "draft");
		writeFileSync(path, bytes);
		await store.put(sha256(bytes), path, size);
		return sha256(bytes);
	};
	return { previews, put };
}

t.test("a program that hangs, dies, raves or talks nonsense costs its one preview", async (t) => {
	const good = await by(t, "process.stdin.resume().on('end', () => END)");
	const made = await good.previews.of(await good.put(1_000));
	t.match(made, { width: 1, height: 1, thumbhash: "a", bytes: Buffer.from("bytes") });
	const bad = {
		hangs: "setInterval(() => {}, 1_000)",
		dies: "process.kill(process.pid, 'SIGKILL')",
		"leaves before it has read": "END",
		fails: "END; process.exitCode = 1",
		nonsense: "process.stdin.resume(); process.stdout.write('\\n'.repeat(9))",
		raves: "for (;;) process.stdout.write('x'.repeat(65_536))",
	};
	for (const [name, source] of Object.entries(bad)) {
		const limits = name === "hangs" ? { mediaPreviewMs: 200 } : {};
		const { previews, put } = await by(t, source, limits);
		// Larger than what a pipe holds: it cannot be sent to a program that does not read.
		t.equal(await previews.soon(await put(3_000_000)), null, name);
	}
});

t.test("a program gets so much memory and no more", async (t) => {
	const source =
		"process.stdin.resume().on('end', () => { Buffer.alloc(600 * 2 ** 20, 1).fill(2); END })";
	const enough = await by(t, source, { mediaPreviewBytes: 2 * 2 ** 30 });
	t.match(await enough.previews.of(await enough.put(1_000)), { width: 1 });
	const less = await by(t, source, { mediaPreviewBytes: 300 * 2 ** 20 });
	t.equal(await less.previews.of(await less.put(1_000)), null);
});

t.test("so many at once and so many waiting; the same one is made once", async (t) => {
	const { previews, put } = await by(t, "process.stdin.resume(); setInterval(() => {}, 1_000)");
	const hash = await put(1_000);
	const all = [previews.of(hash), previews.of(hash)];
	for (let at = 0; at < 256; at += 1) all.push(previews.of(at.toString(16).padStart(64, "0")));
	await t.rejects(previews.of("f".repeat(64)), { code: "OVERLOADED" });
	previews.close();
	t.strictSame(new Set(await Promise.all(all)), new Set([null]), "all of them are told at the end");
});
