import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { optionNames } from "../../src/config.js";
import { runCli, tempFolder } from "../helpers/server-process.js";

function folder(test: { teardown(run: () => unknown): void }): string {
	const path = tempFolder();
	test.teardown(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

t.test("help and version are answers, not errors", async (t) => {
	for (const args of [["--help"], ["serve", "--help"], ["help", "token"], ["config"]]) {
		const { code, stdout, stderr } = await runCli(args);
		t.equal(code, 0, args.join(" "));
		t.match(stdout, /Usage: colloquy/);
		t.equal(stderr, "");
	}
	t.match((await runCli(["--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
});

t.test("no line of any help is wider than 80 columns", async (t) => {
	for (const command of ["serve", "token", "ps", "inspect", "verify", "conformance", "config"]) {
		const { stdout } = await runCli([command, "--help"]);
		for (const line of stdout.split("\n")) t.ok(line.length <= 80, line);
	}
});

t.test("a slip of the finger is answered with what was meant", async (t) => {
	const command = await runCli(["serv"]);
	t.equal(command.code, 2);
	t.match(command.stderr, /Did you mean serve/);
	const flag = await runCli(["serve", "--prot", "1"]);
	t.equal(flag.code, 2);
	t.match(flag.stderr, /Did you mean --port/);
	const { code, stdout } = await runCli(["ps", "--dta", "x", "--json"]);
	t.equal(code, 2);
	t.match(JSON.parse(stdout), { error: { code: "USAGE", message: /--dta/ } });
});

t.test("config check says what is set and from where, or everything that is wrong", async (t) => {
	const file = join(folder(t), "colloquy.json");
	writeFileSync(file, '{ "mailboxMax": 100 }');
	const env = { COLLOQUY_DURABILITY: "os" };
	const good = await runCli(["config", "check", "--config", file, "--port", "1"], { env });
	t.equal(good.code, 0);
	t.match(good.stdout, `mailboxMax = 100  (file ${file}: mailboxMax)`);
	t.match(good.stdout, "durability = os  (environment COLLOQUY_DURABILITY)");
	t.match(good.stdout, "port = 1  (flag --port)");
	writeFileSync(file, '{ "mailboxMx": 100, "port": "x" }');
	const bad = await runCli(["config", "check", "--config", file, "--json"]);
	t.equal(bad.code, 3);
	const { error } = JSON.parse(bad.stdout) as { error: { code: string; message: string } };
	t.equal(error.code, "CONFIG_INVALID");
	t.match(error.message, /did you mean "mailboxMax"/);
	t.match(error.message, /port must be a whole number/);
});

t.test("what config default prints is a valid file with every option", async (t) => {
	const { stdout } = await runCli(["config", "default"]);
	t.strictSame(Object.keys(JSON.parse(stdout) as object), [...optionNames]);
	const file = join(folder(t), "colloquy.json");
	writeFileSync(file, stdout);
	t.equal((await runCli(["config", "check", "--config", file])).code, 0);
});

t.test("config explain tells about one option", async (t) => {
	const { stdout } = await runCli(["config", "explain", "receiptGatherMs"]);
	t.match(stdout, /^receiptGatherMs = 200ms {2}\(default\)\n/);
	t.match(stdout, /--receipt-gather-ms/);
	t.match(stdout, /COLLOQUY_RECEIPT_GATHER_MS/);
	const typo = await runCli(["config", "explain", "recieptGatherMs"]);
	t.equal(typo.code, 2);
	t.match(typo.stderr, /did you mean "receiptGatherMs"/);
});

t.test("ps says when no server runs, and that is an answer", async (t) => {
	const data = folder(t);
	const text = await runCli(["ps", "--data", data]);
	t.equal(text.code, 0);
	t.match(text.stdout, /no server runs on .*colloquy serve --data/);
	const json = await runCli(["ps", "--json", "--data", data]);
	t.strictSame(JSON.parse(json.stdout), { running: false, data });
});
