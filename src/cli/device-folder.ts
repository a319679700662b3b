// Where a device of the command line keeps its outbox and what it has: a folder of its own below
// the user's state folder, one for each server and person. A second process at the same time gets
// a second device, because two on one outbox would spoil it.

import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { BrokerError } from "../base/errors.js";
import { type FolderLock, lockFolder } from "../base/folder-lock.js";
import { CliError } from "./exit.js";

export interface DeviceFolder {
	readonly path: string;
	release(): Promise<void>;
}

/** A server knows 16 devices of a user; others of the person need room as well. */
const devicesMax = 8;

type Env = Readonly<Record<string, string | undefined>>;

/** `$XDG_STATE_HOME/colloquy`, by default below `~/.local/state`. */
export function stateFolder(env: Env): string {
	return join(env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "colloquy");
}

/** The first folder that no other process holds. Errors: CliError when all are held. */
export async function deviceFolder(name: string, env: Env): Promise<DeviceFolder> {
	const parent = join(stateFolder(env), "devices", name);
	for (let number = 1; number <= devicesMax; number += 1) {
		const own = join(parent, String(number));
		mkdirSync(own, { recursive: true, mode: 0o700 });
		const lock = await tryLock(own);
		if (lock !== null) return { path: join(own, "store"), release: () => lock.release() };
	}
	const message = `${devicesMax} commands already talk for this user`;
	throw new CliError("locked", message, "end one of them");
}

async function tryLock(folder: string): Promise<FolderLock | null> {
	try {
		return await lockFolder(folder, "command.lock");
	} catch (error) {
		if (error instanceof BrokerError && error.code === "DATA_LOCKED") return null;
		throw error;
	}
}
