// Where `chat`, `send` and `tail` connect, and as whom: by flags, by a context, or to the server
// of a data folder on this machine, for which they make their own tokens.

import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { mintToken } from "../auth.js";
import { systemClock } from "../base/clock.js";
import { userId } from "../base/ids.js";
import type { Config } from "../config.js";
import { contextOf, readContexts, tokenIn } from "./contexts.js";
import { CliError } from "./exit.js";
import { readRuntimeFile } from "./runtime-file.js";
import { secretOf } from "./token.js";

export interface Target {
	readonly url: string;
	/** Asked before each connection. */
	token(): string | Promise<string>;
	/** Tells this server and person from any other, for the folder of the device. */
	readonly name: string;
}

type Flags = Readonly<Record<string, unknown>>;
type Env = Readonly<Record<string, string | undefined>>;

/** Life of a token made for one connection: it is asked for again before the next. */
const tokenTtlMs = 3_600_000;

/** Errors: CliError when it is not said who and where. */
export function targetOf(flags: Flags, config: Config, env: Env): Target {
	const { as, url, tokenFile, context } = flags;
	if (as !== undefined) {
		if (context !== undefined || tokenFile !== undefined) {
			throw new CliError("usage", "--as makes a token of its own", "leave one of them out");
		}
		return local(String(as), typeof url === "string" ? urlOf(url) : null, config);
	}
	const named = typeof context === "string" ? context : env.COLLOQUY_CONTEXT || null;
	const direct = typeof url === "string" && typeof tokenFile === "string";
	const chosen = direct && named === null ? null : fromContexts(named, env);
	const address = typeof url === "string" ? urlOf(url) : chosen?.url;
	const file = typeof tokenFile === "string" ? resolve(tokenFile) : chosen?.tokenFile;
	if (address === undefined || file === undefined) {
		throw new CliError(
			"usage",
			"nobody said who you are",
			"say --as <user> for the server on this machine, or `colloquy context add`",
		);
	}
	return { url: address, token: () => tokenIn(file), name: folderName(address, file) };
}

function fromContexts(name: string | null, env: Env) {
	const all = readContexts(env);
	const wanted = name ?? all.current;
	return wanted === null ? null : contextOf(all, wanted);
}

/** The server of a data folder; while it is down, where it was or will be. */
function local(raw: string, url: string | null, config: Config): Target {
	const user = userId(raw);
	if (user === null) {
		const action = "ids have 1–100 bytes without blanks, controls and ~";
		throw new CliError("usage", `${JSON.stringify(raw)} is no user id`, action);
	}
	const { data, host, port, authIssuer: issuer, authAudience: audience } = config;
	const address = url ?? readRuntimeFile(data)?.url ?? `http://${host}:${port}`;
	return {
		url: address,
		token: async () => {
			const options = { ttlMs: tokenTtlMs, issuer, audience };
			return mintToken(await secretOf(config), user, options, systemClock);
		},
		name: folderName(url ?? data, user),
	};
}

/** A name that is short, and fit for a folder. */
function folderName(where: string, who: string): string {
	return createHash("sha256").update(`${where}\n${who}`).digest("hex").slice(0, 24);
}

const protocols = new Set(["http:", "https:", "ws:", "wss:"]);

/** An address in normal form, without a slash at the end. Errors: CliError. */
export function urlOf(text: string): string {
	const url = URL.canParse(text) ? new URL(text) : null;
	if (url === null || !protocols.has(url.protocol) || url.host === "") {
		throw new CliError("usage", `${text} is no address`, "say http://host:port or https://host");
	}
	return url.href.replace(/\/$/, "");
}
