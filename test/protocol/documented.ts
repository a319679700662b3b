// What docs/protocol.md says, as data: its tables between markers, and operations written as JSON.
// The page is the authority; tests hold the code to it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../helpers/root.js";

export const page = readFileSync(join(root, "docs/protocol.md"), "utf8");

export type Row = readonly string[];

/** Rows of the table between `<!-- name:begin -->` and the next end marker, without the header. */
export function table(name: string): Row[] {
	const begin = page.indexOf(`<!-- ${name}:begin -->`);
	if (begin < 0) throw new Error(`docs/protocol.md has no table ${name}`);
	const end = page.indexOf(":end -->", begin);
	return rowsOf(page.slice(begin, end)).slice(1);
}

/** Rows of the first table behind a clause. */
export function tableOf(clause: string): Row[] {
	const begin = page.indexOf(`[${clause}]`);
	if (begin < 0) throw new Error(`docs/protocol.md has no clause ${clause}`);
	const from = page.indexOf("\n|", begin);
	return rowsOf(page.slice(from, page.indexOf("\n\n", from + 1))).slice(1);
}

function rowsOf(text: string): Row[] {
	return text
		.split("\n")
		.filter((line) => line.startsWith("|") && !line.startsWith("|---") && !line.startsWith("| ---"))
		.map((line) => line.slice(1, -1).split("|").map(plain));
}

function plain(cell: string): string {
	return cell.trim().replace(/^`(.*)`$/, "$1");
}

export interface Vector {
	readonly name: string;
	readonly from: "client" | "server";
	readonly hex: string;
	/** As JSON has it: bytes are `{ bytes: hex }`. */
	readonly op: Record<string, unknown>;
}

export function vectors(): Vector[] {
	return table("vectors").map(([name, from, hex, op]) => ({
		name: name as string,
		from: from as Vector["from"],
		hex: hex as string,
		op: JSON.parse(op as string) as Record<string, unknown>,
	}));
}

export function aliases(): { name: string; hex: string }[] {
	return table("aliases").map(([name, hex]) => ({ name: name as string, hex: hex as string }));
}

export function invalid(): { name: string; hex: string; outcome: string }[] {
	return table("invalid").map(([name, hex, outcome]) => ({
		name: name as string,
		hex: hex === "(nothing)" ? "" : (hex as string),
		outcome: outcome as string,
	}));
}

/** An operation as JSON into one with real bytes. */
export function fromJson<T>(value: unknown): T {
	if (Array.isArray(value)) return value.map((one) => fromJson(one)) as T;
	if (typeof value !== "object" || value === null) return value as T;
	if ("bytes" in value) return bytesOf(value.bytes as string) as T;
	const entries = Object.entries(value).map(([name, one]) => [name, fromJson(one)]);
	return Object.fromEntries(entries) as T;
}

/** The way back. A write's fingerprint is no part of what is said. */
export function toJson(value: unknown): unknown {
	if (value instanceof Uint8Array) return { bytes: hexOf(value) };
	if (Array.isArray(value)) return value.map(toJson);
	if (typeof value !== "object" || value === null) return value;
	const isWrite = "type" in value && value.type === "write";
	const entries = Object.entries(value).filter(([name]) => !(isWrite && name === "hash"));
	return Object.fromEntries(entries.map(([name, one]) => [name, toJson(one)]));
}

export function bytesOf(hex: string): Uint8Array {
	return new Uint8Array(Buffer.from(hex, "hex"));
}

export function hexOf(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("hex");
}
