// Stores that fail and clients that dawdle: what is said, that nothing is left, and that chat goes
// on.

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import t from "tap";
import { DirectoryStore } from "../../src/media/directory.js";
import { Slots } from "../../src/media/slots.js";
import { write } from "../e2e/talk.js";
import { startBroker } from "../helpers/broker.js";
import { tempFolder } from "../helpers/server-process.js";
import { text, tokenFor } from "../helpers/wire-client.js";
import { ask, eventually, filesOf, picture, upload } from "./files.js";

/** A folder that takes files while it is told to. */
class FaultyStore extends DirectoryStore {
	failing = false;
	/** Fails only once the file is open, at its first bytes. */
	unreadable = false;

	override async put(hash: string, path: string, size: number): Promise<void> {
		if (this.failing) throw new Error("the store is full");
		await super.put(hash, path, size);
	}

	override async open(hash: string) {
		if (this.failing) throw new Error("the store is away");
		const blob = await super.open(hash);
		if (blob === null || !this.unreadable) return blob;
		const read = () =>
			new Readable({
				read() {
					this.destroy(new Error("it went away"));
				},
			});
		return { size: blob.size, read, close: () => blob.close() };
	}
}

t.test("a store that fails is said to, uses no quota and is used again", async (t) => {
	const folder = tempFolder();
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	const mediaStore = new FaultyStore(folder, new Slots(2));
	const it = await startBroker({ mediaQuotaBytes: 1_500 }, { mediaStore });
	t.teardown(() => it.discard());
	const body = picture();
	const post = () => ask(it, "ann", "/media", { method: "POST", body });
	mediaStore.failing = true;
	const refused = await post();
	t.equal(refused.status, 503);
	t.ok(refused.headers.get("retry-after"));
	const said = await refused.json();
	t.match(said, { code: "MEDIA_IO", retryable: true, detail: "" });
	t.same(filesOf(it), [], "no draft is left");
	mediaStore.failing = false;
	const file = await upload(it, "ann", body);
	mediaStore.failing = true;
	t.equal((await ask(it, "ann", `/media/${file.hash}`)).status, 503);
	t.equal((await ask(it, "bob", "/media", { method: "POST", body })).status, 503);
	mediaStore.failing = false;
	t.equal((await ask(it, "ann", `/media/${file.hash}`)).status, 200);
	t.equal((await ask(it, "bob", `/media/${file.hash}`)).status, 404, "his came to nothing");
	mediaStore.unreadable = true;
	const unread = await ask(it, "ann", `/media/${file.hash}`);
	t.equal(unread.status, 503);
	t.match(await unread.json(), { code: "MEDIA_IO" });
	t.equal(unread.headers.get("etag"), null, "nothing of the file is said");
	t.notMatch(unread.headers.get("cache-control"), /immutable/);
});

t.test("a disk that fills up in mid-upload loses nothing but the upload", async (t) => {
	const disk = tempFolder();
	t.teardown(() => rmSync(disk, { recursive: true, force: true }));
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], { stdio: "ignore" });
	} catch {
		t.plan(0, "no right to mount a file system");
		return;
	}
	t.teardown(() => execFileSync("umount", ["-l", disk], { stdio: "ignore" }));
	const mediaFolder = join(disk, "media");
	mkdirSync(mediaFolder);
	const it = await startBroker({ mediaFolder });
	t.teardown(() => it.discard());
	const kept = await upload(it, "ann", picture(1_000_000));
	const full = { method: "POST", body: picture(4_000_000) };
	const refused = await ask(it, "ann", "/media", full);
	t.equal(refused.status, 503);
	t.match(await refused.json(), { code: "MEDIA_IO" });
	t.equal((await ask(it, "ann", `/media/${kept.hash}`)).status, 200);
	t.match(await upload(it, "ann", picture(1_500_000)), { size: 1_500_000 }, "there is room again");
});

t.test("chat goes on beside a hundred uploads that dawdle", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	const bob = await it.connect("bob");
	const conversation = await ann.open("bob");
	const { hostname, port } = new URL(it.wsUrl);
	const sockets: Socket[] = [];
	for (let i = 0; i < 100; i += 1) {
		const socket = connect(Number(port), hostname);
		socket.on("error", () => {});
		const token = await tokenFor(it.data, `user${i % 20}`);
		const head = `POST /media HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
		socket.write(`${head}Content-Length: 1000000\r\n\r\n`);
		socket.write(Buffer.alloc(1_000));
		sockets.push(socket);
	}
	await eventually(() => filesOf(it).length === 100);
	for (let n = 1; n <= 20; n += 1) {
		await write(ann, conversation, n, text(`message ${n}`));
		t.match(await bob.next("message"), { message: { seq: n } });
	}
	const beyond = await ask(it, "user0", "/media", { method: "POST", body: picture() });
	t.equal(beyond.status, 201, "others still have room");
	for (const socket of sockets) socket.destroy();
	await eventually(() => filesOf(it).length === 1);
	t.pass("nothing is left of them");
});
