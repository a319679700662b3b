// Uploads on the worst day: the server is killed in the middle, the process is. What is stored is
// what was read.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import t from "tap";
import { connect } from "../../src/sdk/index.js";
import { openMedia } from "../../src/sdk/media.js";
import { startServer } from "../helpers/server-process.js";
import { tokenFor } from "../helpers/wire-client.js";
import { sha256 } from "../media/files.js";
import { folderOf, MB, MediaLine } from "./media-line.js";
import { connected, Party } from "./party.js";

function hex(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("hex");
}

t.test("a server that is killed in the middle of an upload loses only moments of it", async (t) => {
	const first = await startServer();
	let server = first;
	t.teardown(async () => {
		await server.kill();
		await first.discard();
	});
	const line = await MediaLine.open(t, () => server.port);
	const token = await tokenFor(server.data, "ann");
	const ann = connect({ url: line.url, token: () => token });
	ann.on("error", () => {});
	t.teardown(() => ann.close());
	await connected(ann);
	const bytes = randomBytes(5 * MB);
	let kills = 0;
	line.onUp = (up) => {
		if (kills > 0 || up < 2 * MB) return false;
		kills += 1;
		void server.kill().then(async () => {
			server = await server.restart();
		});
		return true;
	};
	const file = await openMedia(ann).upload(bytes);
	t.equal(kills, 1);
	t.equal(hex(file.hash), sha256(bytes));
	t.ok(line.up < 8 * MB, `${line.up} bytes in all`);
});

t.test("a process that is killed in the middle of an upload: the next one goes on", async (t) => {
	const party = await Party.start(t);
	await party.provision("ann");
	const folder = folderOf(t);
	const path = join(folder, "film");
	const bytes = randomBytes(12 * MB);
	writeFileSync(path, bytes);
	const line = await MediaLine.open(t, () => Number(new URL(party.url).port));
	const store = join(folder, "store");
	const token = await tokenFor(party.data, "ann");
	const run = () => {
		const script = fileURLToPath(new URL("upload-process.js", import.meta.url));
		const options = JSON.stringify({ url: line.url, token, store, path });
		const stdio = ["ignore", "pipe", "inherit"] as const;
		const child = spawn(process.execPath, [script, options], { stdio: [...stdio] });
		t.teardown(() => child.kill("SIGKILL"));
		return { child, lines: createInterface({ input: child.stdout as NodeJS.ReadableStream }) };
	};
	const first = run();
	for await (const said of first.lines) {
		if (Number(said) < 2 * MB) continue;
		first.child.kill("SIGKILL");
		break;
	}
	await once(first.child, "exit");
	const said: string[] = [];
	for await (const one of run().lines) said.push(one);
	t.ok(Number(said[0]) >= 2 * MB, `goes on at ${said[0]}`);
	t.equal(said.at(-1), `hash ${sha256(bytes)}`);
});
