// `colloquy chat` as a person sees it: a real terminal, a real server, two people.

import { rmSync } from "node:fs";
import t from "tap";
import { runCli, type ServerProcess, startServer, tempFolder } from "../helpers/server-process.js";
import { hasTmux, type Screen, startScreen } from "../helpers/tmux.js";

interface Test {
	teardown(run: () => unknown): void;
}

interface Stage {
	readonly server: ServerProcess;
	readonly env: Readonly<Record<string, string>>;
	chat(user: string, who: string | null, columns?: number, rows?: number): Screen;
}

async function stage(test: Test): Promise<Stage> {
	const server = await startServer();
	const state = tempFolder();
	test.teardown(async () => {
		await server.discard();
		rmSync(state, { recursive: true, force: true });
	});
	const env = { XDG_STATE_HOME: state, XDG_CONFIG_HOME: state, TERM: "xterm-256color" };
	return {
		server,
		env,
		chat(user, who, columns = 80, rows = 24) {
			const args = ["chat", "--as", user, "--data", server.data, ...(who === null ? [] : [who])];
			const screen = startScreen(args, { columns, rows, env });
			test.teardown(() => screen.close());
			return screen;
		},
	};
}

const options = { skip: hasTmux ? false : "no tmux here", timeout: 90_000 } as const;

t.test(
	"two people talk: waiting, ticks, typing, an answer, a reaction, an edit",
	options,
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
		for (let tries = 0; tries < 100 && ann.exitCode() === null; tries += 1) {
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		t.equal(ann.exitCode(), 0);
		await bob.until(/○ last seen|○ offline/);
	},
);

t.test(
	"the server is killed in mid-sentence: nothing that was typed is lost",
	options,
	async (t) => {
		const { server, chat, env } = await stage(t);
		await runCli(["send", "bob", "x", "--as", "bob", "--data", server.data], { env });
		const ann = chat("ann", "bob");
		await ann.until(/message to bob/);
		await server.kill();
		await ann.until(/^ (offline|connecting)/m);
		ann.type("first", "Enter");
		ann.type("second", "Enter");
		ann.type("half a sen");
		await ann.until(/2 messages queued[\s\S]*half a sen/);
		await ann.until(/first +○\n.*second +○/);
		t.equal(ann.cursor(), "13 23");
		const next = await server.restart();
		t.teardown(() => next.kill());
		await ann.until(/first +✓\n.*second +✓/);
		await ann.until(/› half a sen$/m);
		ann.type("tence", "Enter");
		await ann.until(/half a sentence +✓/);
	},
);

t.test("what was queued when the chat was left is sent by the next one", options, async (t) => {
	const { server, chat, env } = await stage(t);
	await runCli(["send", "bob", "x", "--as", "bob", "--data", server.data], { env });
	const ann = chat("ann", "bob");
	await ann.until(/message to bob/);
	await server.kill();
	await ann.until(/^ (offline|connecting)/m);
	ann.type("kept on disk", "Enter");
	await ann.until(/kept on disk +○/);
	ann.type("/quit", "Enter");
	await ann.until(/1 message is not sent yet/);
	const next = await server.restart();
	t.teardown(() => next.kill());
	const again = chat("ann", null);
	await again.until(/kept on disk +✓/);
});

t.test("every size, old pages, and text that means harm", options, async (t) => {
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
	await ann.until(/── help ─/);
});

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
