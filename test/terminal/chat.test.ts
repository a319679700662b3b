// `colloquy chat` as a person sees it: a real terminal, a real server, two people.

import t from "tap";
import { runCli } from "../helpers/server-process.js";
import { onScreen, stage } from "./stage.js";

t.test(
	"two people talk: waiting, ticks, typing, an answer, a reaction, an edit",
	onScreen,
	async (t) => {
		const { chat } = await stage(t);
		const ann = chat("ann", "bob");
		await ann.until(/bob has never signed in/);
		const bob = chat("bob", "ann", 110, 30);
		await bob.until(/message to ann/);
		await ann.until(/message to bob/);
		ann.type("Are you there?", "Enter");
		await bob.until(/ann │ Are you there\?/);
		await ann.until(/Are you there\? +✓✓●/);
		bob.type("just a mo");
		await ann.until(/bob is typing…/);
		bob.type("ment", "Enter");
		await ann.until(/bob │ just a moment/);
		bob.type("/reply #1 yes, I am", "Enter");
		await ann.until(/↳ ann: Are you there\?\n.*│ yes, I am/);
		bob.type("/edit yes, here", "Enter");
		await ann.until(/yes, here \(edited\)/);
		ann.type("/react :+1:", "Enter");
		await bob.until(/👍.* ann/);
		bob.type("/delete #2", "Enter");
		await ann.until(/│ deleted/);
		t.notMatch(ann.rows().join("\n"), "just a moment");
		t.match(bob.rows()[2], /^▌● ann/, "with room the list stands beside");
		ann.type("", "C-d");
		t.equal(await ann.exit(), 0);
		await bob.until(/○ last seen|○ offline/);
	},
);

t.test("every size, old pages, and text that means harm", onScreen, async (t) => {
	const { server, chat, env } = await stage(t);
	const run = (args: string[], input = "") =>
		runCli([...args, "--data", server.data], { env, input });
	await run(["send", "ann", "x", "--as", "ann"]);
	const lines = Array.from({ length: 70 }, (_, at) => `line ${at + 1}`).join("\n");
	await run(["send", "ann", "--as", "bob"], lines);
	await run(
		["send", "ann", "--as", "bob", "--whole"],
		"\u001b[2J\u001b]0;gone\u0007 שלום 👩‍👩‍👧‍👦",
	);
	const ann = chat("ann", "bob");
	await ann.until(/─ new ─|␛\[2J␛\]0;gone␇/);
	await ann.until(/␛\[2J␛\]0;gone␇ םולש/);
	t.match(ann.rows()[0], /^ bob /, "the header is still there");
	ann.type("", "PPage");
	await ann.until(/below ↓ PageDown/);
	for (let page = 0; page < 4; page += 1) ann.type("", "PPage");
	await ann.until(/│ line 1\n/);
	ann.type("", "Escape");
	await ann.until(/line 70/);
	ann.resize(40, 10);
	await ann.until(/^ bob .*\n─{40}\n/);
	t.equal(ann.rows().length, 10);
	ann.resize(120, 12);
	await ann.until(/^ Conversations +│/);
	ann.type("/he", "Tab", "Enter");
	await ann.until(/── help 1–7 of /);
});
