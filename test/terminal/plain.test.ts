// `colloquy chat` without a screen: lines in, lines out.

import t from "tap";
import { runCli } from "../helpers/server-process.js";
import { stage } from "./stage.js";

t.test("plain lines for a dumb terminal or a pipe, with the same commands", async (t) => {
	const { server, env } = await stage(t);
	const run = (user: string, input: string) =>
		runCli(["chat", "--as", user, "--data", server.data, "ann~bob"], { env, input });
	await runCli(["send", "bob", "x", "--as", "bob", "--data", server.data], { env });
	const first = await run("ann", "hello bob\n/nonsense\n");
	t.equal(first.code, 0);
	t.match(first.stdout, /^-- ann~bob$/m);
	t.match(first.stdout, /^\d\d:\d\d #\S+ ann: hello bob$/m);
	t.match(first.stdout, /^-- #1 sent$/m);
	t.match(first.stdout, /^-- \/nonsense is no command/m);
	t.notMatch(first.stdout, "\u001b");
	const second = await run("bob", "/reply #1 hello ann\n/react #1 👍\n");
	t.match(second.stdout, /^\d\d:\d\d #1 ann: hello bob$/m);
	t.match(second.stdout, /bob \(to #1\): hello ann$/m);
	t.match(second.stdout, /^-- #1 👍 bob$/m);
});
