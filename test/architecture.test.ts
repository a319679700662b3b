// The rules of the house as a test: who may import what, where a package may appear, how long a
// file may be, where time and chance come from. An exception is a line below, and one that is no
// longer needed fails too.

import { existsSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { errorTable } from "../src/base/errors.js";
import { exitCodes } from "../src/cli/exit.js";
import { show } from "../src/config/load.js";
import { optionNames, options } from "../src/config.js";
import { root } from "./helpers/root.js";
import {
	filesBelow,
	read,
	type SourceFile,
	sources,
	tableRows,
	withoutComments,
} from "./helpers/source-tree.js";

interface Exception {
	readonly rule: string;
	/** The file, or what the rule complains of. */
	readonly about: string;
	readonly why: string;
}

const exceptions: readonly Exception[] = [
	{
		rule: "time, timers and chance come from the clock",
		about: "src/base/folder-lock.ts",
		why: "tells two temporary names apart; no time is read from it",
	},
	{
		rule: "time, timers and chance come from the clock",
		about: "src/testing/",
		why: "a test that waits has to keep its process alive, which the clock's timers do not",
	},
];

/** From the root of the design: a part may import what stands here, and itself. */
const arrows: Readonly<Record<string, readonly string[]>> = {
	"src/base": [],
	"src/domain": ["src/base"],
	"src/protocol": ["src/base"],
	"src/journal": ["src/base", "src/domain"],
	"src/auth": ["src/base"],
	"src/media": ["src/base", "src/auth"],
	"src/config": ["src/base", "src/gateway/limits", "src/protocol/limits", "src/journal/limits"],
	"src/gateway": ["src/base", "src/protocol", "src/auth", "src/domain/presence", "actors/port"],
	"src/client": ["src/base", "src/protocol"],
	"src/sdk": ["src/base", "src/protocol", "src/client"],
	"src/react": ["src/sdk/types"],
	actors: ["src/base", "src/domain", "src/protocol", "src/journal"],
	"src/core": ["src/base", "src/auth", "src/config", "src/gateway", "src/journal", "actors"],
	"src/broker": [
		"src/base",
		"src/auth",
		"src/config",
		"src/core",
		"src/gateway",
		"src/journal",
		"src/media",
		"actors/port",
		"actors/root",
	],
	"src/terminal": ["src/base", "src/sdk"],
	"src/index": ["src/base", "src/broker", "src/config", "src/auth", "src/media/store"],
	"src/testing": [
		"src/base",
		"src/broker",
		"src/config",
		"src/auth",
		"src/journal/journal",
		"src/media/store",
		"src/cli/inspect-read",
	],
	"src/cli": [
		"src/base",
		"src/broker",
		"src/config",
		"src/auth",
		"src/conformance",
		"src/journal",
		"src/domain",
		"src/sdk",
		"src/terminal",
		"src/media",
		"actors/root",
		"bench/flags",
		"bench/run",
		"bench/scenarios",
	],
	"src/conformance": ["src/base", "src/protocol"],
	bench: ["src", "actors", "test/helpers"],
	test: ["src", "actors", "bench"],
};

/** Adapters belong to the composition root; others know the interface. */
const adapters = [
	"src/journal/leveldb",
	"src/journal/memory",
	"src/media/directory",
	"src/media/s3",
];

/** Where a package of others may be imported. */
const containment: Readonly<Record<string, readonly string[]>> = {
	nact: ["actors/system.ts"],
	level: ["src/journal/leveldb.ts", "src/sdk/folder.ts"],
	msgpackr: ["src/base/pack.ts"],
	ws: ["src/gateway/server.ts", "src/client/node-transport.ts"],
	react: ["src/react/"],
	jose: ["src/auth"],
	commander: ["src/cli/"],
	"get-east-asian-width": ["src/terminal/text.ts"],
	"bidi-js": ["src/terminal/bidi.ts"],
	zod: ["src/cli/admin-routes.ts"],
	"@tus/server": ["src/media/resumable.ts"],
	"@noble/hashes": ["src/sdk/media-browser.ts"],
	sharp: ["src/media/preview-child.ts"],
	thumbhash: ["src/media/preview-child.ts"],
	"content-disposition": ["src/media/download.ts"],
	"@aws-sdk/client-s3": ["src/media/s3.ts"],
	"@aws-sdk/lib-storage": ["src/media/s3.ts"],
};

const product = sources("src", "actors");
const all = [...product, ...sources("bench", "test")];

/** Checks a rule: what it finds must be excepted, and what is excepted must be found. */
function holds(rule: string, violations: readonly string[]): void {
	t.test(rule, async (t) => {
		const excepted = exceptions.filter((one) => one.rule === rule).map((one) => one.about);
		const found = (about: string) => violations.some((line) => line.startsWith(about));
		t.strictSame(
			violations.filter((line) => !excepted.some((about) => line.startsWith(about))),
			[],
		);
		t.strictSame(
			excepted.filter((about) => !found(about)),
			[],
			"every exception is still needed",
		);
	});
}

function each(
	files: readonly SourceFile[],
	check: (file: SourceFile) => readonly string[],
): string[] {
	return files.flatMap(check);
}

/** Lines of code (comments blanked) that match, as `path:line what`. */
function matches(files: readonly SourceFile[], pattern: RegExp): string[] {
	return each(files, ({ path, code }) =>
		code.split("\n").flatMap((line, at) => {
			const hit = pattern.exec(line);
			return hit === null ? [] : [`${path}:${at + 1} ${hit[0]}`];
		}),
	);
}

function partOf(path: string): string {
	const name = path.replace(/\.c?ts$/, "");
	return Object.keys(arrows).find((part) => inside(name, part)) ?? name;
}

function inside(path: string, part: string): boolean {
	return path === part || path.startsWith(`${part}/`) || path.startsWith(`${part}.`);
}

holds(
	"imports follow the arrows",
	each(all, (file) => {
		const part = partOf(file.path);
		const allowed = [part, ...(arrows[part] ?? [])];
		return file.imports.flatMap(({ file: target }) => {
			if (target === null || allowed.some((one) => inside(target, one))) return [];
			return [`${file.path} imports ${target}`];
		});
	}),
);

holds(
	"only the composition root, the command line, benches and tests know an adapter",
	each(product, (file) => {
		const part = partOf(file.path);
		if (["src/broker", "src/cli", "src/journal", "src/media", "src/index"].includes(part))
			return [];
		return file.imports.flatMap(({ file: target }) =>
			target !== null && adapters.some((one) => inside(target, one))
				? [`${file.path} imports ${target}`]
				: [],
		);
	}),
);

holds(
	"a package of others is imported where the house says",
	each(product, ({ path, imports }) =>
		imports.flatMap(({ package: name }) => {
			if (name === null || name.startsWith("node:")) return [];
			const places = containment[name];
			if (places?.some((place) => path.startsWith(place))) return [];
			return [`${path} imports ${name}`];
		}),
	),
);

holds(
	"time, timers and chance come from the clock",
	matches(
		product.filter(({ path }) => path !== "src/base/clock.ts"),
		/\b(?:Date\.now|Math\.random|setTimeout|setInterval|performance\.now)\b|new Date\(\)/,
	),
);

holds(
	"only the command line ends the process",
	matches(
		product.filter(({ path }) => !path.startsWith("src/cli/")),
		/\bprocess\.(?:exit|abort)\b/,
	),
);

holds(
	"a file has at most 400 lines",
	each(all, ({ path, text }) => {
		const lines = text.split("\n").length - 1;
		return lines > 400 ? [`${path} has ${lines} lines`] : [];
	}),
);

holds(
	"a line has at most 100 columns",
	each(all, ({ path, text }) =>
		text.split("\n").flatMap((line, at) => {
			// A tab counts two, as for the formatter.
			const columns = [...line.replaceAll("\t", "  ")].length;
			return columns > 100 ? [`${path}:${at + 1} has ${columns} columns`] : [];
		}),
	),
);

holds(
	"a file opens with what it is",
	each(product, ({ path, text }) => {
		const opening = text.replace(/^#!.*\n/, "");
		return /^(?:\/\/|\/\*)/.test(opening) ? [] : [`${path} opens without a comment`];
	}),
);

/** Started by npm or by package exports, or saying itself how it is started: `node dist/…`. */
function isEntry({ path, text }: SourceFile): boolean {
	const byName = [
		/^src\/(?:index|cli\/main|(?:client|sdk|react|testing)\/index)\.c?ts$/,
		/^src\/sdk\/(?:browser|media|media-browser)\.ts$/,
		/^bench\/size\.ts$/,
		/^test\/(?:run|soak|browser\/react-page|conformance\/.*|.*\.(?:test|soak))\.ts$/,
	];
	const started = `node dist/${path.replace(/ts$/, "js")}`;
	return byName.some((entry) => entry.test(path)) || text.includes(started);
}

holds(
	"every file is used",
	(() => {
		const used = new Set(
			all.flatMap(({ path, imports }) => imports.map(({ file }) => (file === path ? null : file))),
		);
		return all.filter((file) => !used.has(file.path) && !isEntry(file)).map(({ path }) => path);
	})(),
);

holds(
	"every option does something",
	(() => {
		const users = product.filter(({ path }) => !path.startsWith("src/config"));
		const renamed = product.filter(({ path }) => path === "src/config/gateway-options.ts");
		return optionNames.filter((name) => {
			const use = new RegExp(`\\b${name}\\b`);
			const alias = new RegExp(`\\bconfig\\.${name}\\b`);
			return (
				!users.some(({ code }) => use.test(code)) && !renamed.some(({ code }) => alias.test(code))
			);
		});
	})(),
);

const texts = filesBelow(".")
	.filter((path) => /\.(?:c?ts|m?js|json|md|html|css|sh|py)$|^\.ci\//.test(path))
	.filter((path) => path !== "package-lock.json");

holds(
	"no marker of unfinished work is left",
	texts.flatMap((path) => {
		// In two halves, or this line would be one.
		const marker = new RegExp(`\\b(?:${["TO", "FIX", "HA"].join("|")})(?:DO|ME|CK)\\b|\\bX{3}\\b`);
		return read(path)
			.split("\n")
			.flatMap((line, at) => (marker.test(line) ? [`${path}:${at + 1}`] : []));
	}),
);

holds(
	"no file names a machine's paths or a registry's host",
	texts.flatMap((path) => {
		const place = new RegExp(
			`(?<![\\w.])/(?:${["work", "root", "home"].join("|")})/|registry\\.npm`,
		);
		return read(path)
			.split("\n")
			.flatMap((line, at) => (place.test(line) ? [`${path}:${at + 1}`] : []));
	}),
);

holds(
	"documents name only files that are there",
	filesBelow("docs")
		.concat("README.md", "CONTRIBUTING.md")
		.filter((path) => path.endsWith(".md"))
		.flatMap((path) => {
			const names = read(path).matchAll(/`((?:src|actors|test|bench|docs)\/[\w./-]+)`/g);
			return [...names].flatMap(([, name = ""]) =>
				existsSync(join(root, name)) ? [] : [`${path} names ${name}`],
			);
		}),
);

function names(page: string, heading: RegExp): string[] {
	return tableRows(page, heading).map(([first = ""]) => first);
}

t.test("docs/operations.md lists every option with its default and its error", async (t) => {
	t.strictSame(
		tableRows("docs/operations.md", /^## Options$/m).map(([name, value, , error]) => [
			name,
			value,
			error,
		]),
		optionNames.map((name) => [
			name,
			show(name, options[name].default) || "–",
			options[name].error ?? "–",
		]),
	);
});

t.test("docs/operations.md lists every exit code", async (t) => {
	t.strictSame(
		names("docs/operations.md", /^## Exit codes$/m),
		Object.values(exitCodes).map(String),
	);
});

t.test("docs/protocol.md lists every error code", async (t) => {
	t.strictSame(names("docs/protocol.md", /^## .*Errors/m).sort(), Object.keys(errorTable).sort());
});

t.test("comments are blanked out and strings are not", async (t) => {
	t.equal(withoutComments('a("//x"); // y\nb /* z */ c'), 'a("//x");     \nb         c');
	t.equal(withoutComments("`//` // x").trim(), "`//`");
});
