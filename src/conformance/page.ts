// The page itself and its vectors, as this package carries them: expectations that stand in tables
// are read from there, so that the kit and docs/protocol.md cannot say two things.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

interface Vectors {
	readonly vectors: readonly {
		readonly name: string;
		readonly from: "client" | "server";
		readonly hex: string;
	}[];
	readonly aliases: readonly { readonly name: string; readonly hex: string }[];
	readonly invalid: readonly {
		readonly name: string;
		readonly hex: string;
		readonly outcome: string;
	}[];
}

/** Found by walking up, because the depth of compiled files is the build's affair. */
function document(name: string): string {
	let folder = dirname(fileURLToPath(import.meta.url));
	while (!existsSync(join(folder, "docs", name))) {
		const parent = dirname(folder);
		if (parent === folder) throw new Error(`docs/${name} is not in this installation`);
		folder = parent;
	}
	return readFileSync(join(folder, "docs", name), "utf8");
}

export function protocolVectors(): Vectors {
	return JSON.parse(document("vectors.json")) as Vectors;
}

/** Every clause of the page, in order: `P-1.1`. */
export function clauses(): string[] {
	const found = document("protocol.md").matchAll(/^\[(P-\d+\.\d+)\]/gm);
	return [...found].map(([, clause]) => clause as string);
}

/** Titles of the chapters by their number. */
export function chapters(): Map<string, string> {
	const found = document("protocol.md").matchAll(/^## (\d+)\. (.+)$/gm);
	return new Map([...found].map(([, number, title]) => [number as string, title as string]));
}

export type Kind = "group" | "channel" | "direct";

export interface PermissionRow {
	readonly operation: string;
	/** Column → outcome, without the columns that cannot come about. */
	readonly cells: ReadonlyMap<string, string>;
}

/** The table of §12 for a kind of conversation. */
export function permissions(kind: Kind): PermissionRow[] {
	const text = document("protocol.md");
	const begin = text.indexOf(`<!-- permissions:begin ${kind} -->`);
	const end = text.indexOf("<!-- permissions:end -->", begin);
	const [head = [], , ...rows] = text
		.slice(begin, end)
		.split("\n")
		.filter((line) => line.startsWith("|"))
		.map((line) => line.split("|").slice(1, -1))
		.map((cells) => cells.map((cell) => cell.trim()));
	return rows.map(([operation = "", ...outcomes]) => {
		const cells = outcomes.map((outcome, at) => [head[at + 1] as string, outcome] as const);
		return { operation, cells: new Map(cells.filter(([, outcome]) => outcome !== "-")) };
	});
}
