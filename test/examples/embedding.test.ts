// The host of docs/embedding.md, as a process: people sign in at it and talk through it, and when
// it is killed or told to stop nothing is lost.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import t from "tap";
import { systemClock } from "../../src/base/clock.js";
import { Device, freshNames, MemoryStore, nodeConnect } from "../../src/client/index.js";
import { eventually } from "../../src/testing/index.js";
import { text } from "../helpers/wire-client.js";

const program = fileURLToPath(new URL("./desk-main.js", import.meta.url));

interface Host {
	readonly child: ChildProcess;
	readonly url: string;
	log(): string;
}

async function start(t: Tap, data: string): Promise<Host> {
	const child = spawn(process.execPath, [program], { env: { ...process.env, DESK_DATA: data } });
	t.teardown(() => child.kill("SIGKILL"));
	let output = "";
	let log = "";
	child.stdout.on("data", (bytes) => {
		output += String(bytes);
	});
	child.stderr.on("data", (bytes) => {
		log += String(bytes);
	});
	const url = await eventually(() => /desk on (\S+)/.exec(output)?.[1], { withinMs: 15_000 });
	return { child, url: url as string, log: () => log };
}

interface Tap {
	teardown(run: () => unknown): void;
}

async function signIn({ url }: Host, user: string): Promise<string> {
	const response = await fetch(`${url}/sign-in/${user}`, { method: "POST" });
	return ((await response.json()) as { key: string }).key;
}

function device(t: Tap, url: string, token: string, heard: string[] = []): Device {
	const decoder = new TextDecoder();
	const one = new Device({
		connect: nodeConnect(url),
		token,
		store: new MemoryStore(freshNames(systemClock)),
		events: {
			message: (_, { body }) => heard.push(decoder.decode(body?.content)),
			answered: (_, { seq }) => heard.push(`sent ${seq}`),
			phase: (phase) => phase.type === "stopped" && heard.push(`stopped ${phase.code}`),
		},
	});
	t.teardown(() => one.stop());
	one.start();
	return one;
}

t.test("people sign in at the host and talk through it", async (t) => {
	const host = await start(t, t.testdir());
	const bobsKey = await signIn(host, "bob");
	const ann = device(t, host.url, await signIn(host, "ann"));
	await eventually(() => ann.ready);
	const { conversation } = await ann.request<"open">({ type: "open", user: "bob" });
	ann.write(conversation, text("hello"));
	const heard: string[] = [];
	const bob = device(t, host.url, bobsKey, heard);
	await eventually(() => heard.includes("hello"));

	const health = await fetch(`${host.url}/health`);
	t.strictSame([health.status, await health.json()], [200, { connections: 2 }]);
	t.equal((await fetch(`${host.url}/elsewhere`)).status, 404, "the rest is the desk's");

	await fetch(`${host.url}/sign-out/${bobsKey}`, { method: "POST" });
	await eventually(() => heard.includes("stopped AUTH_REVOKED"));
	t.notOk(bob.ready);
	const back = device(t, host.url, await signIn(host, "bob"));
	await eventually(() => back.ready);
});

t.test("killed, it has what it acknowledged; asked to stop, it ends by itself", async (t) => {
	const data = t.testdir();
	const first = await start(t, data);
	const heard: string[] = [];
	const ann = device(t, first.url, await signIn(first, "ann"), heard);
	await eventually(() => ann.ready);
	const { conversation } = await ann.request<"open">({ type: "open", user: "ann" });
	ann.write(conversation, text("a note"));
	await eventually(() => heard.includes("sent 1"));
	ann.stop();
	first.child.kill("SIGKILL");
	await once(first.child, "close");

	const second = await start(t, data);
	const notes: string[] = [];
	const again = device(t, second.url, await signIn(second, "ann"), notes);
	await eventually(() => again.ready);
	const page = await again.request<"history">({
		type: "history",
		conversation,
		before: null,
		limit: 10,
	});
	t.equal(page.messages.length, 1);
	second.child.kill("SIGTERM");
	const [code, signal] = await once(second.child, "close");
	t.strictSame([code, signal], [0, null], second.log());
});
