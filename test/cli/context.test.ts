import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { contextAdd } from "../../src/cli/context-command.js";
import { contextOf, readContexts, tokenIn, writeContexts } from "../../src/cli/contexts.js";
import { deviceFolder } from "../../src/cli/device-folder.js";
import { targetOf, urlOf } from "../../src/cli/target.js";
import { defaultConfig } from "../../src/config.js";
import { runCli, tempFolder } from "../helpers/server-process.js";

interface Test {
	teardown(run: () => unknown): void;
}

/** A configuration folder of its own, with a token's file in it. */
function home(test: Test) {
	const path = tempFolder();
	test.teardown(() => rmSync(path, { recursive: true, force: true }));
	const token = join(path, "token");
	writeFileSync(token, "a.b.c\n", { mode: 0o600 });
	const env = { XDG_CONFIG_HOME: path };
	const run = (...args: string[]) => runCli(["context", ...args], { env });
	const add = (name: string, url: string) => run("add", name, "--url", url, "--token-file", token);
	return { path, token, file: join(path, "colloquy", "contexts.json"), run, add };
}

t.test("the first one is used until another one is chosen", async (t) => {
	const { run, add } = home(t);
	t.equal((await add("dev", "http://127.0.0.1:7070")).code, 0);
	t.equal((await add("prod", "https://chat.example/")).code, 0);
	const names = async () => JSON.parse((await run("ls", "--json")).stdout);
	t.match(await names(), [
		{ name: "dev", url: "http://127.0.0.1:7070", current: true },
		{ name: "prod", url: "https://chat.example", current: false },
	]);
	t.equal((await run("use", "prod")).code, 0);
	t.match(await names(), [{ current: false }, { current: true }]);
	t.match((await run("ls")).stdout, /^ {2}dev .*\n\* prod /);
	t.equal((await run("rm", "prod")).code, 0);
	t.match(await names(), [{ name: "dev", current: false }]);
});

t.test("the file is its owner's alone and holds no token", async (t) => {
	const { file, token, add } = home(t);
	await add("dev", "http://127.0.0.1:7070");
	t.equal(statSync(file).mode & 0o777, 0o600);
	t.notMatch(readFileSync(file, "utf8"), "a.b.c");
	t.match(JSON.parse(readFileSync(file, "utf8")), { contexts: { dev: { tokenFile: token } } });
	chmodSync(file, 0o644);
	await add("two", "http://127.0.0.1:7071");
	t.equal(statSync(file).mode & 0o777, 0o600, "and is so again");
});

t.test("what could not be used is refused, with what to do", async (t) => {
	const { path, token } = home(t);
	const flags = { url: "http://h", tokenFile: token };
	const wrong = (exit: string, message: RegExp, run: () => unknown) => {
		t.throws(run, { exit, message }, String(message));
	};
	wrong("usage", /no address/, () => urlOf("chat.example"));
	wrong("usage", /no address/, () => urlOf("ftp://chat.example"));
	t.equal(urlOf("https://chat.example/"), "https://chat.example");
	wrong("usage", /no name/, () => contextAdd("a b", flags, true));
	const absent = { ...flags, tokenFile: join(path, "no") };
	wrong("usage", /is not there/, () => contextAdd("x", absent, true));
	chmodSync(token, 0o644);
	wrong("config", /can be read by others/, () => contextAdd("x", flags, true));
	chmodSync(token, 0o600);
	writeFileSync(token, "two words");
	wrong("config", /no token/, () => tokenIn(token));
	wrong("config", /is not there/, () => tokenIn(join(path, "no")));
	const contexts = { current: null, contexts: { production: flags } };
	wrong("usage", /did you mean "production"/, () => contextOf(contexts, "prodution"));
	wrong("usage", /no context constructor/, () => contextOf(contexts, "constructor"));
});

t.test("a damaged file is told, and left as it is", async (t) => {
	const { path, file, add } = home(t);
	mkdirSync(join(path, "colloquy"));
	for (const text of ["{", '{"contexts":{}}', '{"current":null,"contexts":{"x":{"url":1}}}']) {
		writeFileSync(file, text);
		t.throws(() => readContexts({ XDG_CONFIG_HOME: path }), {
			exit: "config",
			message: /cannot be used/,
		});
	}
	const { code, stderr } = await add("dev", "http://h");
	t.equal(code, 3);
	t.match(stderr, /^colloquy: .*cannot be used.*\n$/);
	t.match(readFileSync(file, "utf8"), '"url":1');
});

t.test("who talks, and where, must be said once and not twice", async (t) => {
	const { path, token } = home(t);
	const env = { XDG_CONFIG_HOME: path };
	const contexts = { dev: { url: "http://dev", tokenFile: token } };
	const wrong = (flags: object, message: RegExp, more: object = {}) => {
		t.throws(() => targetOf({ ...flags }, defaultConfig, { ...env, ...more }), {
			exit: "usage",
			message,
		});
	};
	wrong({}, /nobody said/);
	wrong({ url: "http://h" }, /nobody said/);
	wrong({ context: "no" }, /no context no/);
	wrong({}, /no context other/, { COLLOQUY_CONTEXT: "other" });
	wrong({ as: "a b" }, /no user id/);
	wrong({ as: "ann", context: "dev" }, /token of its own/);
	wrong({ as: "ann", tokenFile: token }, /token of its own/);
	writeContexts(env, { current: "dev", contexts });
	const target = targetOf({}, defaultConfig, env);
	t.equal(target.url, "http://dev");
	t.equal(await target.token(), "a.b.c");
	t.equal(targetOf({ url: "http://other" }, defaultConfig, env).url, "http://other");
	t.equal(targetOf({ as: "ann" }, defaultConfig, env).url, "http://127.0.0.1:7070", "--as wins");
	t.not(targetOf({ as: "ann" }, defaultConfig, env).name, target.name);
});

t.test("as many devices at once as there are folders, then no more", async (t) => {
	const { path } = home(t);
	const env = { XDG_STATE_HOME: path };
	const held = [];
	for (let number = 1; number <= 8; number += 1) held.push(await deviceFolder("x", env));
	t.equal(new Set(held.map((one) => one.path)).size, 8);
	await t.rejects(deviceFolder("x", env), { exit: "locked", message: /8 commands/ });
	await held[2]?.release();
	t.equal((await deviceFolder("x", env)).path, held[2]?.path, "a folder that is free is taken");
	t.equal(
		(await deviceFolder("y", env)).path,
		join(path, "colloquy", "devices", "y", "1", "store"),
	);
});
