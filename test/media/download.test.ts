// Reading by hash on a real server: who may, ranges and conditions, and that no file does harm.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import t, { type Test as TestContext } from "tap";
import { write } from "../e2e/talk.js";
import { startBroker, type TestBroker } from "../helpers/broker.js";
import { type Answered, ask, outcome, picture, sending, sha256, upload } from "./files.js";

/** ann has sent bob a file. */
async function sent(t: TestContext, bytes: Uint8Array, name?: string, config = {}) {
	const it = await startBroker(config);
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	const bob = await it.connect("bob");
	const conversation = await ann.open("bob");
	const file = await upload(it, "ann", bytes);
	await write(ann, conversation, 1, sending([file], name));
	return { it, ann, bob, conversation, file };
}

async function body(response: Response): Promise<Buffer> {
	return Buffer.from(await response.arrayBuffer());
}

/** The status for a path sent as it stands: `fetch` would tidy it up. */
async function rawStatus(it: TestBroker, path: string): Promise<number | undefined> {
	const url = new URL(it.wsUrl);
	const sent = request({ host: url.hostname, port: url.port, path });
	const [response] = await once(sent.end(), "response");
	response.resume();
	return response.statusCode;
}

function at(file: Answered, conversation?: string): string {
	const query = conversation === undefined ? "" : `?conversation=${conversation}`;
	return `/media/${file.hash}${query}`;
}

t.test("members read it, the uploader too, a stranger finds nothing", async (t) => {
	const bytes = picture();
	const { it, bob, conversation, file } = await sent(t, bytes);
	await it.connect("eve");
	t.same(await body(await ask(it, "bob", at(file, conversation))), bytes);
	t.same(await body(await ask(it, "bob", at(file, "bob~ann"))), bytes, "either order of the ids");
	t.same(await body(await ask(it, "ann", at(file))), bytes);
	const stranger = await ask(it, "eve", at(file, conversation));
	const absent = await ask(it, "eve", `/media/${"0".repeat(64)}?conversation=${conversation}`);
	t.equal(stranger.status, 404);
	t.equal(absent.status, 404);
	const plain = (response: Response) =>
		[...response.headers].filter(([name]) => name !== "date").sort();
	t.same(plain(stranger), plain(absent), "nothing tells them apart");
	t.same(await stranger.json(), await absent.json());
	for (const [user, path] of [
		["bob", at(file)],
		["bob", at(file, "bob~eve")],
		["bob", at(file, "nowhere")],
		["bob", at(file, "a~b~c")],
	] as const) {
		t.equal((await ask(it, user, path)).status, 404, `${user} ${path}`);
	}
	t.equal((await ask(it, null, at(file, conversation))).status, 401);
	t.equal(await outcome(bob, conversation, 1, { type: "hide", seq: 1 }), "answer");
	t.equal((await ask(it, "bob", at(file, conversation))).status, 404, "hidden for bob");
	t.equal((await ask(it, "ann", at(file, conversation))).status, 200, "not for ann");
});

t.test("who joins later or was removed reads only what was said meanwhile", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	await it.connect("bob");
	const old = await upload(it, "ann", picture());
	const meant = await upload(it, "ann", picture());
	const late = await upload(it, "ann", picture());
	await write(ann, "trip", 1, { type: "create", kind: "group", title: "Trip", members: [] });
	await write(ann, "trip", 2, sending([old]));
	await write(ann, "trip", 3, { type: "add", users: ["bob"] });
	await write(ann, "trip", 4, sending([meant]));
	await write(ann, "trip", 5, { type: "remove", users: ["bob"] });
	await write(ann, "trip", 6, sending([late]));
	const sees = async (file: Answered) => (await ask(it, "bob", at(file, "trip"))).status;
	t.same([await sees(old), await sees(meant), await sees(late)], [404, 200, 404]);
	await write(ann, "trip", 7, { type: "delete", seq: 2 });
	t.equal((await ask(it, "ann", at(meant, "trip"))).status, 404, "deleted for everybody");
});

t.test("a message withheld by a block shows its file to nobody but its sender", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	const bob = await it.connect("bob");
	const conversation = await ann.open("bob");
	await write(bob, conversation, 1, { type: "block" });
	const file = await upload(it, "ann", picture());
	await write(ann, conversation, 1, sending([file]));
	t.equal((await ask(it, "bob", at(file, conversation))).status, 404);
	t.equal((await ask(it, "ann", at(file, conversation))).status, 200);
});

const ranges: readonly [range: string, status: number, said: (size: number) => [number, number]][] =
	[
		["bytes=0-1", 206, () => [0, 1]],
		["bytes=5-", 206, (size) => [5, size - 1]],
		["bytes=-5", 206, (size) => [Math.max(0, size - 5), size - 1]],
		["bytes=0-0", 206, () => [0, 0]],
		["bytes=0-99999999999", 206, (size) => [0, size - 1]],
		["bytes=10-5", 416, () => [0, 0]],
		["bytes=99999999999-", 416, () => [0, 0]],
		["bytes=0-1,4-5", 200, (size) => [0, size - 1]],
		["lines=0-1", 200, (size) => [0, size - 1]],
		["bytes=x", 200, (size) => [0, size - 1]],
	];

for (const size of [10_000_000, 1, 0]) {
	t.test(`ranges of a file of ${size} bytes`, async (t) => {
		const bytes = randomBytes(size);
		const { it, conversation, file } = await sent(t, bytes);
		for (const [range, wanted, said] of ranges) {
			const response = await ask(it, "bob", at(file, conversation), { headers: { range } });
			const got = await body(response);
			const [from, to] = said(size);
			const status = wanted === 206 && from >= size ? 416 : wanted;
			t.equal(response.status, status, `${range}`);
			if (status === 206) {
				const end = Math.min(to, size - 1);
				t.equal(response.headers.get("content-range"), `bytes ${from}-${end}/${size}`, range);
				t.equal(sha256(got), sha256(bytes.subarray(from, end + 1)), range);
			} else if (status === 416) {
				t.equal(response.headers.get("content-range"), `bytes */${size}`, range);
				t.equal(got.length, 0);
			} else {
				t.equal(sha256(got), sha256(bytes), range);
			}
		}
	});
}

t.test("conditions and HEAD", async (t) => {
	const bytes = picture();
	const { it, conversation, file } = await sent(t, bytes);
	const get = (headers: Record<string, string>, method = "GET") =>
		ask(it, "bob", at(file, conversation), { headers, method });
	const whole = await get({});
	const etag = whole.headers.get("etag") ?? "";
	t.equal(etag, `"${file.hash}"`);
	t.equal(whole.headers.get("cache-control"), "private, max-age=31536000, immutable");
	t.equal(whole.headers.get("vary"), "Authorization");
	t.equal((await get({ "if-none-match": etag })).status, 304);
	t.equal((await get({ "if-none-match": '"x"' })).status, 200);
	t.equal((await get({ range: "bytes=0-1", "if-range": etag })).status, 206);
	t.equal((await get({ range: "bytes=0-1", "if-range": '"x"' })).status, 200);
	const head = await get({}, "HEAD");
	t.equal(head.status, 200);
	t.equal(head.headers.get("content-length"), "1000");
	t.equal((await body(head)).length, 0);
	const deleting = await get({}, "DELETE");
	t.equal(deleting.status, 405);
	t.equal(deleting.headers.get("allow"), "GET, HEAD");
	t.equal(
		(await ask(it, "eve", at(file, conversation), { headers: { "if-none-match": etag } })).status,
		404,
	);
});

t.test("whatever was uploaded, no page of ours runs it", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	const conversation = await ann.open("ann");
	const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>';
	const cases: readonly [string, string, Buffer, string][] = [
		["html", "text/html", Buffer.from("<script>alert(1)</script>"), "attachment"],
		["svg", "image/svg+xml", Buffer.from(svg), "attachment"],
		["html as png", "image/png", Buffer.from("<script>alert(1)</script>"), "attachment"],
		["pdf", "application/pdf", Buffer.from("%PDF-1.7"), "attachment"],
		["png as html", "text/html", picture(), "inline"],
	];
	for (const [n, [what, type, bytes, how]] of cases.entries()) {
		const file = await upload(it, "ann", bytes, { "content-type": type });
		await write(ann, conversation, n + 1, sending([file], "file.bin"));
		const { headers } = await ask(it, "ann", at(file, conversation));
		const served = how === "inline" ? "image/png" : "application/octet-stream";
		t.equal(headers.get("content-type"), served, what);
		t.equal(headers.get("content-disposition"), `${how}; filename=file.bin`, what);
		t.equal(headers.get("x-content-type-options"), "nosniff");
		t.match(headers.get("content-security-policy"), /^sandbox; default-src 'none'/);
	}
});

t.test("names and hashes of any form stay harmless", async (t) => {
	const names: readonly [string, RegExp][] = [
		["../../etc/passwd", /^inline; filename=passwd$/],
		["C:\\Users\\ann\\a.png", /^inline; filename=a\.png$/],
		['a"b\r\nX-Evil: 1.png', /^inline; filename="a\\"bX-Evil: 1\.png"$/],
		["a\u202egnp.exe", /^inline; filename=agnp\.exe$/],
		["a\0b", /^inline; filename=ab$/],
		["..", /^inline$/],
		["Grüße 🎈.png", /filename\*=UTF-8''Gr%C3%BC%C3%9Fe%20%F0%9F%8E%88\.png/],
	];
	const it: TestBroker = await startBroker();
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	const conversation = await ann.open("ann");
	for (const [n, [name, said]] of names.entries()) {
		const file = await upload(it, "ann", picture());
		await write(ann, conversation, n + 1, sending([file], name));
		const response = await ask(it, "ann", at(file, conversation));
		t.match(response.headers.get("content-disposition"), said, JSON.stringify(name));
		t.equal(response.headers.get("x-evil"), null);
	}
	const long = await upload(it, "ann", picture());
	const refused = await outcome(
		ann,
		conversation,
		names.length + 1,
		sending([long], "x".repeat(4_096)),
	);
	t.equal(refused, "BAD_REQUEST", "a name of 4,096 characters");
	for (const path of [
		"..%2f..%2fsecret",
		"../secret",
		"/etc/passwd",
		"%2e%2e/secret",
		"a%00b",
		"..\\x",
		"A".repeat(64),
		"x".repeat(4_096),
	]) {
		t.equal(await rawStatus(it, `/media/${path}`), 400, path);
	}
});

t.test("a signed address works without a token until it expires, for this file only", async (t) => {
	const bytes = picture();
	const { it, conversation, file } = await sent(t, bytes, "häßlich.png", { mediaUrlMs: 1_000 });
	const query = `conversation=${conversation}`;
	const made = await ask(it, "bob", `/media/${file.hash}/url?${query}`);
	const { url, expiresAt } = (await made.json()) as { url: string; expiresAt: number };
	const first = await ask(it, null, url);
	t.equal(first.headers.get("media-ticket"), null, "nothing to forward with");
	t.same(await body(first), bytes);
	t.equal((await ask(it, null, url, { headers: { range: "bytes=0-9" } })).status, 206);
	const other = await upload(it, "ann", picture());
	t.equal((await ask(it, null, url.replace(file.hash, other.hash))).status, 404);
	t.equal((await ask(it, null, url.replace(/expires=\d/, "expires=9"))).status, 404);
	t.equal((await ask(it, null, url.replace(/name=/, "name=x"))).status, 404);
	t.equal((await ask(it, null, `${url}x`)).status, 404);
	t.equal((await ask(it, "eve", `/media/${file.hash}/url?${query}`)).status, 404);
	await new Promise((resolve) => setTimeout(resolve, expiresAt - Date.now() + 1));
	t.equal((await ask(it, null, url)).status, 404);
});
