// Uploads that resume, as tus 1.0 says, on a real server: cut, killed, contended, declared wrong.

import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { basename, join } from "node:path";
import t from "tap";
import { startBroker } from "../helpers/broker.js";
import { startServer } from "../helpers/server-process.js";
import { tokenFor } from "../helpers/wire-client.js";
import { type Answered, ask, eventually, filesOf, picture, sha256, upload } from "./files.js";
import { append, begin, create, offsetOf, type Place, tus } from "./tus.js";

/** Sends part of a PATCH and cuts the connection when so much has arrived. */
async function cut(it: Place, user: string, path: string, bytes: Buffer, at: number) {
	const { hostname, port } = new URL(it.wsUrl);
	const socket = connect(Number(port), hostname);
	await once(socket, "connect");
	const head = [
		`PATCH ${path} HTTP/1.1`,
		"Host: x",
		`Authorization: Bearer ${await tokenFor(it.data, user)}`,
		"Tus-Resumable: 1.0.0",
		"Content-Type: application/offset+octet-stream",
		"Upload-Offset: 0",
		`Content-Length: ${bytes.length}`,
	];
	socket.write(`${head.join("\r\n")}\r\n\r\n`);
	socket.write(bytes.subarray(0, at));
	return socket;
}

/** What of an upload has reached the disk. */
function draftBytes({ data }: Place, path: string): number {
	return statSync(join(data, "media", "drafts", basename(path))).size;
}

t.test("an upload cut on the way and by a kill goes on where it was", async (t) => {
	const server = await startServer();
	t.teardown(() => server.discard());
	const bytes = picture(10_000_000);
	const sum = { sha256: sha256(bytes), filetype: "image/png" };
	const path = await begin(server, "ann", bytes.length, sum);
	t.match(path, /^\/media\/uploads\/[0-9a-f]{32}$/);
	const socket = await cut(server, "ann", path, bytes, 6_000_000);
	socket.on("error", () => {});
	await eventually(() => draftBytes(server, path) > 5_000_000);
	socket.destroy();
	let offset = 0;
	await eventually(async () => {
		const before = offset;
		offset = await offsetOf(server, "ann", path);
		return offset > 0 && offset === before;
	});
	t.ok(offset <= 6_000_000, `${offset} arrived`);
	const wrong = await append(server, "ann", path, offset + 1, bytes.subarray(offset + 1));
	t.equal(wrong.status, 409);
	t.equal(await offsetOf(server, "ann", path), offset, "which changed nothing");
	const some = await append(server, "ann", path, offset, bytes.subarray(offset, 8_000_000));
	t.equal(some.status, 204);
	await server.kill();
	const again = await server.restart();
	t.teardown(() => again.discard());
	t.equal(await offsetOf(again, "ann", path), 8_000_000);
	const last = await append(again, "ann", path, 8_000_000, bytes.subarray(8_000_000));
	t.equal(last.status, 200);
	const done = (await last.json()) as Answered;
	t.match(done, { hash: sha256(bytes), size: bytes.length, type: "image/png" });
	t.same(
		filesOf(again).filter((name) => !name.endsWith(".json")),
		[done.hash],
	);
	const read = await ask(again, "ann", `/media/${done.hash}`);
	t.equal(sha256(Buffer.from(await read.arrayBuffer())), done.hash);
	const head = await ask(again, "ann", path, { method: "HEAD", headers: tus });
	t.equal(head.headers.get("media-ticket"), done.ticket, "a lost answer costs nothing");
	t.equal(head.headers.get("upload-offset"), "10000000");
});

t.test("a kill between storing a file and noting its answer costs nothing", async (t) => {
	const broker = await startBroker();
	t.teardown(() => broker.discard());
	const bytes = picture(20_000);
	const path = await begin(broker, "ann", bytes.length, { filetype: "image/png" });
	t.equal((await append(broker, "ann", path, 0, bytes)).status, 200);
	const notes = join(broker.data, "media", "drafts", `${basename(path)}.json`);
	const unnote = () => {
		const noted = JSON.parse(readFileSync(notes, "utf8"));
		writeFileSync(notes, JSON.stringify({ ...noted, done: null }));
	};
	unnote();
	const again = await broker.restart();
	const head = await ask(again, "ann", path, { method: "HEAD", headers: tus });
	t.equal(head.headers.get("upload-offset"), "20000");
	t.equal(head.headers.get("media-hash"), sha256(bytes));
	t.equal(head.headers.get("media-type"), "image/png");
	unnote();
	const folder = join(broker.data, "media");
	const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
	for (const name of names) if (basename(name) === sha256(bytes)) rmSync(join(folder, name));
	t.equal(await offsetOf(again, "ann", path), -404, "what is nowhere begins again");
});

t.test("of two resumers at once the later takes over, and the file is whole", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const bytes = picture(3_000_000);
	const path = await begin(it, "ann", bytes.length);
	const first = await cut(it, "ann", path, bytes, 1_000_000);
	first.on("error", () => {});
	await eventually(() => draftBytes(it, path) > 500_000);
	// It waits for bytes that do not come; this one has them.
	let last: Response | null = null;
	await eventually(async () => {
		const offset = await offsetOf(it, "ann", path);
		last = await append(it, "ann", path, offset, bytes.subarray(offset));
		return last.status === 200;
	});
	first.destroy();
	t.equal(((await (last as unknown as Response).json()) as Answered).hash, sha256(bytes));
});

t.test("an upload belongs to its user, and a wrong declaration leaves nothing", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const bytes = picture();
	const path = await begin(it, "ann", bytes.length, { sha256: "0".repeat(64) });
	t.equal(await offsetOf(it, "eve", path), -404);
	t.equal((await append(it, "eve", path, 0, bytes)).status, 404);
	t.equal((await ask(it, "eve", path, { method: "DELETE", headers: tus })).status, 404);
	t.equal((await ask(it, null, path, { method: "HEAD", headers: tus })).status, 401);
	const refused = await append(it, "ann", path, 0, bytes);
	t.equal(refused.status, 422);
	t.match(await refused.json(), { code: "MEDIA_MISMATCH" });
	t.equal(await offsetOf(it, "ann", path), -404);
	t.same(filesOf(it), []);
	const nonsense = await begin(it, "ann", 4, { sha256: "../../x" });
	t.equal((await append(it, "ann", nonsense, 0, Buffer.alloc(4))).status, 400);
	const ended = await begin(it, "ann", 4);
	t.equal((await ask(it, "ann", ended, { method: "DELETE", headers: tus })).status, 204);
	t.same(filesOf(it), []);
	for (const id of ["..%2f..%2fsecret", "a%00b", "x".repeat(4_096)]) {
		t.equal(await offsetOf(it, "ann", `/media/uploads/${id}`), -404, id.slice(0, 20));
	}
	const sneaky = await begin(it, "ann", 3, {
		filetype: "text/html\r\nX-Evil: 1",
		filename: "../x",
	});
	const taken = await append(it, "ann", sneaky, 0, Buffer.from("<b>"));
	t.match(await taken.json(), { type: "application/octet-stream" });
	t.equal(taken.headers.get("x-evil"), null);
	t.equal((await create(it, "ann", 0)).status, 200, "no bytes at all are whole at once");
});

t.test("what tus itself refuses has a code like everything else", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const path = await begin(it, "ann", 10);
	const type = { "content-type": "application/offset+octet-stream" };
	const asked: readonly [status: number, code: string, Promise<Response>][] = [
		[412, "BAD_REQUEST", ask(it, "ann", "/media/uploads", { method: "POST" })],
		[400, "BAD_REQUEST", create(it, "ann", -1)],
		[400, "BAD_REQUEST", ask(it, "ann", "/media/uploads", { method: "POST", headers: tus })],
		[409, "BAD_REQUEST", append(it, "ann", path, 5, Buffer.alloc(5))],
		[403, "BAD_REQUEST", ask(it, "ann", path, { method: "PATCH", headers: { ...tus, ...type } })],
		[404, "MEDIA_UNKNOWN", append(it, "eve", path, 0, Buffer.alloc(5))],
		[404, "MEDIA_UNKNOWN", ask(it, "ann", path, { method: "PUT", headers: tus })],
	];
	for (const [status, code, asking] of asked) {
		const answer = await asking;
		t.equal(answer.status, status);
		t.match(answer.headers.get("content-type"), /^application\/json/);
		t.match(await answer.json(), { code, message: String, detail: String, retryable: false });
	}
});

t.test("limits, quota and rate are those of one request", async (t) => {
	const it = await startBroker({
		mediaBytesMax: 5_000,
		mediaQuotaBytes: 6_000,
		mediaUploadsPerMinute: 6,
		mediaDraftsPerUser: 2,
	});
	t.teardown(() => it.discard());
	const refusal = async (response: Response) => {
		const { code } = (await response.json()) as { code: string };
		return [response.status, code];
	};
	t.same(await refusal(await create(it, "ann", 5 * 2 ** 30)), [413, "MEDIA_TOO_LARGE"]);
	const path = await begin(it, "ann", 4_000);
	t.same(await refusal(await create(it, "ann", 2_001)), [413, "MEDIA_QUOTA"]);
	const once = ask(it, "ann", "/media", { method: "POST", body: picture(2_001) });
	t.same(await refusal(await once), [413, "MEDIA_QUOTA"], "both count together");
	const other = await begin(it, "ann", 10);
	t.same(await refusal(await create(it, "ann", 1)), [429, "RATE_LIMITED"], "two drafts");
	const again = await it.restart();
	t.teardown(() => again.discard());
	t.same(await refusal(await create(again, "ann", 1)), [429, "RATE_LIMITED"], "after a restart");
	await ask(again, "ann", other, { method: "DELETE", headers: tus });
	t.same(await refusal(await create(again, "ann", 2_001)), [413, "MEDIA_QUOTA"]);
	await ask(again, "ann", path, { method: "DELETE", headers: tus });
	t.match(await upload(again, "ann", picture(2_001)), { size: 2_001 });
	for (let i = 0; i < 20; i += 1) {
		const response = await create(again, "ann", 0);
		if (response.status === 200) continue;
		t.same(await refusal(response), [429, "RATE_LIMITED"], "six a minute");
		t.ok(response.headers.get("retry-after"));
		return;
	}
	t.fail("no limit was met");
});

t.test("what nobody comes back for goes by age", async (t) => {
	const it = await startBroker({ mediaDraftMs: 300, mediaSweepMs: 20, mediaDraftsPerUser: 1 });
	t.teardown(() => it.discard());
	const path = await begin(it, "ann", 1_000);
	await append(it, "ann", path, 0, Buffer.alloc(10));
	await eventually(() => filesOf(it).length === 0);
	t.ok([-404, -410].includes(await offsetOf(it, "ann", path)));
	t.ok(await begin(it, "ann", 1_000), "and its place is free");
});
