// How a command ends: the exit codes, and which error becomes which. docs/operations.md lists the
// same table and a test compares. Codes never change within a major version.

import { BrokerError, describe, type ErrorCode } from "../base/errors.js";
import { ConfigError } from "../config/load.js";

export const exitCodes = {
	ok: 0,
	/** The answer is no: damage found, no such user or conversation, configuration not valid. */
	no: 1,
	usage: 2,
	config: 3,
	address: 4,
	locked: 5,
	disk: 6,
	damaged: 7,
	node: 8,
	notRunning: 9,
	/** No connection, no answer, or not that status in the time that was given. */
	late: 10,
	/** The server says no: token, permission, content. */
	refused: 11,
	fault: 70,
	/** 128 + the number of the second signal, which ends a drain at once. */
	interrupted: 130,
	terminated: 143,
} as const;

export type ExitName = keyof typeof exitCodes;

/** An end that is not a fault of the program: one line says what happened and what to do. */
export class CliError extends Error {
	readonly exit: ExitName;
	readonly action: string;

	constructor(exit: ExitName, message: string, action: string) {
		super(message);
		this.name = "CliError";
		this.exit = exit;
		this.action = action;
	}
}

/** A failure as people and scripts see it. */
export interface Failure {
	readonly exit: ExitName;
	/** An error code of the table, or `USAGE`, `ADDRESS`, `DISK`, … */
	readonly code: string;
	readonly message: string;
	readonly action: string;
	/** Only for faults of the program. */
	readonly stack: string | null;
}

const exitByCode: Partial<Record<ErrorCode, ExitName>> = {
	CONFIG_INVALID: "config",
	DATA_LOCKED: "locked",
	JOURNAL_IO: "disk",
	JOURNAL_DAMAGED: "damaged",
	JOURNAL_FORMAT: "damaged",
	NOT_RUNNING: "notRunning",
	USER_UNKNOWN: "no",
	CONVERSATION_UNKNOWN: "no",
	ID_INVALID: "usage",
	BAD_REQUEST: "usage",
	OP_UNKNOWN: "usage",
	AUTH_EXPIRED: "refused",
	AUTH_REJECTED: "refused",
	AUTH_REVOKED: "refused",
	BLOCKED: "refused",
	DEVICE_LIMIT: "refused",
	LINK_INVALID: "refused",
	MESSAGE_TOO_LARGE: "refused",
	NOT_ALLOWED: "refused",
	NOT_A_MEMBER: "refused",
	VERSION: "refused",
};

const addressActions: Readonly<Record<string, string>> = {
	EADDRINUSE: "stop what listens there, or take another with --port",
	EADDRNOTAVAIL: "this machine has no such address: check --host",
	ENOTFOUND: "the name leads nowhere: check --host",
};

const diskActions: Readonly<Record<string, string>> = {
	EACCES: "check owner and mode of the folder, or take another with --data",
	EPERM: "check owner and mode of the folder, or take another with --data",
	EROFS: "the disk is read-only: remount it, or take another folder with --data",
	ENOSPC: "the disk is full: free some space",
	EDQUOT: "the quota is used up: free some space",
	ENOTDIR: "a file stands where a folder should: take another path with --data",
	EEXIST: "a file stands where a folder should: take another path with --data",
	EIO: "the disk reports a fault: check it",
	EMFILE: "too many open files: raise the limit (ulimit -n)",
};

/** What an error means for whoever typed the command. */
export function toFailure(error: unknown): Failure {
	if (error instanceof CliError) {
		const { exit, message, action } = error;
		return { exit, code: exit.toUpperCase(), message, action, stack: null };
	}
	if (error instanceof ConfigError) {
		const message = error.problems.join("; ");
		const action = "see `colloquy config explain KEY`";
		return { exit: "config", code: error.code, message, action, stack: null };
	}
	// The disk's own code says more than the journal's, which wraps it.
	const system = systemFailure(error) ?? systemFailure((error as Error | undefined)?.cause);
	if (system !== null) return system;
	if (error instanceof BrokerError && exitByCode[error.code] !== undefined) {
		const { code, message } = error;
		const exit = exitByCode[code] as ExitName;
		return { exit, code, message, action: describe(code).action, stack: null };
	}
	const { message, stack = null } = error instanceof Error ? error : new Error(String(error));
	const action = "this is a fault of the program: please report it with the lines above";
	return { exit: "fault", code: "FAULT", message, action, stack };
}

function systemFailure(error: unknown): Failure | null {
	if (!(error instanceof Error)) return null;
	const { code, syscall, message } = error as NodeJS.ErrnoException;
	if (code === undefined) return null;
	const listening = syscall === "listen" || syscall === "bind" || syscall === "getaddrinfo";
	if (code === "EACCES" && listening) {
		const action = "ports below 1024 need a privilege: take another with --port";
		return { exit: "address", code: "ADDRESS", message, action, stack: null };
	}
	const address = listening ? addressActions[code] : undefined;
	if (address !== undefined) {
		return { exit: "address", code: "ADDRESS", message, action: address, stack: null };
	}
	const disk = diskActions[code];
	return disk === undefined
		? null
		: { exit: "disk", code: "DISK", message, action: disk, stack: null };
}
