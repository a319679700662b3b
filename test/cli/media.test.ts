// `colloquy media`: what it says of a folder that was served, after random use and after damage.

import { randomBytes, randomInt } from "node:crypto";
import { copyFileSync, mkdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import { listView } from "../../src/cli/media.js";
import { listMedia, type MediaReport, verifyMedia, withMedia } from "../../src/cli/media-read.js";
import { defaultConfig } from "../../src/config.js";
import { write } from "../e2e/talk.js";
import { startBroker } from "../helpers/broker.js";
import { runCli, startServer } from "../helpers/server-process.js";
import { tokenFor, WireClient } from "../helpers/wire-client.js";
import { type Answered, editing, picture, sending, sha256, upload } from "../media/files.js";

async function run(data: string, ...args: readonly string[]) {
	const { code, stdout } = await runCli(["media", ...args, "--data", data, "--json"]);
	return { code, said: JSON.parse(stdout) };
}

function placeOf(data: string, hash: string): string {
	return join(data, "media", "files", hash.slice(0, 2), hash.slice(2, 4), hash);
}

t.test("a folder in use is whole after kills, and damage is named", async (t) => {
	let server = await startServer();
	t.teardown(() => server.discard());
	const { data } = server;
	const token = await tokenFor(data, "ann");
	const kept = new Map<number, Answered>();
	let n = 0;
	let more = {};
	for (const round of [1, 2]) {
		const ann = await WireClient.connect({ wsUrl: server.wsUrl, token, ...more });
		more = { outbox: ann.outbox, generation: ann.welcome.generation };
		const conversation = await ann.open("ann");
		for (let i = 0; i < 12; i += 1) {
			const file = await upload(server, "ann", picture(10 + randomInt(9) * 1_000));
			n += 1;
			const seq = randomInt(1, 6);
			const what = kept.has(seq) && seq > 2 ? randomInt(3) : 0;
			if (what === 0) kept.set((await write(ann, conversation, n, sending([file]))).seq, file);
			else if (what === 1) {
				await write(ann, conversation, n, editing(seq, [file]));
				kept.set(seq, file);
			} else {
				await write(ann, conversation, n, { type: "delete", seq });
				kept.delete(seq);
			}
		}
		await server.kill();
		ann.cut();
		if (round === 1) server = await server.restart();
	}
	const config = { ...defaultConfig, data };
	const list = (limit: number) => withMedia(config, (media) => listMedia(media, limit));
	const whole = await withMedia(config, (media) => verifyMedia(media, data));
	t.match(whole, { ok: true, references: kept.size, damage: [] });
	const some = await list(5);
	t.equal(some.files, whole.files);
	t.equal(some.listed.length, 5);

	const [missing, broken] = [...kept.values()] as [Answered, Answered];
	unlinkSync(placeOf(data, missing.hash));
	writeFileSync(placeOf(data, broken.hash), "broken");
	const unknown = sha256(randomBytes(8));
	mkdirSync(join(placeOf(data, unknown), ".."), { recursive: true });
	copyFileSync(placeOf(data, broken.hash), placeOf(data, unknown));
	const damaged = await run(data, "verify");
	t.equal(damaged.code, 1);
	const { damage } = damaged.said as MediaReport;
	t.same(
		damage.map(({ hash, why }) => `${hash} ${why}`).sort(),
		[
			`${missing.hash} a message references it, and it is not there`,
			`${broken.hash} the file has another hash`,
			`${unknown} the file has another hash`,
			`${unknown} no row knows the file`,
		].sort(),
	);
	// With no grace everything loose goes; what messages show stays, whatever is wrong with it.
	const none = ["--media-ticket-ms", "1s", "--media-grace-ms", "0"];
	await pause(1_100);
	t.match(await run(data, "gc", ...none), { code: 0, said: { unknown: 1 } });
	const left = await list(100);
	const shown = new Set([...kept.values()].map(({ hash }) => hash));
	t.equal(left.files, shown.size - 1);
	t.ok(left.listed.every(({ hash, references }) => shown.has(hash) && references === 1));
	t.match(listView(left, 0), /^hash +bytes +references/);
});

t.test("a folder that is served is left alone", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	t.match(await run(it.data, "gc"), { code: 5, said: { error: { code: "DATA_LOCKED" } } });
	t.match(await run(`${it.data}-none`, "verify"), { code: 1 });
});
