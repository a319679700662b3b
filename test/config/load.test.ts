import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { ConfigError, flagOf, loadConfig, show, variableOf } from "../../src/config/load.js";
import { defaultConfig, type OptionName, optionGroups, optionNames } from "../../src/config.js";
import { tempFolder } from "../helpers/server-process.js";

function file(test: { teardown(run: () => void): void }, content: string): string {
	const folder = tempFolder();
	test.teardown(() => rmSync(folder, { recursive: true }));
	const path = join(folder, "colloquy.json");
	writeFileSync(path, content);
	return path;
}

function problems(given: Parameters<typeof loadConfig>[0]): readonly string[] {
	try {
		loadConfig(given);
		return [];
	} catch (cause) {
		if (cause instanceof ConfigError) return cause.problems;
		throw cause;
	}
}

t.test("without sources every option has its default", async (t) => {
	t.strictSame(loadConfig({}).config, defaultConfig);
});

t.test("flags win over environment, environment over file, file over default", async (t) => {
	const path = file(t, '{ "port": 1, "mailboxMax": 100, "receiptGatherMs": "1s" }');
	const { config, sources } = loadConfig({
		file: path,
		env: { COLLOQUY_PORT: "2", COLLOQUY_MAILBOX_MAX: "200" },
		flags: { port: "3" },
	});
	t.equal(config.port, 3);
	t.equal(config.mailboxMax, 200);
	t.equal(config.receiptGatherMs, 1_000);
	t.equal(sources.port, "flag --port");
	t.equal(sources.mailboxMax, "environment COLLOQUY_MAILBOX_MAX");
	t.equal(sources.receiptGatherMs, `file ${path}: receiptGatherMs`);
	t.equal(sources.host, "default");
});

t.test("COLLOQUY_CONFIG names the file when no flag does", async (t) => {
	const path = file(t, '{ "port": 9 }');
	t.equal(loadConfig({ env: { COLLOQUY_CONFIG: path } }).config.port, 9);
});

t.test("a path in the file is meant from the file's folder", async (t) => {
	const path = file(t, '{ "data": "store" }');
	t.equal(loadConfig({ file: path }).config.data, join(path, "..", "store"));
});

t.test("every default survives being written and read as text", async (t) => {
	const flags = Object.fromEntries(
		optionNames.map((name) => [name, show(name, defaultConfig[name])]),
	) as Record<OptionName, string>;
	t.strictSame(loadConfig({ flags }).config, defaultConfig);
});

t.test("unknown names are refused with the one that was meant", async (t) => {
	const path = file(t, '{ "recieptGatherMs": 5, "zzzzzzzz": 1 }');
	t.strictSame(problems({ file: path, env: { COLLOQUY_DURABILTY: "os" } }), [
		`file ${path}: recieptGatherMs is no option (did you mean "receiptGatherMs"?)`,
		`file ${path}: zzzzzzzz is no option`,
		'environment COLLOQUY_DURABILTY is no option (did you mean "COLLOQUY_DURABILITY"?)',
	]);
});

t.test("all problems are told at once, each with its source", async (t) => {
	t.strictSame(
		problems({
			env: { COLLOQUY_PORT: "70000", COLLOQUY_TOKEN_TTL_MS: "soon" },
			flags: { durability: "fsnc", mailboxMax: "-1", writeBufferBytes: "32MB" },
		}),
		[
			"environment COLLOQUY_PORT must be at most 65535",
			"environment COLLOQUY_TOKEN_TTL_MS must be a duration such as 30s (ms, s, m, h, d)",
			'flag --durability must be one of fsync, os (did you mean "fsync"?)',
			"flag --mailbox-max must be a whole number",
			"flag --write-buffer-bytes must be a size such as 16MiB (B, KiB, MiB, GiB)",
		],
	);
});

t.test("values of the wrong type in the file are refused", async (t) => {
	const path = file(t, '{ "host": 1, "allowedOrigins": [1], "port": 1.5, "durability": null }');
	t.equal(problems({ file: path }).length, 4);
});

t.test("a file that is missing, no JSON or no object is one problem", async (t) => {
	for (const path of [file(t, "{"), file(t, "[]"), file(t, "null"), "/nowhere/at-all.json"]) {
		const found = problems({ file: path });
		t.equal(found.length, 1);
		t.match(found[0], `file ${path} cannot be used: `);
	}
});

t.test("names of the prototype are no options", async (t) => {
	const path = file(t, '{ "__proto__": {}, "constructor": 1, "toString": 1 }');
	t.match(problems({ file: path }).join(), /constructor is no option/);
	t.match(problems({ env: { COLLOQUY_TO_STRING: "1" } }).join(), /no option/);
});

t.test("no two groups give one name two meanings", async (t) => {
	const names = Object.values(optionGroups).flatMap((group) => Object.keys(group));
	t.strictSame(names, [...optionNames]);
});

t.test("each option has one variable and one flag of its own", async (t) => {
	t.equal(variableOf("receiptGatherMs"), "COLLOQUY_RECEIPT_GATHER_MS");
	t.equal(flagOf("receiptGatherMs"), "--receipt-gather-ms");
	t.equal(new Set(optionNames.map(variableOf)).size, optionNames.length);
	t.equal(new Set(optionNames.map(flagOf)).size, optionNames.length);
});
