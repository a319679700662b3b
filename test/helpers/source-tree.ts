// The checkout as text, for tests about the sources themselves: files, what each imports, and code
// without its comments. Knows no rule; the rules stand in architecture.test.ts.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { root } from "./root.js";

export interface SourceFile {
	/** From the root, with slashes. */
	readonly path: string;
	readonly text: string;
	/** The text with comments blanked out, line breaks kept. */
	readonly code: string;
	readonly imports: readonly Import[];
}

export interface Import {
	/** A file of ours from the root, `.ts` or `.cts`; null for a package. */
	readonly file: string | null;
	/** Name of a package, without the path inside; null for a file of ours. `node:` stays. */
	readonly package: string | null;
}

/** Folders that hold no source of ours. */
const skipped = new Set(["node_modules", "dist", ".out", ".tap", ".git", "data"]);

/** All files below the folders, or the whole checkout. */
export function filesBelow(...folders: readonly string[]): string[] {
	const found: string[] = [];
	function walk(folder: string): void {
		for (const entry of readdirSync(folder, { withFileTypes: true })) {
			const path = join(folder, entry.name);
			if (entry.isDirectory()) {
				if (!skipped.has(entry.name)) walk(path);
			} else if (entry.isFile()) found.push(relative(root, path).split("\\").join("/"));
		}
	}
	for (const folder of folders) if (existsSync(join(root, folder))) walk(join(root, folder));
	return found.sort();
}

export function sources(...folders: readonly string[]): SourceFile[] {
	return filesBelow(...folders)
		.filter((path) => /\.c?ts$/.test(path))
		.map(sourceFile);
}

function sourceFile(path: string): SourceFile {
	const text = readFileSync(join(root, path), "utf8");
	const code = withoutComments(text);
	return { path, text, code, imports: importsOf(path, code) };
}

/**
 * Blanks comments out. Strings are stepped over, so that an address in one is no comment; a regular
 * expression that holds a quote or two slashes would need more, and there the rules err on the loud
 * side.
 */
export function withoutComments(text: string): string {
	const tokens =
		/\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`/g;
	return text.replace(tokens, (token) =>
		token.startsWith("/") ? token.replace(/[^\n]/g, " ") : token,
	);
}

function importsOf(path: string, code: string): Import[] {
	const found: Import[] = [];
	// Packages by import; files of ours also where a child process is started from one.
	const forms = /\b(?:from|import)\s*\(?\s*["']([^"'\n]+)["']|["'](\.\.?\/[^"'\n]+\.c?js)["']/g;
	for (const [, imported, started] of code.matchAll(forms)) {
		const name = imported ?? started ?? "";
		if (name.startsWith(".")) {
			const target = posix.join(dirname(path), name).replace(/\.(c?)js$/, ".$1ts");
			found.push({ file: target, package: null });
		} else {
			const parts = name.split("/");
			const length = name.startsWith("@") ? 2 : 1;
			found.push({ file: null, package: parts.slice(0, length).join("/") });
		}
	}
	return found;
}

/** The text of one file, for documents. */
export function read(path: string): string {
	return readFileSync(join(root, path), "utf8");
}

/** The cells of each table row, headings apart, in the part of a page below a heading. */
export function tableRows(page: string, heading: RegExp): string[][] {
	const text = read(page);
	const from = text.search(heading);
	if (from < 0) return [];
	const level = /^#+/.exec(text.slice(from))?.[0] ?? "#";
	const end = text.slice(from + level.length).search(new RegExp(`^#{1,${level.length}} `, "m"));
	const section = end < 0 ? text.slice(from) : text.slice(from, from + level.length + end);
	const lines = section.split("\n");
	const divides = (line: string | undefined) => /^\|[\s:|-]+$/.test(line ?? "");
	return lines
		.filter((line, at) => line.startsWith("| ") && !divides(line) && !divides(lines[at + 1]))
		.map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
		.map((cells) => cells.map((cell) => cell.trim().replaceAll("`", "")));
}
