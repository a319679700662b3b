// `colloquy bench` as a command: what it refuses, its document, and what makes its exit code 1.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { type BenchDocument, benchSchema, document } from "../../bench/document.js";
import { Flags, flagRows } from "../../bench/flags.js";
import { conditions } from "../../bench/machine.js";
import { bench } from "../../bench/run.js";
import { scenarios } from "../../bench/scenarios.js";
import { root } from "../helpers/root.js";
import { runCli } from "../helpers/server-process.js";
import { read } from "../helpers/source-tree.js";

const folder = mkdtempSync(join(tmpdir(), "colloquy-test-"));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const withinMs = 120_000;
t.setTimeout(2 * withinMs);

function command(...args: readonly string[]) {
	return runCli(["bench", ...args], { withinMs });
}

const tiny = ["--pairs", "2", "--window", "2", "--seconds", "2", "--warmup", "0.1"];

t.test("the help names every scenario and every flag", async (t) => {
	const { code, stdout } = await command("--help");
	t.equal(code, 0);
	for (const name of Object.keys(scenarios)) t.match(stdout, new RegExp(`^ {2}${name} `, "m"));
	for (const { flag } of Object.values(flagRows).flat()) t.match(stdout, `--${flag}`);
});

t.test("what cannot be meant is refused before anything runs", async (t) => {
	const old = join(folder, "no-document.json");
	writeFileSync(old, "{}");
	const wrong = [
		[["cycles"], {}, /cycles is no scenario/],
		[["cycle"], { expect: ["p99"] }, /--expect p99 is no limit/],
		[["cycle"], { size: "huge" }, /--size huge is no size/],
		[["cycle"], { against: old }, /no document of a bench/],
		[["cycle"], { pairs: "many" }, /--pairs wants a number/],
		[["cycle"], { url: "http://127.0.0.1:1" }, /needs tokens/],
	] as const;
	for (const [words, values, message] of wrong) {
		await t.rejects(bench(new Flags(words, { json: true, ...values })), { exit: "usage", message });
	}
	const { code, stderr } = await command("cycle", "--no-such-flag");
	t.equal(code, 2);
	t.match(stderr, "unknown option '--no-such-flag'");
});

t.test("one run of the cycle: its document, limits, a page", async (t) => {
	const html = join(folder, "report.html");
	const first = await command("cycle", ...tiny, "--json", "--expect", "lost==0", "--html", html);
	t.equal(first.code, 0, first.stderr);
	const made = JSON.parse(first.stdout) as BenchDocument;
	t.strictSame(document.parse(made), made, "it follows the schema, and nothing is left out");
	const [row] = made.scenarios;
	t.match(row, {
		name: "cycle",
		parameters: { pairs: 2, window: 2, seconds: 2, rate: null, bytes: 100, repeat: 1 },
		cyclesPerSecond: Number,
		serverCpuMicrosPerCycle: Number,
		p50Ms: Number,
		p99Ms: Number,
		faults: 0,
		bound: /./,
	});
	t.ok((row?.cyclesPerSecond as number) > 0);
	t.match(made.verdicts, [{ expected: "lost==0", ok: true }]);
	t.ok(existsSync(html));
	t.match(readFileSync(html, "utf8"), "<svg");

	const limit = ["--expect", "cyclesPerSecond>=1000000"];
	const second = await command("cycle", ...tiny, ...limit, "--users", "3");
	t.equal(second.code, 1);
	t.match(second.stdout, /✗ cyclesPerSecond>=1000000 {2}cycle \d+/);
	t.match(second.stdout, "✓ lost 0");
	t.match(second.stdout, "✗ --users is no flag of these scenarios");
});

t.test("worse than an earlier run is a failure", async (t) => {
	const old = join(folder, "old.json");
	const parameters = { messages: 200, pairs: 2, bytes: 100 };
	const scenarios = [{ name: "disk", parameters, keptPerByte: 0.1 }];
	const made = { conditions: conditions(), scenarios, failures: [] };
	writeFileSync(old, JSON.stringify(made));
	const args = ["disk", "--messages", "200", "--pairs", "2", "--against", old, "--json"];
	const { code, stdout } = await command(...args);
	t.equal(code, 1, stdout);
	const { scenarios: rows, against, failures } = JSON.parse(stdout) as BenchDocument;
	t.match(against, [{ figure: "keptPerByte", old: 0.1, verdict: "worse", why: null }]);
	t.match(rows, [{ faults: 0, referenceMicros: Number, referenceSyncMs: Number }]);
	t.ok((rows[0]?.referenceMicros as number) > 0);
	t.strictSame(failures, []);
});

t.test("the published schema is that of the document", async (t) => {
	t.strictSame(JSON.parse(read("docs/bench.schema.json")), benchSchema());
	t.ok(existsSync(join(root, "docs/performance.md")));
});

t.test("docs/performance.md names every scenario and every flag", async (t) => {
	const page = read("docs/performance.md");
	for (const name of Object.keys(scenarios)) t.match(page, `\`${name}\``, name);
	for (const { flag } of Object.values(flagRows).flat()) {
		t.match(page, `--${flag.split(" ")[0]}`, flag);
	}
});
