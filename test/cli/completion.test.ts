// The scripts are run by the shells themselves: what they offer is what Tab would.

import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { cliFile, runCli, tempFolder } from "../helpers/server-process.js";

interface Test {
	teardown(run: () => unknown): void;
}

const scripts = new Map<string, string>();

async function scriptFor(shell: string): Promise<string> {
	const script = scripts.get(shell) ?? (await runCli(["completion", shell])).stdout;
	scripts.set(shell, script);
	return script;
}

/** A folder with the script and a `colloquy` on the path that is this one. */
async function stage(test: Test, shell: string) {
	const folder = tempFolder();
	test.teardown(() => rmSync(folder, { recursive: true, force: true }));
	const script = join(folder, "completion");
	writeFileSync(script, await scriptFor(shell));
	const bin = join(folder, "bin");
	mkdirSync(bin);
	const program = join(bin, "colloquy");
	writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${cliFile} "$@"\n`, { mode: 0o755 });
	const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, XDG_CONFIG_HOME: folder };
	return { folder, script, env };
}

/** What bash offers after these words; the last one is being typed. */
async function offered(test: Test, words: readonly string[]): Promise<string[]> {
	const { folder, script, env } = await stage(test, "bash");
	const token = join(folder, "token");
	writeFileSync(token, "a.b.c", { mode: 0o600 });
	if (words.includes("use") || words.includes("--context")) {
		const args = ["context", "add", "staging", "--url", "http://h", "--token-file", token];
		await runCli(args, { env: { XDG_CONFIG_HOME: folder } });
	}
	const program = `source ${script}
		COMP_WORDS=(colloquy ${words.map((word) => `'${word}'`).join(" ")})
		COMP_CWORD=${words.length}
		_colloquy
		printf '%s\\n' "\${COMPREPLY[@]}"`;
	const { stdout, stderr, status } = spawnSync("bash", ["-c", program], { env, encoding: "utf8" });
	if (status !== 0 || stderr !== "") throw new Error(stderr);
	return stdout.split("\n").filter((line) => line !== "");
}

t.test("bash: commands, commands below commands, flags, values", async (t) => {
	t.strictSame(await offered(t, ["cha"]), ["chat"]);
	t.strictSame(await offered(t, ["conte"]), ["context"]);
	t.strictSame(await offered(t, ["context", ""]), ["add", "ls", "use", "rm", "--help"]);
	t.strictSame(await offered(t, ["send", "bob", "--unt"]), ["--until"]);
	t.strictSame(await offered(t, ["send", "bob", "--until", "s"]), ["sent", "seen"]);
	t.strictSame(await offered(t, ["completion", "z"]), ["zsh"]);
	t.strictSame(await offered(t, ["ps", "--js"]), ["--json"]);
	t.strictSame(await offered(t, ["nonsense-nobody-typed"]), []);
});

t.test("bash: names of contexts come from the file as it is now", async (t) => {
	t.strictSame(await offered(t, ["context", "use", "st"]), ["staging"]);
	t.strictSame(await offered(t, ["chat", "--context", ""]), ["staging"]);
});

t.test("bash: every command that help names is offered", async (t) => {
	const { stdout } = await runCli(["--help"]);
	const named = [...stdout.matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name);
	t.ok(named.length > 10);
	t.strictSame(
		named.filter((name) => name !== undefined).sort(),
		(await offered(t, [""])).filter((word) => !word.startsWith("-")).sort(),
	);
});

t.test("zsh reads its script, and finds the same words", async (t) => {
	if (spawnSync("zsh", ["--version"]).status !== 0) {
		t.comment("no zsh here: not tried");
		return;
	}
	const { script, env } = await stage(t, "zsh");
	const program = `compdef() { :; }
		source ${script}
		_colloquy_words context use
		_colloquy_words --until send bob --until
		_colloquy_words "" context`;
	const { stdout, stderr } = spawnSync("zsh", ["-f", "-c", program], { env, encoding: "utf8" });
	t.equal(stderr, "");
	const [, until, context] = stdout.split("\n");
	t.equal(until, "queued sent delivered seen");
	t.match(context, /^add ls use rm /);
});

t.test("another shell is refused", async (t) => {
	t.match(await runCli(["completion", "fish"]), { code: 2, stderr: /bash or zsh/ });
});
