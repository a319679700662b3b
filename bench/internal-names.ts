// Which property names the bundle for browsers may shorten: those of private members, unless the
// same name occurs where it must stay: in a type of the platform, in a text, or in a type of what
// applications, servers, the database and other tabs see. Other tabs may run another version.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../test/helpers/root.js";
import { sources, withoutComments } from "../test/helpers/source-tree.js";

/** What crosses the bundle's border, whole files of it. */
const crossing = [
	"src/base/clock.ts",
	"src/base/error-table.ts",
	"src/base/errors.ts",
	"src/client/events.ts",
	"src/client/memory-store.ts",
	"src/client/store.ts",
	"src/client/transport.ts",
	"src/protocol/client-frames.ts",
	"src/protocol/server-frames.ts",
	"src/sdk/heads.ts",
	"src/sdk/kept.ts",
	"src/sdk/media-types.ts",
	"src/sdk/tab-words.ts",
	"src/sdk/types.ts",
];

/** Not private, but seen by our own pieces only, which are built together. */
const between = [
	"arrivalAfter",
	"becomes",
	"catchUp",
	"closers",
	"contentBytesMax",
	"core",
	"factChanged",
	"filesOf",
	"follows",
	"fruitless",
	"heardAt",
	"idleRounds",
	"newestOpen",
	"notBefore",
	"onLevel",
	"presences",
	"reads",
	"remember",
	"rowChanged",
	"skewMs",
	"touch",
	"untilClosed",
	"wakeAt",
];

const word = /[A-Za-z_$][\w$]*/g;
/** What has a blank is for people. */
const text = /"[^"\n]*"|`[^`]*`/g;
const blank = /\s/;
/** Names of files, and what has a hyphen, are no names of properties. */
const origin = /\bfrom "[^"\n]*"|\bimport\("[^"\n]*"\)/g;
const hyphened = /"\w+-[\w-]*"/g;
const privateMember = /^\tprivate (?:(?:readonly|async|get|set|static) )*(\w+)/gm;

/** The compiler's descriptions of browsers and of the language. */
function platformTypes(): string[] {
	const packages = join(root, "node_modules/@typescript");
	const folder = readdirSync(packages)
		.map((name) => join(packages, name, "lib"))
		.find((path) => existsSync(join(path, "lib.dom.d.ts")));
	if (folder === undefined) throw new Error("the compiler has no types of the platform");
	return readdirSync(folder)
		.filter((name) => /^lib\.(?:dom|es|decorators)[\w.]*\.d\.ts$/.test(name))
		.map((name) => withoutComments(readFileSync(join(folder, name), "utf8")))
		.map((code) => code.replace(hyphened, ""));
}

export function internalNames(): string[] {
	const bundled = sources("src/base", "src/client", "src/protocol", "src/sdk");
	const codes = bundled.map(({ code }) => code.replace(origin, ""));
	const kept = [
		...platformTypes(),
		...bundled.filter(({ path }) => crossing.includes(path)).map(({ code }) => code),
		...codes.flatMap((code) => code.match(text) ?? []).filter((one) => !blank.test(one)),
	];
	const words = new Set(kept.flatMap((one) => one.match(word) ?? []));
	const members = codes.flatMap((code) =>
		[...code.matchAll(privateMember)].map(([, name]) => name),
	);
	return [...new Set([...members, ...between])]
		.flatMap((name = "") => (words.has(name) ? [] : [name]))
		.sort();
}
