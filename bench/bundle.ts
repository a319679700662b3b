// Makes what browsers load of `colloquy/client`: modules that are minified, with source maps, in
// pieces that load on demand. Part of `npm run build`; measured by `size.ts`, run in a browser by
// test/browser. `node dist/bench/bundle.js`, after the compiler.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { brief, textsOf } from "../src/base/brief-table.js";
import { errorTable } from "../src/base/error-table.js";
import { root } from "../test/helpers/root.js";
import { internalNames } from "./internal-names.js";

/** Settings of every bundle for a page. */
export const forPages = {
	bundle: true,
	minify: true,
	splitting: true,
	format: "esm",
	platform: "browser",
	conditions: ["browser"],
	target: "es2022",
	metafile: true,
	write: false,
	outdir: "out",
	// For React, which is another one while it is developed.
	define: { "process.env.NODE_ENV": '"production"' },
	logLevel: "error",
} as const satisfies BuildOptions;

const ours = {
	...forPages,
	sourcemap: "linked",
	// Fields without a value need no line of their own: every constructor sets them.
	tsconfigRaw: { compilerOptions: { target: "es2022", useDefineForClassFields: false } },
} as const satisfies BuildOptions;

function shorter(names: readonly string[]): Pick<BuildOptions, "mangleProps" | "mangleCache"> {
	if (names.length === 0) return {};
	return { mangleProps: new RegExp(`^(?:${names.join("|")})$`), mangleCache: {} };
}

/** The table of errors without its texts for people, which are a piece of their own. */
const briefErrors: Plugin = {
	name: "brief errors",
	setup({ onResolve, onLoad }) {
		const texts = "error-texts";
		onLoad({ filter: /[\\/]base[\\/]error-table\.ts$/ }, () => ({
			contents: [
				`import { briefTable } from "./brief-table.js";`,
				`const codes = ${JSON.stringify(brief(errorTable))};`,
				`export const errorTable = briefTable(codes, () => import("${texts}"));`,
			].join("\n"),
			resolveDir: join(root, "src/base"),
		}));
		onResolve({ filter: new RegExp(`^${texts}$`) }, ({ path }) => ({ path, namespace: texts }));
		onLoad({ filter: /./, namespace: texts }, () => ({
			contents: `export const texts = ${JSON.stringify(textsOf(errorTable))};`,
		}));
	},
};

const mediaPiece = "./media.js";

/** The piece with uploads and downloads is an entry of its own: `bundleMedia`. */
const mediaApart: Plugin = {
	name: "media apart",
	setup({ onResolve }) {
		onResolve({ filter: /\/media-browser\.js$/ }, () => ({ path: mediaPiece, external: true }));
	},
};

/** Errors are those of the client, so that applications know them as such. */
const clientErrors: Plugin = {
	name: "client errors",
	setup({ onResolve, onLoad }) {
		onLoad({ filter: /[\\/]base[\\/]errors\.ts$/ }, () => ({
			contents: `export { ClientError as BrokerError } from "./index.js";`,
			resolveDir: join(root, "src/base"),
		}));
		onResolve({ filter: /^\.\/index\.js$/ }, ({ path }) => ({ path, external: true }));
	},
};

/**
 * `entries`: sources by name. The default is what the package ships: `index.js` and its pieces.
 * `shortened`: property names that become shorter.
 */
export function bundle(
	entries: Readonly<Record<string, string>> = { index: "src/sdk/browser.ts" },
	shortened: readonly string[] = internalNames(),
) {
	const paths = Object.entries(entries).map(([name, path]) => [name, join(root, path)]);
	return build({
		...ours,
		entryPoints: Object.fromEntries(paths),
		chunkNames: "[name]-[hash]",
		...shorter(shortened),
		plugins: [briefErrors, mediaApart],
	});
}

/** `media.js` beside an `index.js`, with the same names inside: `names` is what that one gave. */
export function bundleMedia(names: BuildOptions["mangleCache"] = {}) {
	return build({
		...ours,
		entryPoints: { media: join(root, "src/sdk/media-browser.ts") },
		...shorter(internalNames()),
		mangleCache: names,
		plugins: [clientErrors],
	});
}

async function main(): Promise<void> {
	const folder = fileURLToPath(new URL("../browser/", import.meta.url));
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder);
	const client = await bundle();
	const media = await bundleMedia(client.mangleCache);
	for (const { path, contents } of [...client.outputFiles, ...media.outputFiles]) {
		writeFileSync(join(folder, basename(path)), contents);
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
