// Configurations of the servers, kept beside this file in the checkout and filled in for a run;
// and which version of a server is there.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../test/helpers/root.js";

/** A copy of the configuration in `folder`, with every `__NAME__` replaced; its path. */
export function configured(
	name: string,
	folder: string,
	values: Readonly<Record<string, string>>,
): string {
	const text = readFileSync(join(root, "bench/peers", name), "utf8").replace(
		/__([A-Z]+)__/g,
		(whole, key: string) => values[key] ?? whole,
	);
	const path = join(folder, name);
	writeFileSync(path, text);
	return path;
}

/** The upstream version of an installed package, as `2.0.11`; null: it is not installed. */
export function debianVersion(name: string): string | null {
	try {
		const told = execFileSync("dpkg", ["--status", name], {
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
		});
		if (!told.includes("\nStatus: install ok installed\n")) return null;
		return /^Version: (?:\d+:)?(\d+(?:\.\d+)*)/m.exec(told)?.[1] ?? "";
	} catch {
		return null;
	}
}

export function npmVersion(name: string): string {
	const file = join(root, "node_modules", name, "package.json");
	return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
