// Bounds that no option sets: docs/operations.md lists each with its value and file, and nothing
// else. A number that bounds something is found by its name, so a new one cannot stay unlisted.

import t from "tap";
import { psLimits } from "../actors/root.js";
import { directoryLimits } from "../actors/shard.js";
import { policyDefault } from "../actors/supervision.js";
import { actorLimits } from "../actors/system.js";
import { errorTable } from "../src/base/errors.js";
import { formatDuration, formatSize } from "../src/config/units.js";
import { defaultConfig, type OptionName, options } from "../src/config.js";
import { failureLimits } from "../src/gateway/limits.js";
import { levelLimits, readLimits } from "../src/journal/limits.js";
import { sources, tableRows } from "./helpers/source-tree.js";

/** Bounds in groups, by the file that holds them. Those of sessions are all options. */
const groups: Readonly<Record<string, Readonly<Record<string, number>>>> = {
	"actors/root.ts": { ...psLimits },
	"actors/shard.ts": { ...directoryLimits },
	"actors/supervision.ts": { ...policyDefault },
	"actors/system.ts": { ...actorLimits },
	"src/gateway/limits.ts": failureLimits,
	"src/journal/limits.ts": { ...readLimits, ...levelLimits },
};

/** Bounds that an option of another name sets. */
const renamed: Readonly<Record<string, OptionName>> = {
	windowMs: "restartWindowMs",
	sendWindowDefault: "sendWindow",
};

/** Names that sound like bounds, and are room for a row or key of known form. */
const rooms = ["fixedBytesMax", "watermarkBytesMax", "entityBytesMax", "keyBytesMax"];

/** The broker itself. What the protocol fixes stands in docs/protocol.md. */
const broker = [
	"actors",
	...["auth", "domain", "gateway", "journal", "media", "protocol"].map(inSource),
];
const others = ["src/broker.ts", "src/core.ts", "src/base/folder-lock.ts"];

function inSource(part: string): string {
	return `src/${part}`;
}

const endings = "Max|Ms|Rows|Kept|Factor|Tries|Default|PerEntry|Connections";
const constant = new RegExp(
	`^(?:export )?const (\\w+(?:${endings}))\\b[^=\\n]*= ([\\d_ *]+);`,
	"gm",
);

interface Bound {
	readonly name: string;
	readonly value: number;
	readonly file: string;
}

function constants(): Bound[] {
	const found: Bound[] = [];
	const files = [
		...sources(...broker),
		...sources("src").filter(({ path }) => others.includes(path)),
	];
	for (const { path: file, code } of files) {
		if (file === "src/protocol/limits.ts") continue;
		for (const [, name = "", text = ""] of code.matchAll(constant)) {
			const factors = text.replaceAll("_", "").split("*").map(Number);
			const value = factors.reduce((product, one) => product * one, 1);
			if (!rooms.includes(name)) found.push({ name, value, file });
		}
	}
	return found;
}

const bounds: readonly Bound[] = [
	...Object.entries(groups).flatMap(([file, group]) =>
		Object.entries(group).map(([name, value]) => ({ name, value, file })),
	),
	...constants(),
];

function optionOf(name: string): OptionName | null {
	const option = renamed[name] ?? name;
	return option in options ? (option as OptionName) : null;
}

function shown({ name, value }: Bound): string {
	if (name.includes("Bytes")) return formatSize(value);
	return /Ms/.test(name) ? formatDuration(value) : String(value);
}

t.test("docs/operations.md lists every built-in bound with its value and its file", async (t) => {
	const listed = tableRows("docs/operations.md", /^## Built-in limits$/m);
	t.strictSame(
		listed.map(([name, value, file]) => `${name} ${value} ${file}`).sort(),
		bounds
			.filter(({ name }) => optionOf(name) === null)
			.map((bound) => `${bound.name} ${shown(bound)} ${bound.file}`)
			.sort(),
	);
	for (const [name, , , why = "", error = ""] of listed) {
		t.ok(why.length > 10, `${name} has a reason`);
		t.ok(error === "–" || error in errorTable, `${name} names an error`);
	}
});

t.test("a bound that an option sets has the option's default", async (t) => {
	for (const { name, value, file } of bounds) {
		const option = optionOf(name);
		if (option !== null) t.equal(defaultConfig[option], value, `${option}, ${file}`);
	}
});

t.test("a bound is found by its name, whatever stands around it", async (t) => {
	const text = "export const aMax: number = 2 * 3_0;\nconst bMs = 5;\nconst other = 7;\n";
	t.same(
		[...text.matchAll(constant)].map(([, name]) => name),
		["aMax", "bMs"],
	);
	t.ok(bounds.some(({ name, value }) => name === "outboxesPerUserMax" && value === 64));
});
