// The code in the guides is code that tests run: each block below a `<!-- test/examples/… -->`
// stands in that file word for word, but for what the package is called from outside.

import t from "tap";
import { read } from "../helpers/source-tree.js";

/** What a reader imports, and where it is in this checkout: package.json `exports` as sources. */
const { exports } = JSON.parse(read("package.json")) as {
	exports: Record<string, string | Readonly<Record<string, string>>>;
};

/** The sources that stand behind the names of the package, `src/index.ts` behind `colloquy`. */
function names(): [source: string, name: string][] {
	return Object.entries(exports).flatMap(([path, target]) => {
		if (typeof target === "string") return [];
		const file = target.default?.replace(/^\.\/dist\//, "").replace(/js$/, "ts") ?? "";
		return [[file, `colloquy${path.slice(1)}`] as [string, string]];
	});
}

/** The file as one outside would have written it. */
function outside(path: string): string {
	return names().reduce(
		(text, [source, name]) =>
			text.replaceAll(`"../../${source.replace(/ts$/, "js")}"`, `"${name}"`),
		read(path),
	);
}

/** Where the code of a guide has to come from; further text of the file may stand around it. */
for (const page of ["docs/embedding.md", "docs/testing.md"]) {
	t.test(`${page} shows code that is run`, async (t) => {
		const text = read(page);
		const blocks = [...text.matchAll(/<!-- (test\/examples\/\S+) -->\n```ts\n([\s\S]*?)```/g)];
		t.ok(blocks.length > 0);
		for (const [, file = "", block = ""] of blocks) {
			t.ok(outside(file).includes(block), `${file}: ${block.split("\n", 1)[0]}`);
		}
		const marked = text.split("```ts\n").length - 1;
		t.equal(marked, blocks.length, "every block of TypeScript says where it stands");
	});
}

t.test("the names that guides import are exported, and their sources are there", async (t) => {
	const all = names();
	t.ok(all.some(([, name]) => name === "colloquy/testing"));
	for (const [source, name] of all) t.ok(read(source).length > 0, `${name} is ${source}`);
});
