// Files in `colloquy chat` as two people see them on their screens, over a kill of the server.

import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { runCli } from "../helpers/server-process.js";
import { startScreen } from "../helpers/tmux.js";
import { tokenFor } from "../helpers/wire-client.js";
import { picture } from "../media/files.js";
import { folderOf, MediaLine } from "../sdk/media-line.js";
import { onScreen, stage } from "./stage.js";

t.test("a photo is sent, shown and saved; a film outlives the server", onScreen, async (t) => {
	const { server, chat, env } = await stage(t);
	await runCli(["send", "ann", "x", "--as", "ann", "--data", server.data], { env });
	const folder = folderOf(t);
	const photo = picture(700_000);
	const film = randomBytes(6_300_000);
	writeFileSync(join(folder, "my photo.png"), photo);
	writeFileSync(join(folder, "film.bin"), film);
	writeFileSync(join(folder, "token"), await tokenFor(server.data, "ann"), { mode: 0o600 });
	const line = await MediaLine.open(t, () => server.port);
	const bob = chat("bob", "ann", 80, 20);
	await bob.until(/message to ann/);
	const who = ["--url", line.url, "--token-file", join(folder, "token"), "bob"];
	const ann = startScreen(["chat", ...who], { columns: 80, rows: 20, env });
	t.teardown(() => ann.close());
	await ann.until(/message to bob/);
	ann.type(`/send "${folder}/my photo.png" the :tada: summit`, "Enter");
	await bob.until(/ann │ the 🎉 summit\n +│ ▤ my photo\.png {2}700 kB {2}image\/png/);
	await ann.until(/▤ my photo\.png/);
	await ann.until(/the 🎉 summit +✓✓●/);
	const out = join(folder, "out");
	mkdirSync(out);
	bob.type(`/save ${out}`, "Enter");
	await bob.until(/saved .*my photo\.png/);
	bob.type(`/save #1 ${out}`, "Enter");
	await bob.until(/saved .*my photo \(2\)\.png/);
	for (const name of ["my photo.png", "my photo (2).png"]) {
		t.ok(photo.equals(readFileSync(join(out, name))), name);
	}

	let down = false;
	line.onUp = (up) => {
		if (down || up < 3_000_000) return false;
		down = true;
		void server.kill();
		return true;
	};
	ann.type(`/send ${folder}/film.bin`, "Enter");
	await ann.until(/↑ film\.bin +█+░+ +\d+ % of 6\.3 MB\n (?:offline|connecting)/);
	ann.type("hello?", "Enter");
	const next = await server.restart();
	t.teardown(() => next.kill());
	await bob.until(/▤ film\.bin {2}6\.3 MB {2}application\/octet-stream/);
	await ann.until(/film\.bin {2}6\.3 MB/);
	bob.type("/list", "Enter");
	await bob.until(/^ ann .*\[film\.bin\]$/m);
	t.notMatch(ann.rows().join("\n"), "↑", "it is over");
	bob.type(`/save ${out}/of`, "Enter");
	await bob.until(/saved .*out\/of/);
	t.ok(film.equals(readFileSync(join(out, "of"))));
	t.same(readdirSync(out).sort(), ["my photo (2).png", "my photo.png", "of"]);
});
