// What a page has to load, minified and gzipped. Prints a table and ends with 1 when something is
// over its bound or holds code made of text. `npm run size`, after a build.

import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Metafile, type OutputFile } from "esbuild";
import { root } from "../test/helpers/root.js";
import { bundle, bundleMedia, forPages } from "./bundle.js";

/** Bytes, gzipped. */
export interface Bounds {
	/** Before anything runs: then a page is drawn, and what it sends is queued. */
	readonly atOnce: number;
	/** Until the first message leaves. */
	readonly connected: number;
	/** With the storage, and the texts of errors. */
	readonly all: number;
}

export interface Product {
	readonly name: string;
	readonly max: Bounds;
	/** The source of the piece that connects; null: there is none. */
	readonly connects: string | null;
	build(): Promise<{ outputFiles: OutputFile[]; metafile: Metafile }>;
}

export const products: readonly Product[] = [
	{
		name: "colloquy/client",
		max: { atOnce: 15_000, connected: 29_200, all: 37_150 },
		connects: "src/sdk/web-foundation.ts",
		build: () => bundle(),
	},
	{
		name: "colloquy/client/media",
		max: { atOnce: 7_200, connected: 7_200, all: 7_200 },
		connects: null,
		build: async () => bundleMedia((await bundle()).mangleCache),
	},
	{
		name: "colloquy/react",
		max: { atOnce: 1_500, connected: 1_500, all: 1_500 },
		connects: null,
		build: () =>
			build({
				...forPages,
				entryPoints: { index: join(root, "src/react/index.ts") },
				external: ["react"],
			}),
	},
];

export interface Size extends Bounds {
	/** Code made of text at run time, which a strict policy forbids. */
	readonly evals: number;
}

export async function sizeOf({ connects, build }: Product): Promise<Size> {
	const { outputFiles, metafile } = await build();
	const scripts = outputFiles.filter(({ path }) => path.endsWith(".js"));
	const bytes = new Map(
		scripts.map(({ path, contents }) => [basename(path), gzipSync(contents, { level: 9 }).length]),
	);
	const sum = (names: Iterable<string>) =>
		[...names].reduce((total, name) => total + (bytes.get(name) ?? 0), 0);
	const first = closure(metafile, (path) => /^(?:index|media)\.js$/.test(basename(path)));
	const piece = closure(metafile, (_, source) => connects !== null && source?.endsWith(connects));
	return {
		atOnce: sum(first),
		connected: sum(new Set([...first, ...piece])),
		all: sum(bytes.keys()),
		evals: scripts.flatMap(({ text }) => text.match(/\beval\(|\bnew Function\b/g) ?? []).length,
	};
}

/** A file and what it imports before anything of it runs. */
function closure(
	{ outputs }: Metafile,
	isStart: (path: string, source: string | undefined) => boolean | undefined,
): ReadonlySet<string> {
	const found = new Set<string>();
	const visit = (path: string) => {
		if (found.has(basename(path))) return;
		found.add(basename(path));
		for (const one of outputs[path]?.imports ?? []) {
			if (one.kind === "import-statement" && one.path in outputs) visit(one.path);
		}
	};
	for (const [path, { entryPoint }] of Object.entries(outputs)) {
		if (isStart(path, entryPoint)) visit(path);
	}
	return found;
}

async function main(): Promise<void> {
	for (const product of products) {
		const size = await sizeOf(product);
		const { atOnce, connected, all } = product.max;
		const ok =
			size.atOnce <= atOnce && size.connected <= connected && size.all <= all && size.evals === 0;
		const said = `${size.atOnce} bytes at once, ${size.connected} to connect, ${size.all} in all`;
		const most = `at most ${atOnce}, ${connected} and ${all}`;
		console.log(`${ok ? "✓" : "✗"} ${product.name}: ${said} (gzip), ${size.evals} eval; ${most}`);
		if (!ok) process.exitCode = 1;
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
