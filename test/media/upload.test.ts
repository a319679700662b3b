// `POST /media` on a real server: what is stored, what is refused, and that nothing is left over.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import t from "tap";
import { startBroker, type TestBroker } from "../helpers/broker.js";
import { tokenFor } from "../helpers/wire-client.js";
import { ask, eventually, filesOf, picture, sha256, upload } from "./files.js";

async function refusal(response: Response): Promise<[number, string]> {
	const { code } = (await response.json()) as { code: string };
	return [response.status, code];
}

/** A socket that has sent the head of an upload and some of its body. */
async function half(it: TestBroker, user: string, size: number, sent: Buffer): Promise<Socket> {
	const { hostname, port } = new URL(it.wsUrl);
	const socket = connect(Number(port), hostname);
	socket.on("error", () => {});
	await once(socket, "connect");
	const token = await tokenFor(it.data, user);
	const head = `POST /media HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
	socket.write(`${head}Content-Length: ${size}\r\n\r\n`);
	socket.write(sent);
	return socket;
}

t.test("bytes are stored under their hash, once, and answered with a ticket", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const bytes = picture();
	const hash = sha256(bytes);
	const first = await upload(it, "ann", bytes, { "content-type": "text/html" });
	t.match(first, { hash, size: 1_000, type: "image/png" });
	t.equal(Buffer.from(first.ticket, "base64url").length, 39);
	t.match(await upload(it, "bob", bytes), { hash });
	t.same(filesOf(it), [hash]);
	t.match(await upload(it, "ann", Buffer.alloc(0), { "content-type": "text/plain" }), {
		hash: sha256(Buffer.alloc(0)),
		size: 0,
		type: "text/plain",
	});
	const sneaky = { "content-type": "text/html; a=b/../c" };
	t.match(await upload(it, "ann", Buffer.from("<b>"), sneaky), {
		type: "application/octet-stream",
	});
	const large = Buffer.alloc(3_000_000, "colloquy");
	const digest = createHash("sha256").update(large).digest("base64");
	t.match(await upload(it, "ann", large, { "content-digest": `sha-256=:${digest}:` }), {
		hash: sha256(large),
		size: large.length,
	});
});

t.test("a wrong, nameless, oversized or lengthless upload leaves nothing", async (t) => {
	const it = await startBroker({ mediaBytesMax: 5_000 });
	t.teardown(() => it.discard());
	const post = (user: string | null, body: Uint8Array, headers = {}) =>
		ask(it, user, "/media", { method: "POST", body, headers }).then(refusal);
	t.same(await post(null, picture()), [401, "AUTH_REJECTED"]);
	const forged = { authorization: "Bearer x.y.z" };
	t.same(await post(null, picture(), forged), [401, "AUTH_REJECTED"]);
	const wrong = { "content-digest": `sha-256=:${"A".repeat(43)}=:` };
	t.same(await post("ann", picture(), wrong), [422, "MEDIA_MISMATCH"]);
	t.same(await post("ann", picture(), { "content-digest": "sha-256=x" }), [400, "BAD_REQUEST"]);
	t.same(await post("ann", picture(5_001)), [413, "MEDIA_TOO_LARGE"]);
	// Five gigabytes are refused by their announcement.
	const socket = await half(it, "ann", 5 * 2 ** 30, Buffer.alloc(10));
	t.match(String((await once(socket, "data"))[0]), /^HTTP\/1.1 413 /);
	const endless = await fetch(`${it.wsUrl.replace("ws:", "http:")}/media`, {
		method: "POST",
		headers: { authorization: `Bearer ${await tokenFor(it.data, "ann")}` },
		body: new Blob([Buffer.from(picture())]).stream(),
		duplex: "half",
	} as RequestInit);
	t.equal(endless.status, 411);
	t.same(filesOf(it), []);
	t.match(await upload(it, "ann", picture(5_000)), { size: 5_000 });
});

t.test("an upload that breaks off or falls silent leaves nothing", async (t) => {
	const it = await startBroker({ mediaIdleMs: 200 });
	t.teardown(() => it.discard());
	const broken = await half(it, "ann", 1_000_000, picture(200_000));
	await eventually(() => filesOf(it).length === 1);
	broken.destroy();
	await eventually(() => filesOf(it).length === 0);
	const silent = await half(it, "ann", 1_000_000, picture(200_000));
	await once(silent, "close");
	await eventually(() => filesOf(it).length === 0);
	t.pass("gone");
});

t.test("quota, rate and number at once are kept for each user", async (t) => {
	const it = await startBroker({
		mediaQuotaBytes: 2_500,
		mediaUploadsPerMinute: 6,
		mediaUploadsPerUser: 1,
	});
	t.teardown(() => it.discard());
	const post = (user: string, body: Uint8Array) =>
		ask(it, user, "/media", { method: "POST", body }).then(refusal);
	const slow = await half(it, "ann", 1_000, picture(10));
	await eventually(() => filesOf(it).length === 1);
	t.same(await post("ann", picture()), [429, "RATE_LIMITED"], "one at a time");
	t.same(await post("ann", picture(2_000)), [413, "MEDIA_QUOTA"], "what is announced counts");
	slow.destroy();
	await eventually(() => filesOf(it).length === 0);
	const bytes = picture();
	await upload(it, "ann", bytes);
	await upload(it, "ann", bytes);
	t.same(await post("ann", picture(2_000)), [413, "MEDIA_QUOTA"], "the same bytes count once");
	await upload(it, "bob", picture());
	t.same(await post("ann", picture(10)), [429, "RATE_LIMITED"], "six a minute");
	const again = await it.restart();
	t.teardown(() => again.discard());
	const refused = ask(again, "ann", "/media", { method: "POST", body: picture(2_000) });
	t.same(await refusal(await refused), [413, "MEDIA_QUOTA"], "after a restart too");
});

t.test("a revoked token uploads and reads no more", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const authorization = `Bearer ${await tokenFor(it.data, "ann")}`;
	const { hash } = await upload(it, "ann", picture());
	const get = () => ask(it, null, `/media/${hash}`, { headers: { authorization } });
	t.equal((await get()).status, 200);
	await it.broker.revoke("ann");
	t.same(await refusal(await get()), [401, "AUTH_REVOKED"]);
});

t.test("pages of other origins may not, allowed ones may, and preflight says so", async (t) => {
	const it = await startBroker({ allowedOrigins: ["https://chat.example"] });
	t.teardown(() => it.discard());
	const from = (origin: string) => ({ origin });
	const body = picture();
	const bad = { method: "POST", body, headers: from("https://evil.example") };
	t.same(await refusal(await ask(it, "ann", "/media", bad)), [403, "ORIGIN"]);
	const origin = "https://chat.example";
	const good = await ask(it, "ann", "/media", { method: "POST", body, headers: from(origin) });
	t.equal(good.headers.get("access-control-allow-origin"), origin);
	const asked = await ask(it, null, "/media", { method: "OPTIONS", headers: from(origin) });
	t.equal(asked.status, 204);
	t.match(asked.headers.get("access-control-allow-headers"), /authorization/);
	const far = { method: "OPTIONS", headers: from("https://evil.example") };
	t.equal((await ask(it, null, "/media/uploads", far)).status, 403);
});
