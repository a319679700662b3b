// `colloquy chat` while the server is killed, as a person sees it: what was typed stays.

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
async function gone(pid: number): Promise<void> {
	for (let tries = 0; tries < 400; tries += 1) {
		try {
			process.kill(pid, 0);
		} catch {
			return;
		}
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(`process ${pid} is still there`);
}
