// `send` and `tail` as tools of a pipeline, against a real server.

import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { cliFile, runCli, startServer, tempFolder } from "../helpers/server-process.js";

interface Test {
	teardown(run: () => unknown): void;
}

/** A server on which ann and bob have signed in. */
async function stage(test: Test) {
	const server = await startServer();
	const state = tempFolder();
	test.teardown(async () => {
		await server.discard();
		rmSync(state, { recursive: true, force: true });
	});
	const env = { XDG_STATE_HOME: state, XDG_CONFIG_HOME: state };
	const run = (user: string, args: readonly string[], input = "") =>
		runCli([...args, "--as", user, "--data", server.data], { env, input });
	await run("bob", ["send", "bob", "x"]);
	return { server, state, env, run };
}

function lines(stdout: string): Record<string, unknown>[] {
	return stdout
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line) as Record<string, unknown>);
}

t.test("lines of the input are messages, in order; tail prints them again", async (t) => {
	const { run } = await stage(t);
	const sent = await run("ann", ["send", "bob"], "one\n\n  two  \nthree");
	t.equal(sent.code, 0);
	t.equal(sent.stdout, "ann~bob #1 sent\nann~bob #2 sent\nann~bob #3 sent\n");
	const raw = await run("bob", ["tail", "ann", "--once", "--raw"]);
	t.equal(raw.code, 0);
	t.equal(raw.stdout, "one\n  two  \nthree\n");
	const last = await run("bob", ["tail", "ann", "--from", "-2", "--once", "--json"]);
	t.match(lines(last.stdout), [
		{
			conversation: "ann~bob",
			seq: 2,
			from: "ann",
			text: "  two  ",
			own: false,
			status: "delivered",
		},
		{ seq: 3, text: "three", contentType: "text/plain", deleted: false },
	]);
	const first = await run("bob", ["tail", "ann", "--from", "1", "--count", "1", "--json"]);
	t.match(lines(first.stdout), [{ seq: 1 }]);
	t.equal(first.code, 0, "enough is an end");
});

t.test("a text is repeated with its number; all of the input can be one message", async (t) => {
	const { run } = await stage(t);
	const counted = ["send", "bob", "no. {{n}} at {{time}}", "--count", "3", "--every", "20ms"];
	t.equal((await run("ann", counted)).code, 0);
	const whole = await run("ann", ["send", "bob", "--whole", "--json"], "a\nb\n\u001b[31m");
	t.match(lines(whole.stdout), [{ seq: 4, status: "sent", conversation: "ann~bob" }]);
	const said = await run("bob", ["tail", "ann", "--once"]);
	t.match(said.stdout, /ann~bob #1 ann {2}no\. 1 at 20\d\d-.*Z\n.*no\. 2 at.*\n.*no\. 3 at/);
	t.match(said.stdout, / a\n {4}b\n {4}␛\[31m\n$/, "for people nothing can act on the terminal");
});

t.test("waits for a status, and says when it was not in time", async (t) => {
	const { run } = await stage(t);
	const late = await run("ann", ["send", "bob", "hi", "--until", "delivered", "--within", "5s"]);
	t.equal(late.code, 10);
	t.match(late.stdout, "#1 sent", "how far it got");
	t.match(late.stderr, /^colloquy: not delivered within 5 s; .*\n$/);
	const follower = run("bob", ["tail", "--count", "2", "--json", "--seen"]);
	const seen = await run("ann", ["tail", "bob", "--from", "1", "--until", "delivered"]);
	t.equal(seen.code, 0, "ends when one's own messages are there");
	const sent = await run("ann", ["send", "bob", "there?", "--until", "delivered", "--json"]);
	t.match(lines(sent.stdout), [{ status: /delivered|seen/ }]);
	t.match(lines((await follower).stdout), [{ text: "hi" }, { text: "there?" }]);
});

t.test("what cannot be is told in one line, with a code", async (t) => {
	const { server, state, env, run } = await stage(t);
	const wrong = async (code: number, text: RegExp, ended: ReturnType<typeof run>) => {
		const { stderr, ...rest } = await ended;
		t.equal(rest.code, code, String(text));
		t.match(stderr, text);
		t.equal(stderr.trim().split("\n").length, 1);
	};
	await wrong(1, /no such user/, run("ann", ["send", "nobody", "x"]));
	await wrong(2, /--from/, run("ann", ["tail", "bob", "--from", "0"]));
	await wrong(2, /one conversation/, run("ann", ["tail", "--once"]));
	await wrong(2, /no duration/, run("ann", ["send", "bob", "x", "--every", "often"]));
	const large = "x".repeat(70_000);
	await wrong(11, /over the limit/, run("ann", ["send", "bob", "--whole"], large));
	const token = join(state, "token");
	writeFileSync(token, "no.such.token", { mode: 0o600 });
	const strange = ["send", "bob", "x", "--url", server.url, "--token-file", token];
	await wrong(11, /token was not accepted/, runCli(strange, { env }));
	await server.kill();
	await wrong(10, /no connection/, run("ann", ["send", "bob", "x", "--within", "300ms"]));
});

t.test("a reader that goes away ends the command quietly", async (t) => {
	const { server, env, run } = await stage(t);
	await run("ann", ["send", "bob"], "one\ntwo\n");
	const args = [cliFile, "tail", "bob", "--from", "1", "--as", "ann", "--data", server.data];
	const child = spawn(process.execPath, args, {
		env: { ...process.env, ...env },
		stdio: ["ignore", "pipe", "pipe"],
	});
	let stderr = "";
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		stderr += text;
	});
	const ended = new Promise((resolve) => child.once("close", (...how) => resolve(how)));
	await new Promise((resolve) => child.stdout.once("data", resolve));
	child.stdout.destroy();
	// Only the next write can tell that nobody reads.
	await run("ann", ["send", "bob", "three"]);
	t.strictSame(await ended, [0, null]);
	t.equal(stderr, "");
});
