// `colloquy media serve`: what the broker has signed, served by another process.

import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { startBroker } from "../helpers/broker.js";
import { runCli, startServer, tempFolder } from "../helpers/server-process.js";
import { ask, picture, upload } from "../media/files.js";

t.test("signed addresses of the broker work alone, and nothing else does", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const data = tempFolder();
	t.teardown(() => rmSync(data, { recursive: true, force: true }));
	const flags = ["--media-folder", join(it.data, "media")];
	const keyless = await runCli(["media", "serve", "--data", data, "--port", "0", ...flags]);
	t.match(keyless, { code: 3, stderr: /media-key is not there/ });
	copyFileSync(join(it.data, "media-key"), join(data, "media-key"));
	const alone = await startServer({ command: ["media", "serve"], data, args: flags });
	t.teardown(() => alone.kill());
	const bytes = picture();
	const { hash } = await upload(it, "ann", bytes);
	const made = await ask(it, "ann", `/media/${hash}/url`);
	const { url } = (await made.json()) as { url: string };
	const got = await fetch(alone.url + url, { headers: { range: "bytes=0-99" } });
	t.equal(got.status, 206);
	t.same(Buffer.from(await got.arrayBuffer()), bytes.subarray(0, 100));
	const statuses = [];
	for (const path of [`/media/${hash}`, `${url}x`, "/media/x", "/media", "/media/uploads", "/v1"]) {
		statuses.push((await ask({ wsUrl: alone.wsUrl, data: it.data }, "ann", path)).status);
	}
	t.same(statuses, [404, 404, 404, 404, 404, 404]);
	t.equal((await fetch(alone.url + url, { method: "POST", body: "x" })).status, 405);
	t.equal((await fetch(`${alone.url}/readyz`)).status, 200);
	t.same(await alone.stop(), { code: 0, signal: null });
});
