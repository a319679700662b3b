// docs/llms.txt, the map for language models: its links lead somewhere, it leaves no page out, and
// the names it gives are exported.

import { existsSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { root } from "./helpers/root.js";
import { filesBelow, read } from "./helpers/source-tree.js";

const map = read("docs/llms.txt");

t.test("its form is that of llms.txt", async (t) => {
	t.match(map, /^# \S+\n\n> \S/);
	t.ok(map.length < 8_000, `${map.length} characters: compact`);
});

t.test("every link leads somewhere", async (t) => {
	const links = [...map.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = ""]) => link);
	t.ok(links.length > 10);
	const dead = links.filter((link) => !existsSync(join(root, "docs", link)));
	t.strictSame(dead, []);
});

t.test("every page of docs is in it, decisions apart", async (t) => {
	const pages = filesBelow("docs").filter((path) => !path.startsWith("docs/adr/"));
	const missing = pages.filter(
		(path) => path !== "docs/llms.txt" && !map.includes(`](${path.slice("docs/".length)})`),
	);
	t.strictSame(missing, []);
});

t.test("every name that can be imported is in it, with what it exports", async (t) => {
	const { name, exports } = JSON.parse(read("package.json")) as {
		name: string;
		exports: Record<string, string | { readonly default: string }>;
	};
	for (const [path, target] of Object.entries(exports)) {
		if (typeof target === "string") continue;
		const imported = `${name}${path.slice(1)}`;
		const entry = map.split(`- \`${imported}\` exports `)[1]?.split(/\n(?:- |\n)/)[0] ?? "";
		const list = entry.split(". ")[0] ?? "";
		const names = [...list.matchAll(/`(\w+)`/g)].map(([, one = ""]) => one);
		t.ok(names.length > 0, imported);
		// The compiled file beside this one, which need not be the one that is published.
		const file = new URL(target.default.replace("./dist/", "../"), import.meta.url);
		const module: object = await import(file.href);
		const missing = names.filter((one) => !(one in module));
		t.strictSame(missing, [], `${imported} exports ${names.length} of them`);
	}
});
