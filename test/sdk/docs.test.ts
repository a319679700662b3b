// The pages on the SDK: their blocks are run against a real broker, their tables are compared.

import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { errorTable } from "../../src/base/errors.js";
import { root } from "../helpers/root.js";
import { tempFolder } from "../helpers/server-process.js";
import { read } from "../helpers/source-tree.js";
import { tokenFor } from "../helpers/wire-client.js";
import { picture } from "../media/files.js";
import { connected, eventually, Party } from "./party.js";

const page = read("docs/sdk.md");
const blocks = [...page.matchAll(/```js\n\/\/ (\w+)\.mjs\n([\s\S]*?)```/g)].map(
	([, name = "", code = ""]) => ({ name, code }),
);

/** What stands around a block: names that the page uses without making them. */
function program(code: string, facts: Record<string, unknown>): string {
	const own = /^import /m.test(code);
	const makes = (name: string) => new RegExp(`const ${name} =`).test(code);
	return [
		own ? "" : `import { connect } from "colloquy/client";`,
		`const { url, tokens, folder, photo } = ${JSON.stringify(facts)};`,
		"const freshToken = (user) => tokens[user];",
		code.includes("client") && !makes("client")
			? `const client = connect({ url, token: () => freshToken("ann") });`
			: "",
		/\btalk\b/.test(code) && !makes("talk")
			? `const opener = connect({ url, token: () => freshToken("ann") });
			const talk = await (globalThis.client ?? opener).open("bob");
			if (!${/replyTo/.test(code)}) ; else await talk.send("first").reached("sent");
			console.log("opened");`
			: "",
		code,
		"process.exit();",
	].join("\n");
}

t.test("every block of the guide runs and says what its comments say", async (t) => {
	const party = await Party.start(t);
	const bob = party.client("bob");
	await connected(bob);
	const folder = tempFolder("colloquy-client-");
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	const photo = join(party.data, "photo.png");
	writeFileSync(photo, picture(1_000));
	const tokens = { ann: await tokenFor(party.data, "ann") };
	t.ok(blocks.length >= 5);
	for (const { name, code } of blocks) {
		// Below the checkout, so that `colloquy/client` is the package itself.
		mkdirSync(join(root, ".out"), { recursive: true });
		const file = join(root, ".out", `${name}-${process.pid}.mjs`);
		writeFileSync(file, program(code, { url: party.url, tokens, folder, photo }));
		const running = promisify(execFile)(process.execPath, [file], { timeout: 20_000 });
		if (name === "bot") {
			const talk = await bob.open("ann");
			await eventually(() => running.child.exitCode !== null || bob.state.snapshot().queued === 0);
			const saying = setInterval(() => talk.send("bye"), 300);
			await running.finally(() => clearInterval(saying));
		}
		const { stdout } = await running;
		rmSync(file);
		for (const [, expected = ""] of code.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)) {
			t.ok(stdout.split("\n").includes(expected), `${name}: ${expected} in ${stdout}`);
		}
	}
});

t.test("docs/errors.md lists every error as it is", async (t) => {
	const rows = Object.entries(errorTable).map(
		([code, { message, action, retryable }]) =>
			`| ${code} | ${message} | ${action} | ${retryable ? "yes" : "no"} |`,
	);
	const listed = read("docs/errors.md")
		.split("\n")
		.filter((line) => /^\| [A-Z_]+ \|/.test(line));
	t.same(listed, rows);
});

t.test("docs/coming-from.md names only what there is", async (t) => {
	const types = read("src/sdk/types.ts");
	for (const line of read("docs/coming-from.md").split("\n")) {
		const cell = line.split("|")[5] ?? "";
		for (const [, name = ""] of cell.matchAll(/`(?:client\.|message\.)?([a-z]\w+)/gi)) {
			if (["connect", "for", "store", "token"].includes(name)) continue;
			t.match(types, new RegExp(`\\b${name}\\b`), name);
		}
	}
});
