// Files in a chat of plain lines, in `tail`, and what names of files from others may do here.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { nameOf, pathsLike } from "../../src/terminal/files.js";
import { fileText, sizeText } from "../../src/terminal/theme.js";
import { runCli } from "../helpers/server-process.js";
import { picture } from "../media/files.js";
import { folderOf } from "../sdk/media-line.js";
import { stage } from "./stage.js";

t.test("in plain lines; what cannot be sent or saved is told", { timeout: 90_000 }, async (t) => {
	const { server, env } = await stage(t);
	const folder = folderOf(t);
	await runCli(["send", "bob", "x", "--as", "bob", "--data", server.data], { env });
	writeFileSync(join(folder, "photo.png"), picture(2_000));
	const run = (user: string, lines: readonly string[]) =>
		runCli(["chat", "--as", user, "--data", server.data, "ann~bob"], {
			env,
			cwd: folder,
			input: `${lines.join("\n")}\n`,
		});
	const sent = await run("ann", ["/send photo.png", "/send nothing.png", "/cancel", "/save #9"]);
	t.match(sent.stdout, /^-- sending photo\.png: 100 %$/m);
	t.match(sent.stdout, /ann: \[photo\.png {2}2\.0 kB {2}image\/png\]$/m);
	t.match(sent.stdout, /^-- there is no nothing\.png$/m);
	t.match(sent.stdout, /^-- nothing is being sent or saved$/m);
	t.match(sent.stdout, /^-- no such message, or not visible: #9$/m);
	const saved = await run("bob", ["/save #1", "/save photo.png", "/save ."]);
	t.match(saved.stdout, /^-- saved photo \(2\)\.png \(2\.0 kB\)$/m);
	t.match(saved.stdout, /^-- photo\.png is there already$/m);
	t.match(saved.stdout, /^-- saved photo \(3\)\.png/m);
	const tail = (...more: string[]) =>
		runCli(
			["tail", "ann", "--as", "bob", "--data", server.data, "--from", "1", "--once", ...more],
			{
				env,
			},
		);
	t.match((await tail()).stdout, /ann {2}\[photo\.png {2}2\.0 kB {2}image\/png\]$/m);
	const [media] = JSON.parse((await tail("--json")).stdout).media;
	t.match(media, { size: 2_000, contentType: "image/png", name: "photo.png" });
});

t.test("Tab knows the paths that begin so", async (t) => {
	const folder = folderOf(t);
	for (const name of ["film.mp4", "final.txt", ".hidden", "my film.mp4"]) {
		writeFileSync(join(folder, name), "");
	}
	mkdirSync(join(folder, "files"));
	const like = (begun: string) =>
		pathsLike(`${folder}/${begun}`).map((path) => path.slice(folder.length + 1));
	t.same(like("fi"), ["files/", "film.mp4", "final.txt"]);
	t.same(like(""), ["files/", "film.mp4", "final.txt"]);
	t.same(like("."), [".hidden"]);
	t.same(like("files/"), []);
	t.same(like("nowhere/x"), []);
});

t.test("a name from others is a name here and nothing else", async (t) => {
	const hash = Uint8Array.from({ length: 32 }, (_, at) => at);
	const names = {
		"photo.png": "photo.png",
		"../../etc/passwd": "passwd",
		"C:\\windows\\win.ini": "win.ini",
		".bashrc": "bashrc",
		"-rf": "rf",
		"a\u0000\u001b[2J\u202egnp.exe": "a[2Jgnp.exe",
		"..": "000102030405",
		"": "000102030405",
	};
	for (const [name, here] of Object.entries(names)) t.equal(nameOf({ name, hash }), here);
	t.equal(
		fileText({ name: "\u001b[2J\n.png", size: 999, contentType: "image/png" }),
		"␛[2J .png  999 B  image/png",
	);
	const sizes = [0, 999, 1_000, 99_949, 99_950, 999_499, 999_500, 2e9, 5e12, 7e15].map(sizeText);
	t.same(sizes.join(), "0 B,999 B,1.0 kB,99.9 kB,100 kB,999 kB,1.0 MB,2.0 GB,5.0 TB,7000 TB");
});
