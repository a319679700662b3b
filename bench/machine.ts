// What a figure was measured on, and what a process has used of it. Everything is read where Linux
// tells it; elsewhere the answer is null and the table says so.

import { execFileSync } from "node:child_process";
import {
	closeSync,
	fsyncSync,
	openSync,
	readFileSync,
	rmSync,
	statfsSync,
	writeSync,
} from "node:fs";
import { cpus, platform, release, tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "../src/cli/version.js";
import { round } from "./histogram.js";

export interface Conditions {
	readonly commit: string;
	readonly node: string;
	readonly cpu: string;
	readonly cores: number;
	readonly kernel: string;
	readonly durability: string;
	/** Where scenarios keep their data. */
	readonly folder: string;
	readonly fileSystem: string;
	/** Median of one small write and its sync in that folder. */
	readonly syncMs: number;
	readonly at: string;
}

export function conditions(folder = tmpdir()): Conditions {
	return {
		commit: commit(),
		node: process.version,
		cpu: cpus()[0]?.model ?? "unknown",
		cores: cpus().length,
		kernel: `${platform()} ${release()}`,
		durability: "fsync",
		folder,
		fileSystem: `0x${statfsSync(folder).type.toString(16)}`,
		syncMs: syncMs(folder),
		at: new Date().toISOString(),
	};
}

/**
 * The commit of the checkout, with a plus when it holds changes that are not in it. The version
 * where it is installed: the repository around is then somebody else's.
 */
function commit(): string {
	const cwd = dirname(fileURLToPath(import.meta.url));
	if (cwd.split(sep).includes("node_modules")) return version;
	const git = (...args: string[]) =>
		execFileSync("git", args, {
			cwd,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
		}).trim();
	try {
		const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
		return git("rev-parse", "--short", "HEAD") + (changed ? "+" : "");
	} catch {
		return version;
	}
}

/** Median of one small write and its sync. */
export function syncMs(folder: string): number {
	const path = join(folder, `colloquy-sync-${process.pid}`);
	const file = openSync(path, "w");
	const times: number[] = [];
	for (let i = 0; i < 31; i += 1) {
		const from = performance.now();
		writeSync(file, Buffer.alloc(512, i + 1));
		fsyncSync(file);
		times.push(performance.now() - from);
	}
	closeSync(file);
	rmSync(path);
	times.sort((a, b) => a - b);
	return round(times[15] as number);
}

/** User and system time of a process so far, in µs; null when it cannot be told. */
export function cpuMicros(pid: number | null): number | null {
	if (pid === null) return null;
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		// The command in parentheses may hold spaces and parentheses itself.
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		// Ticks of USER_HZ, which is 100 on every Linux that Node runs on.
		return (Number(fields[11]) + Number(fields[12])) * 10_000;
	} catch {
		return null;
	}
}

/** User and system time of this process so far, in µs. */
export function ownMicros(): number {
	const { user, system } = process.cpuUsage();
	return user + system;
}

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number | null {
	try {
		const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
		return line === null ? null : Number(line[1]) * 1_024;
	} catch {
		return null;
	}
}

/** The command that keeps a process on one core, in front of its own; nothing on one core. */
export function pinned(core: number, command: readonly string[]): [string, ...string[]] {
	const [head, ...rest] = command as [string, ...string[]];
	if (platform() !== "linux" || cpus().length < 2) return [head, ...rest];
	return ["taskset", "-c", String(core % cpus().length), head, ...rest];
}
