import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { startServer, tempFolder } from "../helpers/server-process.js";
import { type Call, hasStrace, readTrace, traceArgs } from "../helpers/trace.js";
import { text, tokenFor, WireClient } from "../helpers/wire-client.js";

/** Sends one message at a time under strace; gives the calls of the server and its port. */
async function traced(
	durability: "fsync" | "os",
	sends: number,
): Promise<{ calls: Call[]; port: number }> {
	const folder = tempFolder("colloquy-trace-");
	const server = await startServer({ args: ["--durability", durability] });
	try {
		const [ann, bob] = await Promise.all(
			["ann", "bob"].map(async (user) => {
				const token = await tokenFor(server.data, user);
				return WireClient.connect({ wsUrl: server.wsUrl, token });
			}),
		);
		if (ann === undefined || bob === undefined) throw new Error("not connected");
		const conversation = await ann.open("bob");
		const output = join(folder, "trace");
		const strace = spawn("strace", [...traceArgs(output), "-p", String(server.pid)], {
			stdio: ["ignore", "ignore", "pipe"],
		});
		await new Promise<void>((resolve) => {
			strace.stderr.on("data", (data) => String(data).includes("attached") && resolve());
		});
		for (let n = 1; n <= sends; n += 1) {
			ann.write(conversation, n, n - 1, text(`number ${n}, long enough to be told from a pong`));
			await ann.outcome(conversation, n);
			await bob.next("message");
		}
		const ended = new Promise((resolve) => strace.once("close", resolve));
		strace.kill("SIGINT");
		await ended;
		return { calls: readTrace(output), port: server.port };
	} finally {
		await server.discard();
		rmSync(folder, { recursive: true, force: true });
	}
}

/** Socket writes that come after a request without a sync of the log in between. */
function judge(calls: readonly Call[], port: number): { requests: number; early: number } {
	const ours = `127.0.0.1:${port}->`;
	let requests = 0;
	let early = 0;
	let asked = -1;
	let synced = false;
	const ordered = [...calls].sort((one, other) => one.ended - other.ended);
	for (const call of ordered) {
		const socket = call.target.includes(ours);
		if (socket && /^(read|recv)/.test(call.name) && call.result > 60) {
			requests += 1;
			asked = call.ended;
			synced = false;
		} else if (/sync$/.test(call.name) && call.target.includes(".log>")) {
			if (asked >= 0 && call.began > asked && call.result === 0) synced = true;
		} else if (socket && asked >= 0 && call.result > 30 && !synced) {
			early += 1;
		}
	}
	return { requests, early };
}

const skip = hasStrace() ? false : "strace is not installed";

t.test("no answer and no push leaves before its commit is synced", { skip }, async (t) => {
	const { calls, port } = await traced("fsync", 40);
	const { requests, early } = judge(calls, port);
	t.ok(requests >= 40, `${requests} requests seen`);
	t.equal(early, 0);
});

t.test("the same look finds early answers where nothing is synced", { skip }, async (t) => {
	const { calls, port } = await traced("os", 10);
	t.ok(judge(calls, port).early >= 10);
});
