import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeJwt } from "jose";
import t from "tap";
import { runCli, startServer, tempFolder } from "../helpers/server-process.js";

function folder(test: { teardown(run: () => unknown): void }): string {
	const path = tempFolder();
	test.teardown(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

t.test("prints just the token, before the first start and while the server is up", async (t) => {
	const data = folder(t);
	const before = await runCli(["token", "ada", "--data", data]);
	t.equal(before.code, 0);
	t.equal(before.stderr, "");
	t.match(before.stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
	const server = await startServer({ data });
	t.teardown(() => server.discard());
	const during = await runCli(["token", "ada", "--data", data]);
	t.equal(during.code, 0);
	t.equal(statSync(join(data, "secret")).mode & 0o777, 0o600);
});

t.test("names the user in normal form, the device and the end of its life", async (t) => {
	const args = ["token", "Ada", "--device", "phone", "--ttl", "90s", "--data", folder(t)];
	const { stdout } = await runCli(args);
	const claims = decodeJwt(stdout.trim());
	t.equal(claims.sub, "ada");
	t.equal(claims.device, "phone");
	t.equal(Math.round((claims.exp ?? 0) - (claims.iat ?? 0)), 90);
	const { stdout: json } = await runCli([...args, "--json"]);
	t.match(JSON.parse(json), { user: "ada", device: "phone", ttlMs: 90_000, token: /\./ });
});

t.test("lives for 24 hours unless told otherwise", async (t) => {
	const claims = decodeJwt((await runCli(["token", "ada", "--data", folder(t)])).stdout.trim());
	t.equal(Math.round((claims.exp ?? 0) - (claims.iat ?? 0)), 86_400);
});

t.test("what is no user, device or duration is refused, and no secret made", async (t) => {
	const data = folder(t);
	const bad: readonly (readonly string[])[] = [
		["ann~bob"],
		["two words"],
		[""],
		["x".repeat(101)],
		[".."],
		["ada", "--device", "a b"],
		["ada", "--ttl", "soon"],
		["ada", "--ttl", "0"],
		["ada", "--ttl", "-5s"],
		["ada", "--ttl", "100000d"],
		[],
		["ada", "bob"],
		["ada", "--tll", "5s"],
	];
	for (const args of bad) {
		const { code, stdout, stderr } = await runCli(["token", "--data", data, ...args]);
		t.equal(code, 2, args.join(" "));
		t.equal(stdout, "");
		t.not(stderr, "");
	}
	t.notOk(existsSync(join(data, "secret")));
});

t.test("signs with the operator's secret; with keys held elsewhere it cannot", async (t) => {
	const data = folder(t);
	const secret = join(data, "own");
	writeFileSync(secret, "0123456789abcdef0123456789abcdef", { mode: 0o600 });
	const own = await runCli(["token", "ada", "--data", data, "--auth-secret-file", secret]);
	t.equal(own.code, 0);
	const jwks = ["--auth-jwks-url", "https://id.example/jwks"];
	const elsewhere = await runCli(["token", "ada", "--data", data, ...jwks]);
	t.equal(elsewhere.code, 3);
	t.match(elsewhere.stderr, /signed elsewhere/);
	t.notOk(existsSync(join(data, "secret")));
});

t.test("a secret that others may read is not used", async (t) => {
	const data = folder(t);
	writeFileSync(join(data, "secret"), "0123456789abcdef0123456789abcdef", { mode: 0o644 });
	const { code, stderr } = await runCli(["token", "ada", "--data", data]);
	t.equal(code, 3);
	t.match(stderr, /chmod 600/);
});
