// The server that a load is pointed at: one of its own, new for every run, or one that runs already
// and belongs to somebody.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CliError } from "../src/cli/exit.js";
import { urlOf } from "../src/cli/target.js";
import type { Flags } from "./flags.js";
import { type PeopleOptions, peopleIn } from "./people.js";
import { startServer } from "./server.js";

export interface Target {
	readonly url: string;
	/** Null: it is on another machine, or nobody said where its folder is. */
	readonly serverPid: number | null;
	/** It may be killed meanwhile by whoever owns it: loads come back. */
	readonly resume: boolean;
	/** Null: whoever has no limit of given users. */
	readonly peopleMax: number | null;
	people(first: number): PeopleOptions;
	end(): Promise<void>;
}

/** Errors: CliError when it is not said how to get in. */
export async function targetOf(flags: Flags): Promise<Target> {
	const nodeArgs = flags.text("server-node-args")?.split(" ") ?? [];
	const url = flags.text("url");
	const data = flags.text("data");
	const tokenFile = flags.text("token-file");
	const secretFile = flags.text("secret-file");
	if (url !== null) return running(urlOf(url), data, secretFile, tokenFile);
	const server = await startServer({ nodeArgs });
	return {
		url: server.url,
		serverPid: server.pid,
		resume: false,
		peopleMax: null,
		people: (first) => ({ secretFile: server.secretFile, tokenFile: null, first }),
		end: async () => {
			// A profile is written only by an orderly end.
			if (nodeArgs.length > 0) await server.stop();
			await server.discard();
		},
	};
}

function running(
	url: string,
	data: string | null,
	secretFile: string | null,
	tokenFile: string | null,
): Target {
	const secret = tokenFile === null ? (secretFile ?? secretIn(data)) : null;
	return {
		url,
		serverPid: data === null ? null : pidOf(data),
		resume: true,
		peopleMax: tokenFile === null ? null : peopleIn(tokenFile).length,
		people: (first) => ({ secretFile: secret, tokenFile, first }),
		end: async () => {},
	};
}

/** The secret that a server on this folder believes: the operator's, or that of development. */
function secretIn(data: string | null): string {
	if (data === null) {
		const action = "say --token-file, --secret-file or, on the server's machine, --data";
		throw new CliError("usage", "--url needs tokens", action);
	}
	const named = process.env.COLLOQUY_AUTH_SECRET_FILE;
	for (const path of [named, join(data, "..", "bench-secret"), join(data, "secret")]) {
		if (path !== undefined && existsSync(path)) return path;
	}
	throw new CliError("usage", `no secret found for ${data}`, "say --secret-file");
}

function pidOf(data: string): number | null {
	try {
		const { pid } = JSON.parse(readFileSync(join(data, "runtime.json"), "utf8")) as { pid: number };
		return pid;
	} catch {
		return null;
	}
}
