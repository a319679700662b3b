import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import t from "tap";
import { readRuntimeFile } from "../../src/cli/runtime-file.js";
import {
	runCli,
	type ServerOptions,
	type ServerProcess,
	startServer,
	tempFolder,
} from "../helpers/server-process.js";

interface Test {
	teardown(run: () => unknown): void;
}

async function serving(test: Test, options?: ServerOptions): Promise<ServerProcess> {
	const server = await startServer(options);
	test.teardown(() => server.discard());
	return server;
}

/** The banner, once all of it has come through the pipe. */
async function bannerOf(server: ServerProcess): Promise<string> {
	for (let tries = 0; tries < 200 && !server.stderr().includes("kill -9"); tries += 1) {
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	return server.stderr();
}

function folder(test: Test): string {
	const path = tempFolder();
	test.teardown(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

t.test("stdout says where it listens and nothing else; the banner is for people", async (t) => {
	const server = await serving(t);
	t.equal(server.stdout(), `listening http://127.0.0.1:${server.port}\n`);
	const said = await bannerOf(server);
	t.match(said, /development mode: open/);
	t.match(said, server.data);
	t.notMatch(said, "\u001b", "no colour in a pipe");
});

t.test("the banner has two ready commands for two people, and they talk", async (t) => {
	const server = await serving(t);
	const said = await bannerOf(server);
	t.match(said, "what was acknowledged stays");
	const commands = [...said.matchAll(/^ {4}(.+) (chat --as .+)$/gm)];
	t.equal(commands.length, 2);
	const env = { XDG_STATE_HOME: folder(t) };
	const inputs = ["hello from the banner\n", "and back\n"];
	// Whoever is named by the other has to have signed in; on a screen this is waited for.
	await runCli(["send", "bob", "x", "--as", "bob", "--data", server.data], { env });
	const outputs: string[] = [];
	for (const [at, [, program, words = ""]] of commands.entries()) {
		t.match(program, /^node .*main\.cjs$/);
		const input = inputs[at] ?? "";
		outputs.push((await runCli(words.split(" "), { env, input })).stdout);
	}
	t.match(outputs[0], /ann: hello from the banner\n-- #1 sent/);
	t.match(outputs[1], /ann: hello from the banner[\s\S]*bob: and back\n-- #2 sent/);
});

t.test("started by npm, the banner names the executable as npm finds it", async (t) => {
	const server = await serving(t, { env: { npm_execpath: "npm" } });
	t.match(await bannerOf(server), /^ {4}npx colloquy chat --as ann bob --data /m);
});

t.test("with --json the line is one document, and there is no banner", async (t) => {
	const data = folder(t);
	const server = await startServer({ data, args: ["--json"], listening: /"listening":"([^"]+)"/ });
	t.teardown(() => server.discard());
	const said: unknown = JSON.parse(server.stdout());
	t.match(said, { listening: server.url, pid: server.pid, data, durability: "fsync" });
	t.equal(server.stderr(), "");
});

t.test("the runtime file names the process while it runs, and is gone after", async (t) => {
	const server = await serving(t);
	const file = readRuntimeFile(server.data);
	t.match(file, { pid: server.pid, url: server.url, node: "n1", boot: 1 });
	t.ok(existsSync(file?.adminSocket ?? ""));
	t.strictSame(await server.stop(), { code: 0, signal: null });
	t.equal(readRuntimeFile(server.data), null);
	t.notOk(existsSync(dirname(file?.adminSocket ?? "")));
});

t.test("a start after kill -9 just works, and takes what was left away", async (t) => {
	const server = await serving(t);
	const before = readRuntimeFile(server.data);
	t.strictSame(await server.kill(), { code: null, signal: "SIGKILL" });
	t.not(readRuntimeFile(server.data), null, "the file of the dead is still there");
	const ps = await runCli(["ps", "--json", "--data", server.data]);
	t.match(JSON.parse(ps.stdout), { running: false }, "and says nothing");
	const next = await server.restart();
	t.teardown(() => next.kill());
	t.match(readRuntimeFile(server.data), { pid: next.pid, boot: 2, url: server.url });
	t.notOk(existsSync(dirname(before?.adminSocket ?? "")));
});

t.test("SIGINT drains as SIGTERM does", async (t) => {
	const server = await serving(t);
	t.strictSame(await server.kill("SIGINT"), { code: 0, signal: null });
});

t.test("a second start on the same folder names the process that holds it", async (t) => {
	const server = await serving(t);
	const { code, stdout, stderr } = await runCli([
		"serve",
		"--port",
		"0",
		"--data",
		server.data,
		"--json",
	]);
	t.equal(code, 5);
	t.match(stderr, new RegExp(`held by process ${server.pid}; stop it first`));
	t.equal(stderr.trim().split("\n").length, 1);
	t.match(JSON.parse(stdout), { error: { code: "DATA_LOCKED" } });
	const ps = await runCli(["ps", "--json", "--data", server.data]);
	t.match(JSON.parse(ps.stdout), { running: true, server: { pid: server.pid } }, "unaffected");
});

t.test("a port that is taken is one line, and leaves no trace", async (t) => {
	const taken = createServer();
	await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
	t.teardown(() => taken.close());
	const { port } = taken.address() as { port: number };
	const data = folder(t);
	const { code, stdout, stderr } = await runCli(["serve", "--data", data, "--port", String(port)]);
	t.equal(code, 4);
	t.match(stderr, /^colloquy: .*EADDRINUSE.*--port\n$/);
	t.equal(stdout, "");
	t.equal(readRuntimeFile(data), null);
});

t.test("a file in place of the folder is one line", async (t) => {
	const path = join(folder(t), "file");
	writeFileSync(path, "");
	for (const data of [path, join(path, "below")]) {
		const { code, stderr } = await runCli(["serve", "--port", "0", "--data", data]);
		t.equal(code, 6, data);
		t.match(stderr, /^colloquy: .*; a file stands where a folder should.*\n$/);
	}
});

t.test("a read-only disk is one line", async (t) => {
	const data = folder(t);
	mkdirSync(join(data, "store"));
	const mount = (...args: string[]) => spawnSync("mount", args, { stdio: "ignore" }).status === 0;
	if (!mount("--bind", data, data)) {
		t.comment("no right to mount here: not tried");
		return;
	}
	t.teardown(() => spawnSync("umount", [data]));
	if (!mount("-o", "remount,bind,ro", data)) {
		t.comment("no right to mount read-only here: not tried");
		return;
	}
	const { code, stderr } = await runCli(["serve", "--port", "0", "--data", data]);
	t.equal(code, 6);
	t.match(stderr, /^colloquy: .*; the disk is read-only.*\n$/);
});

t.test("development mode does not listen where others could reach it", async (t) => {
	const data = folder(t);
	for (const host of ["0.0.0.0", "::", "192.0.2.1", "example.org"]) {
		const { code, stderr } = await runCli(["serve", "--host", host, "--data", data]);
		t.equal(code, 3, host);
		t.match(stderr, /development mode; set --auth-secret-file/);
	}
	t.notOk(existsSync(join(data, "journal.json")), "and has not begun a store");
});

t.test("with a secret of the operator's own it is production, and may", async (t) => {
	const data = folder(t);
	const secret = join(data, "own-secret");
	writeFileSync(secret, "0123456789abcdef0123456789abcdef", { mode: 0o600 });
	const args = ["--auth-secret-file", secret, "--host", "0.0.0.0"];
	const server = await serving(t, { data, args });
	const said = await bannerOf(server);
	t.match(said, /production mode/);
	t.notMatch(said, /OPEN/);
});

t.test("options come from the environment too, and unknown ones are refused", async (t) => {
	const server = await serving(t, { env: { COLLOQUY_DURABILITY: "os" } });
	t.match(await bannerOf(server), /a power cut may not/);
	const data = folder(t);
	const env = { COLLOQUY_DURABILTY: "os" };
	const { code, stderr } = await runCli(["serve", "--data", data, "--port", "0"], { env });
	t.equal(code, 3);
	t.match(stderr, /did you mean "COLLOQUY_DURABILITY"/);
});

t.test("the pool of threads has the size that the command line wants", async (t) => {
	const server = await serving(t);
	const own = await serving(t, { env: { UV_THREADPOOL_SIZE: "3" } });
	// A test runner that loads modules of its own into children uses the pool before the command can
	// say how large it shall be: then there is nothing to look at here.
	const started = ["environ", "cmdline"].map((file) =>
		readFileSync(`/proc/${server.pid}/${file}`, "utf8"),
	);
	if (started.some((text) => text.includes("--import"))) {
		t.pass("skipped: the runner has used the pool first; run this file with node alone");
		return;
	}
	const threads = (pid: number) =>
		Number(/Threads:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
	// Whatever else runs is the same in both, once LevelDB's own thread has come up in both.
	const more = () => threads(server.pid) - threads(own.pid);
	for (let tries = 0; tries < 100 && more() !== 8 - 3; tries += 1) {
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	t.equal(more(), 8 - 3);
});

t.test("an old Node is told so", async (t) => {
	const lie = "Object.defineProperty(process.versions,'node',{value:'18.20.1'})";
	const nodeArgs = ["--import", `data:text/javascript,${encodeURIComponent(lie)}`];
	const { code, stderr } = await runCli(["serve"], { nodeArgs });
	t.equal(code, 8);
	t.match(stderr, /^colloquy: this is Node 18\.20\.1, 20\.19 or later is needed; install it\n$/);
});

/** A client that shook hands and answers nothing any more, so that a polite close has to wait. */
async function deafClient(test: Test, server: ServerProcess): Promise<void> {
	const socket = connect(server.port, "127.0.0.1");
	test.teardown(() => socket.destroy());
	socket.on("error", () => {});
	const head = ["GET /v1 HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket"];
	const own = ["Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${"A".repeat(22)}==`];
	socket.write([...head, ...own, "Sec-WebSocket-Protocol: colloquy.v1", "", ""].join("\r\n"));
	await new Promise((resolve) => socket.once("data", resolve));
	socket.pause();
}

t.test("a client that never answers a close does not hold up the end", async (t) => {
	const server = await serving(t);
	await deafClient(t, server);
	t.strictSame(await server.stop(), { code: 0, signal: null });
});

t.test("a second signal ends the drain at once, with a code of its own", async (t) => {
	const server = await serving(t);
	await deafClient(t, server);
	process.kill(server.pid, "SIGTERM");
	await new Promise((resolve) => setTimeout(resolve, 100));
	t.strictSame(await server.kill("SIGTERM"), { code: 143, signal: null });
	const next = await server.restart();
	t.teardown(() => next.kill());
	t.equal(readRuntimeFile(server.data)?.pid, next.pid);
});
