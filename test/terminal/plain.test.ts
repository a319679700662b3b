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

t.test("groups: made, named, filled, joined by a link, muted, left; and blocks", async (t) => {
	const { server, env } = await stage(t);
	const run = (user: string, lines: readonly string[]) =>
		runCli(["chat", "--as", user, "--data", server.data], { env, input: `${lines.join("\n")}\n` });
	for (const user of ["bob", "carol"]) {
		await runCli(["send", user, "x", "--as", user, "--data", server.data], { env });
	}
	const { stdout } = await run("ann", [
		'/group "Release party" bob',
		"who brings the cake? :tada:",
		"/title Big party",
		"/add carol",
		"/members",
		"/remove carol",
		"/hide #1",
		"/mute 8h",
		"/mute off",
		"/mute never",
		"/leave",
		"/link",
		"/block bob",
		"/unblock bob",
		"/edit #9 x",
		"/list",
	]);
	const said = (pattern: RegExp) => t.match(stdout, pattern);
	said(/^-- Release party is there$/m);
	said(/^\d\d:\d\d #\S+ ann: who brings the cake\? 🎉$/m);
	said(/^-- renamed$/m);
	said(/^-- added carol$/m);
	said(/^ ann +owner\n bob +member\n carol +member$/m);
	said(/^-- removed carol$/m);
	said(/^-- deleted for you$/m);
	said(/^-- muted for 8h\n-- no longer muted\n-- \/mute 30m/m);
	said(/^-- a conversation needs an owner/m);
	said(/^-- blocked\n-- no longer blocked$/m);
	said(/^-- no such message, or not visible: #9$/m);
	said(/^ Big party\n bob$/m);
	const link = /^-- \/join (\S+)$/m.exec(stdout)?.[1] ?? "";
	const joined = await run("carol", [`/join ${link}`, "/members", "hi from carol", "/leave"]);
	t.match(joined.stdout, /^ carol +member$/m);
	t.match(joined.stdout, /carol: hi from carol$/m);
	t.match(joined.stdout, /^-- you have left$/m);
	const refused = await run("carol", ["/join nonsense", "hello?"]);
	t.match(refused.stdout, /^-- the link is not valid/m);
});
