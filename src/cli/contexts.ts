// Named servers in the user's own configuration folder (`contexts.json`, mode 0600). A context
// holds an address and the path of a token's file, never a token.

import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { didYouMean } from "../config/suggest.js";
import { CliError } from "./exit.js";

export interface Context {
	/** `http://host:port`, or https, ws, wss */
	readonly url: string;
	/** An absolute path. */
	readonly tokenFile: string;
}

export interface Contexts {
	/** Used when none is named; null: none. */
	readonly current: string | null;
	readonly contexts: Readonly<Record<string, Context>>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** `$XDG_CONFIG_HOME/colloquy`, by default below `~/.config`. */
export function configFolder(env: Env): string {
	return join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "colloquy");
}

export function contextsFile(env: Env): string {
	return join(configFolder(env), "contexts.json");
}

/** Errors: CliError when the file is not as it should be. */
export function readContexts(env: Env): Contexts {
	const path = contextsFile(env);
	let text: string;
	try {
		text = readFileSync(path, "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return { current: null, contexts: {} };
		throw error;
	}
	try {
		return checked(JSON.parse(text));
	} catch (error) {
		const message = `${path} cannot be used: ${(error as Error).message}`;
		throw new CliError("config", message, "mend it, or remove it and add the contexts again");
	}
}

/** Errors: TypeError saying what is not as it should be. */
function checked(found: Partial<Contexts> | null): Contexts {
	const { current, contexts } = found ?? {};
	if (current !== null && typeof current !== "string") {
		throw new TypeError("current must be a name or null");
	}
	if (typeof contexts !== "object" || contexts === null) {
		throw new TypeError("contexts must be an object");
	}
	for (const [name, context] of Object.entries(contexts)) {
		for (const key of ["url", "tokenFile"] as const) {
			if (typeof context?.[key] !== "string") throw new TypeError(`${name}.${key} must be a text`);
		}
	}
	return { current, contexts };
}

/** Replaces the file in one step; nobody but its owner can read it. */
export function writeContexts(env: Env, contexts: Contexts): void {
	const path = contextsFile(env);
	mkdirSync(configFolder(env), { recursive: true, mode: 0o700 });
	const draft = `${path}.${process.pid}.tmp`;
	writeFileSync(draft, `${JSON.stringify(contexts, null, "\t")}\n`, { mode: 0o600 });
	// The mode above holds only for a file that is new.
	chmodSync(draft, 0o600);
	renameSync(draft, path);
}

/** Errors: CliError for a name that is not there. */
export function contextOf({ contexts }: Contexts, name: string): Context {
	const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
	if (found !== undefined) return found;
	const near = didYouMean(name, Object.keys(contexts));
	throw new CliError("usage", `there is no context ${name}${near}`, "see `colloquy context ls`");
}

/** The token in a file, read anew each time, so that it can be replaced. Errors: CliError. */
export function tokenIn(path: string): string {
	const found = statSync(path, { throwIfNoEntry: false });
	if (found === undefined) {
		throw new CliError("config", `${path} is not there`, "write the token into it, and chmod 600");
	}
	if ((found.mode & 0o077) !== 0 && process.platform !== "win32") {
		throw new CliError("config", `${path} can be read by others`, `chmod 600 ${path}`);
	}
	const token = readFileSync(path, "utf8").trim();
	if (token !== "" && !/\s/.test(token)) return token;
	throw new CliError("config", `${path} holds no token`, "write one token into it");
}
