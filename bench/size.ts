// What a page has to load, measured as a browser's bundler makes it: minified, gzipped. Prints a
// table and ends with 1 when something is over its bound or holds code made of text.
// `npm run size`, after a build.

import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";

interface Bound {
	readonly name: string;
	/** The compiled module, from the compiled root. */
	readonly entry: string;
	readonly external: readonly string[];
	/** Bytes, gzipped: loaded at once, and with all that is loaded on demand. */
	readonly atOnceMax: number;
	readonly allMax: number;
}

export const bounds: readonly Bound[] = [
	{
		name: "colloquy/client",
		entry: "src/sdk/browser.js",
		external: [],
		atOnceMax: 29_200,
		allMax: 34_000,
	},
	{
		name: "colloquy/react",
		entry: "src/react/index.js",
		external: ["react"],
		atOnceMax: 1_500,
		allMax: 1_500,
	},
];

export interface Size {
	readonly name: string;
	readonly atOnce: number;
	readonly all: number;
	/** Code made of text at run time, which a strict policy forbids. */
	readonly evals: number;
}

export async function sizeOf({ name, entry, external }: Bound): Promise<Size> {
	const path = fileURLToPath(new URL(`../${entry}`, import.meta.url));
	const { outputFiles, metafile } = await build({
		entryPoints: { entry: path },
		bundle: true,
		minify: true,
		splitting: true,
		format: "esm",
		platform: "browser",
		conditions: ["browser"],
		target: "es2022",
		external: [...external],
		outdir: "out",
		write: false,
		metafile: true,
		logLevel: "error",
	});
	const atOnce = staticOf(metafile);
	let first = 0;
	let all = 0;
	let evals = 0;
	for (const { path, contents, text } of outputFiles) {
		const { length } = gzipSync(contents, { level: 9 });
		all += length;
		if (atOnce.has(path.split("/").at(-1) ?? "")) first += length;
		evals += text.match(/\beval\(|\bnew Function\b/g)?.length ?? 0;
	}
	return { name, atOnce: first, all, evals };
}

/** The entry's file and what it imports before anything runs. */
function staticOf({ outputs }: Metafile): ReadonlySet<string> {
	const found = new Set<string>();
	const visit = (path: string) => {
		const name = path.split("/").at(-1) ?? "";
		if (found.has(name)) return;
		found.add(name);
		for (const one of outputs[path]?.imports ?? []) {
			if (one.kind === "import-statement" && one.path in outputs) visit(one.path);
		}
	};
	for (const [path, { entryPoint }] of Object.entries(outputs)) {
		if (entryPoint !== undefined && path.endsWith("entry.js")) visit(path);
	}
	return found;
}

async function main(): Promise<void> {
	for (const bound of bounds) {
		const { name, atOnce, all, evals } = await sizeOf(bound);
		const ok = atOnce <= bound.atOnceMax && all <= bound.allMax && evals === 0;
		const line = `${name}: ${atOnce} bytes at once, ${all} in all (gzip), ${evals} eval`;
		console.log(`${ok ? "✓" : "✗"} ${line}; at most ${bound.atOnceMax} and ${bound.allMax}`);
		if (!ok) process.exitCode = 1;
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
