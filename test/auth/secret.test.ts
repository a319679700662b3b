// The secret of a data folder.

import {
	chmodSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { loadOrCreateSecret, readSecret } from "../../src/auth/secret.js";
import { systemClock } from "../../src/base/clock.js";

function folder(t: { teardown(run: () => void): void }): string {
	const path = mkdtempSync(join(tmpdir(), "colloquy-secret-"));
	t.teardown(() => rmSync(path, { recursive: true }));
	return path;
}

t.test("a secret is made once, for its owner alone, and found again", async (t) => {
	const path = join(folder(t), "data");
	const made = await loadOrCreateSecret(path, systemClock);
	t.equal(made.length, 43, "32 bytes as text");
	t.equal(statSync(join(path, "secret")).mode & 0o777, 0o600);
	t.strictSame(await loadOrCreateSecret(path, systemClock), made);
	t.strictSame(readdirSync(path), ["secret"], "no draft is left");
	t.equal(readFileSync(join(path, "secret"), "utf8").trim(), new TextDecoder().decode(made));
});

t.test("starting many at once leaves one secret", async (t) => {
	const path = folder(t);
	const secrets = await Promise.all(
		Array.from({ length: 20 }, () => loadOrCreateSecret(path, systemClock)),
	);
	t.equal(new Set(secrets.map((one) => Buffer.from(one).toString())).size, 1);
	t.strictSame(readdirSync(path), ["secret"]);
});

t.test("a secret that others can read, or a short one, is not used", async (t) => {
	const path = join(folder(t), "secret");
	writeFileSync(path, "x".repeat(40));
	chmodSync(path, 0o644);
	await t.rejects(readSecret(path), { code: "CONFIG_INVALID" });
	chmodSync(path, 0o600);
	t.equal((await readSecret(path)).length, 40);
	writeFileSync(path, "  short  \n");
	await t.rejects(readSecret(path), { code: "CONFIG_INVALID" });
	await t.rejects(readSecret(`${path}-not-there`), { code: "ENOENT" });
});
