// `colloquy chat` while the server is killed, as a person sees it: what was typed stays.

import { rmSync } from "node:fs";
import t from "tap";
import { runCli } from "../helpers/server-process.js";
import { onScreen, stage } from "./stage.js";

t.test(
	"the server is killed in mid-sentence: nothing that was typed is lost",
	onScreen,
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
		t.match(ann.rows()[0], /^ bob +ann$/, "of whom nobody knows, nothing is said");
		await ann.until(/offline, 2 queued[\s\S]*half a sen/);
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

t.test("what was queued when the chat was left is sent by the next one", onScreen, async (t) => {
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

t.test("a server that has forgotten everything is talked to anew", onScreen, async (t) => {
	const { server, chat, env } = await stage(t);
	const greet = () => runCli(["send", "bob", "x", "--as", "bob", "--data", server.data], { env });
	await greet();
	const ann = chat("ann", "bob");
	await ann.until(/message to bob/);
	ann.type("in the old world", "Enter");
	await ann.until(/in the old world +✓/);
	await server.kill();
	rmSync(server.data, { recursive: true });
	const next = await server.restart();
	t.teardown(() => next.kill());
	await ann.until(/bob has never signed in/);
	ann.type("in the new one", "Enter");
	await ann.until(/said as soon as this is open again/);
	await greet();
	await ann.until(/in the new one +✓/);
	t.notMatch(ann.rows().join("\n"), "old world");
});

t.test("a terminal that goes away takes the chat along, and loses nothing", onScreen, async (t) => {
	const { server, chat, env } = await stage(t);
	await runCli(["send", "bob", "x", "--as", "bob", "--data", server.data], { env });
	const ann = chat("ann", "bob");
	await ann.until(/message to bob/);
	const pid = ann.pid();
	await server.kill();
	await ann.until(/^ (offline|connecting)/m);
	ann.type("left behind", "Enter");
	await ann.until(/left behind +○/);
	ann.close();
	await gone(pid);
	const next = await server.restart();
	t.teardown(() => next.kill());
	const again = chat("ann", null);
	await again.until(/left behind +✓/);
});

/** Resolves once no process has the number. */
function gone(pid: number): Promise<void> {
	return until(() => {
		try {
			process.kill(pid, 0);
			return false;
		} catch {
			return true;
		}
	});
}

async function until(condition: () => boolean): Promise<void> {
	for (let tries = 0; tries < 400; tries += 1) {
		if (condition()) return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error("it never came about");
}
