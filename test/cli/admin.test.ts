import { spawn } from "node:child_process";
import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import t from "tap";
import { BrokerError } from "../../src/base/errors.js";
import { adminClient } from "../../src/cli/admin-client.js";
import { type AdminRoute, removeSocketOf, startAdminServer } from "../../src/cli/admin-server.js";
import {
	processIdentity,
	type RuntimeFile,
	readRuntimeFile,
	removeRuntimeFile,
	runningServer,
	runtimeFileName,
	writeRuntimeFile,
} from "../../src/cli/runtime-file.js";
import { tempFolder } from "../helpers/server-process.js";

interface Teardown {
	teardown(run: () => unknown): void;
}

function folder(test: Teardown): string {
	const path = tempFolder();
	test.teardown(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

function runtimeFile(changes: Partial<RuntimeFile> = {}): RuntimeFile {
	return {
		pid: process.pid,
		process: processIdentity(process.pid),
		startedAt: "2026-01-01T00:00:00.000Z",
		url: "http://127.0.0.1:1",
		adminSocket: "/nowhere/socket",
		node: "n1",
		boot: 3,
		...changes,
	};
}

/** A pid that was given to a process of ours and is free again. */
async function deadPid(): Promise<number> {
	const child = spawn(process.execPath, ["-e", ""]);
	await new Promise((resolve) => child.once("close", resolve));
	return child.pid as number;
}

async function serving(test: Teardown, routes: Readonly<Record<string, AdminRoute>>) {
	const data = folder(test);
	const server = await startAdminServer(() => routes);
	test.teardown(() => server.close());
	writeRuntimeFile(data, runtimeFile({ adminSocket: server.socket }));
	return { data, server };
}

t.test("a client asks, the server answers", async (t) => {
	const { data } = await serving(t, {
		"/echo": async (query) => Object.fromEntries(query),
	});
	const client = adminClient(data);
	t.strictSame(await client?.get("/echo", { id: "ann~bøb & co" }), { id: "ann~bøb & co" });
});

t.test("an error keeps its code on the way", async (t) => {
	const { data } = await serving(t, {
		"/no": async () => {
			throw new BrokerError("USER_UNKNOWN", "zoe");
		},
	});
	const error = await adminClient(data)
		?.get("/no")
		.catch((cause: unknown) => cause);
	t.ok(error instanceof BrokerError);
	t.match(error, { code: "USER_UNKNOWN", detail: "zoe" });
});

t.test("a route that nobody has, and names of the prototype, are refused", async (t) => {
	const { data } = await serving(t, {});
	for (const path of ["/ps", "/constructor", "/__proto__"]) {
		await t.rejects(Promise.resolve(adminClient(data)?.get(path)), { code: "OP_UNKNOWN" });
	}
});

t.test("only its owner can enter the folder of the socket", async (t) => {
	const { server } = await serving(t, {});
	t.equal(statSync(dirname(server.socket)).mode & 0o777, 0o700);
	t.ok(Buffer.byteLength(server.socket) < 107);
	server.close();
	t.notOk(existsSync(dirname(server.socket)));
});

t.test("a server that went away after the look at its file is not running", async (t) => {
	const data = folder(t);
	writeRuntimeFile(data, runtimeFile());
	await t.rejects(Promise.resolve(adminClient(data)?.get("/ps")), { code: "NOT_RUNNING" });
});

t.test("the runtime file of a living process says that it runs", async (t) => {
	const data = folder(t);
	writeRuntimeFile(data, runtimeFile());
	t.strictSame(runningServer(data), runtimeFile());
	removeRuntimeFile(data, process.pid);
	t.equal(readRuntimeFile(data), null);
});

t.test("a file left by kill -9 is stale: the process is gone", async (t) => {
	const data = folder(t);
	writeRuntimeFile(data, runtimeFile({ pid: await deadPid(), process: "" }));
	t.not(readRuntimeFile(data), null);
	t.equal(runningServer(data), null);
	t.equal(adminClient(data), null);
});

t.test("a file is stale when its pid was given to another process", async (t) => {
	const data = folder(t);
	writeRuntimeFile(data, runtimeFile({ process: "another-boot/1" }));
	t.equal(runningServer(data), processIdentity(process.pid) === "" ? runtimeFile() : null);
});

t.test("a file that is cut, or of something else, says nothing", async (t) => {
	const data = folder(t);
	for (const content of ["", '{"pid":', "[]", '{"pid":"1"}', '{"pid":-1}']) {
		writeFileSync(join(data, runtimeFileName), content);
		t.equal(readRuntimeFile(data), null, content);
	}
});

t.test("a successor's file is not removed", async (t) => {
	const data = folder(t);
	writeRuntimeFile(data, runtimeFile({ pid: 1 }));
	removeRuntimeFile(data, process.pid);
	t.not(readRuntimeFile(data), null);
});

t.test("only a folder that is named as ours is removed after a kill", async (t) => {
	const data = folder(t);
	removeSocketOf(join(data, "socket"));
	t.ok(existsSync(data));
	const server = await startAdminServer(() => ({}));
	t.teardown(() => server.close());
	removeSocketOf(server.socket);
	t.notOk(existsSync(dirname(server.socket)));
});
