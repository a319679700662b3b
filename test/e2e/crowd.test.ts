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
	const sorted = turns.sort((one, other) => one - other);
	const p99 = sorted[Math.floor(sorted.length * 0.99)];
	writeFileSync(process.env.TURNS_FILE, JSON.stringify({ p99, max: sorted.at(-1) }));
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

/** The turns of the server since this was asked last, in ms. */
async function turnsOf(server: ServerProcess): Promise<{ p99: number; max: number }> {
	const file = join(server.data, "turns.json");
	rmSync(file, { force: true });
	process.kill(server.pid, "SIGUSR2");
	await until("turns", () => existsSync(file) && readFileSync(file, "utf8").endsWith("}"));
	return JSON.parse(readFileSync(file, "utf8"));
}

/** Writes one after the other until it is over; how long nine in ten of them took at most. */
async function latency(
	client: WireClient,
	conversation: string,
	from: number,
	over: (done: number) => boolean,
): Promise<number> {
	const times: number[] = [];
	for (let n = from; !over(times.length); n += 1) {
		const began = performance.now();
		await write(client, conversation, n, text("beside"));
		times.push(performance.now() - began);
	}
	times.sort((one, other) => one - other);
	return times[Math.floor(times.length * 0.9)] as number;
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
	const calm = await latency(cyd, aside, 1, (done) => done === 50);
	await turnsOf(server);
	const told = Promise.all(
		here.map((one) => one.match((op) => op.type === "message" && op.message.seq === 10)),
	);
	let over = false;
	const beside = latency(cyd, aside, 51, () => over);
	for (let n = 7; n < 17; n += 1) {
		await write(ann, "all", n, text("to everybody"));
		await pause(50);
	}
	await told;
	over = true;
	const busy = await beside;
	const { p99, max } = await turnsOf(server);
	t.ok(p99 < 250, `of its turns took ${p99.toFixed(1)} ms, at most ${max.toFixed(1)}`);
	t.ok(
		busy < 10 * calm + 50,
		`beside it writes took ${busy.toFixed(1)} ms, ${calm.toFixed(1)} before`,
	);
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
