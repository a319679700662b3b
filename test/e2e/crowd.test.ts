// Many at once, against a server in a process of its own: a very large group, a line at the door;
// and what others notice of it.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import t, { type Test } from "tap";
import { createBroker } from "../../src/broker.js";
import { type ServerProcess, startServer, tempFolder } from "../helpers/server-process.js";
import { text, type WireClient } from "../helpers/wire-client.js";
import { sign, until, write } from "./talk.js";

/**
 * In the server's process: how long its turns are, in time of the processor, because other tests
 * run beside and the clock on the wall would count them too. Written down at a signal.
 */
const watchTurns = `
import { writeFileSync } from "node:fs";
let turns = [];
let last = process.cpuUsage();
setInterval(() => {
	const { user, system } = process.cpuUsage(last);
	last = process.cpuUsage();
	turns.push((user + system) / 1e3);
}, 5).unref();
process.on("SIGUSR2", () => {
	const sum = turns.reduce((one, other) => one + other, 0);
	writeFileSync(process.env.TURNS_FILE, JSON.stringify({ sum, max: Math.max(...turns) }));
	turns = [];
});
`;

function crowd(name: string, count: number): string[] {
	return Array.from({ length: count }, (_, at) => `${name}${at + 1}`);
}

/** A server on a folder where these users exist. */
async function serverWith(
	t: Test,
	users: readonly string[],
	env: Record<string, string>,
): Promise<ServerProcess> {
	const data = tempFolder();
	const broker = await createBroker({ data });
	await Promise.all(users.map((user) => broker.provision(user)));
	await broker.close({ graceMs: 0 });
	const nodeArgs = ["--import", `data:text/javascript,${encodeURIComponent(watchTurns)}`];
	const server = await startServer({
		data,
		nodeArgs,
		env: { TURNS_FILE: join(data, "turns.json"), ...env },
	});
	t.teardown(async () => {
		await server.kill();
		rmSync(data, { recursive: true, force: true });
	});
	return server;
}

/** The turns of the server since this was asked last: all of them and the longest, in ms. */
async function turnsOf(server: ServerProcess): Promise<{ sum: number; max: number }> {
	const file = join(server.data, "turns.json");
	rmSync(file, { force: true });
	process.kill(server.pid, "SIGUSR2");
	await until("turns", () => existsSync(file) && readFileSync(file, "utf8").endsWith("}"));
	return JSON.parse(readFileSync(file, "utf8"));
}

/** Writes one after the other until it is over; how many were answered. */
async function steadily(
	client: WireClient,
	conversation: string,
	over: () => boolean,
): Promise<number> {
	let n = 0;
	for (; !over(); n += 1) await write(client, conversation, n + 1, text("beside"));
	return n;
}

// C027
t.test("a message to a group of five thousand holds up nobody", async (t) => {
	const users = crowd("u", 4_999);
	const server = await serverWith(t, ["ann", "cyd", ...users], {
		COLLOQUY_GROUP_MEMBERS_MAX: "5000",
	});
	const ann = await sign(server, "ann");
	const cyd = await sign(server, "cyd");
	const here = await Promise.all(users.slice(0, 200).map((user) => sign(server, user)));
	const aside = await cyd.open("cyd");
	await write(ann, "all", 1, { type: "create", kind: "group", title: "All", members: [] });
	for (let at = 0; at < users.length; at += 1_000) {
		const some = users.slice(at, at + 1_000);
		await write(ann, "all", 2 + at / 1_000, { type: "add", users: some });
	}
	await turnsOf(server);
	const told = Promise.all(
		here.map((one) => one.match((op) => op.type === "message" && op.message.seq === 10)),
	);
	let over = false;
	const beside = steadily(cyd, aside, () => over);
	for (let n = 7; n < 17; n += 1) {
		await write(ann, "all", n, text("to everybody"));
		await pause(50);
	}
	await told;
	over = true;
	const busy = await beside;
	const { sum, max } = await turnsOf(server);
	t.ok(max < sum / 4, `${max.toFixed(1)} ms of ${sum.toFixed(1)} in one turn`);
	t.ok(busy >= 5, `${busy} writes beside ten messages to everybody`);
});

// C028
t.test("a crowd at the door of a server that is busy waits in line", async (t) => {
	const server = await serverWith(t, ["ann"], {});
	// The system may allow a shorter line than the server asks for.
	const allowed = Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
	const count = Math.min(1_500, allowed);
	process.kill(server.pid, "SIGSTOP");
	let connected = 0;
	const sockets = Array.from({ length: count }, () => {
		const socket = connect(server.port, "127.0.0.1", () => {
			connected += 1;
		});
		return socket.on("error", () => {});
	});
	try {
		await until("all stand in line", () => connected === count, 10_000);
	} finally {
		process.kill(server.pid, "SIGCONT");
		for (const socket of sockets) socket.destroy();
	}
	t.match(await (await sign(server, "ann")).ask({ type: "ping" }), { type: "result" });
});
