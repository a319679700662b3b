// The checks of `doctor`: each looks at one thing of this machine that makes a broker slow, deaf or
// forgetful, and says how to mend it. Nothing is changed but a small file that is removed again.

import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import type { Clock } from "../base/clock.js";
import { holderPid } from "../base/folder-lock.js";
import { formatSize } from "../config/units.js";
import { type Config, developmentMode } from "../config.js";
import { markerPath, readMarker } from "../journal/marker.js";
import { runningServer } from "./runtime-file.js";

export interface Check {
	readonly name: string;
	readonly status: "ok" | "warn" | "fail";
	/** What was found, with its unit. */
	readonly found: string;
	/** What to do; null when there is nothing to do. */
	readonly fix: string | null;
}

type Result = Omit<Check, "name">;

const ok = (found: string): Result => ({ status: "ok", found, fix: null });
const warn = (found: string, fix: string): Result => ({ status: "warn", found, fix });
const fail = (found: string, fix: string): Result => ({ status: "fail", found, fix });

/** Files of the store, the listening socket and the program itself. */
const ownFiles = 200;

export function checkNode(version: string): Result {
	const [major = 0, minor = 0] = version.split(".").map(Number);
	if (major > 20 || (major === 20 && minor >= 19)) return ok(version);
	return fail(version, "install Node 20.19 or later");
}

/** Each connection is an open file. */
export function checkFiles(limit: number | null, connectionsMax: number): Result {
	if (limit === null) return warn("the limit cannot be read here", "look with: ulimit -n");
	const needed = connectionsMax + ownFiles;
	const room = Math.max(0, limit - ownFiles);
	if (limit >= needed) return ok(`${limit} open files, ${needed} needed`);
	const found = `${limit} open files: room for ${room} connections, not ${connectionsMax}`;
	const fix = `ulimit -n 65536 (systemd: LimitNOFILE=65536), or --connections-max ${room}`;
	return room < 100 ? fail(found, fix) : warn(found, fix);
}

/** What this process may open; Node raises the soft limit to the hard one when it starts. */
export function filesLimit(): number | null {
	try {
		const line = /^Max open files\s+(\d+|unlimited)/m.exec(
			readFileSync("/proc/self/limits", "utf8"),
		);
		if (line !== null) return line[1] === "unlimited" ? 1_048_576 : Number(line[1]);
	} catch {
		// Not Linux: the shell is asked, which inherits the limit.
	}
	const { stdout, status } = spawnSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" });
	const text = stdout?.trim() ?? "";
	if (status !== 0) return null;
	return text === "unlimited" ? 1_048_576 : Number(text) || null;
}

const syncTries = 25;
const syncBytes = 4_096;

/** Milliseconds of each of some small synced writes in a folder, as a commit makes them. */
export async function syncTimes(folder: string, clock: Clock): Promise<number[]> {
	const name = Buffer.from(clock.randomBytes(8)).toString("hex");
	const path = join(folder, `.doctor-${name}`);
	const file = await open(path, "wx", 0o600);
	try {
		const times: number[] = [];
		const block = Buffer.alloc(syncBytes, 1);
		for (let at = 0; at < syncTries; at += 1) {
			const from = clock.monotonic();
			await file.write(block);
			await file.datasync();
			times.push(clock.monotonic() - from);
		}
		return times;
	} finally {
		await file.close();
		await rm(path, { force: true });
	}
}

/** The middle one is what every `sent` waits for. */
export function checkSync(times: readonly number[], durability: Config["durability"]): Result {
	const sorted = [...times].sort((a, b) => a - b);
	const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
	const worst = sorted.at(-1) ?? 0;
	const found = `${middle.toFixed(1)} ms to sync, ${worst.toFixed(1)} ms at worst`;
	if (durability === "os") return ok(`${found} (durability os does not wait for it)`);
	const fix = "put --data on a local solid-state disk, or accept --durability os";
	if (middle > 100) return fail(found, fix);
	return middle > 20 || worst > 500 ? warn(found, fix) : ok(found);
}

const spaceMin = 256 * 1_024 * 1_024;

export function checkSpace(folder: string): Result {
	const { bavail, bsize } = statfsSync(folder);
	const free = bavail * bsize;
	const found = `${(free / 1_073_741_824).toFixed(1)} GiB free`;
	const least = formatSize(spaceMin);
	const fix = `free some space (at least ${least}), or take another folder with --data`;
	return free < spaceMin ? fail(found, fix) : ok(found);
}

export interface ClockFacts {
	/** How far wall-clock and monotonic time ran apart while the other checks ran, in ms. */
	readonly driftMs: number;
	readonly now: number;
	/** When the store was last written; null: there is none. */
	readonly writtenAt: number | null;
	/** Null: the system does not say. */
	readonly synchronised: boolean | null;
}

/** A little later than it is, by another machine's clock, is no jump. */
const clockToleranceMs = 2_000;

export function checkClock({ driftMs, now, writtenAt, synchronised }: ClockFacts): Result {
	const fix = "set the clock and let the system keep it: timedatectl set-ntp true";
	if (writtenAt !== null && writtenAt - now > clockToleranceMs) {
		const behind = ((writtenAt - now) / 1_000).toFixed(0);
		return fail(`${behind} s behind the last write of the store`, fix);
	}
	if (Math.abs(driftMs) > 200) return warn(`jumped by ${driftMs.toFixed(0)} ms just now`, fix);
	if (synchronised === false) return warn("not kept by a time server", fix);
	const kept = synchronised === true ? ", kept by a time server" : "";
	return ok(`${new Date(now).toISOString()}${kept}`);
}

export function timeServer(): boolean | null {
	const args = ["show", "--property=NTPSynchronized", "--value"];
	const { stdout, status } = spawnSync("timedatectl", args, { encoding: "utf8", timeout: 2_000 });
	if (status !== 0) return null;
	return stdout.trim() === "yes" ? true : stdout.trim() === "no" ? false : null;
}

export function writtenAt(data: string): number | null {
	try {
		return statSync(markerPath(data)).mtimeMs;
	} catch {
		return null;
	}
}

/** Free, ours, or somebody else's. */
export async function checkPort(config: Config): Promise<Result> {
	const { host, port, data } = config;
	const running = runningServer(data);
	const where = `${host}:${port}`;
	if (running !== null && new URL(running.url).port === String(port)) {
		return ok(`${where}, our server listens (pid ${running.pid})`);
	}
	const code = await listenCode(host, port);
	if (code === null) return ok(`${where} is free`);
	if (code === "EADDRINUSE") {
		const fix = `stop what listens there (ss -ltnp sport = :${port}), or take another with --port`;
		return fail(`${where} is taken`, fix);
	}
	const fix = code === "EACCES" ? "take a port above 1023 with --port" : "check --host";
	return fail(`${where} cannot be used (${code})`, fix);
}

function listenCode(host: string, port: number): Promise<string | null> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown"));
		server.listen(port, host, () => server.close(() => resolve(null)));
	});
}

/** The nearest folder that is there: where the data folder would be made. */
export function nearest(data: string): string {
	let folder = data;
	while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
	return folder;
}

export async function checkFolder(config: Config): Promise<Result> {
	const { data } = config;
	const there = nearest(data);
	if (!statSync(there).isDirectory()) {
		return fail(`${there} is a file`, "take another path with --data");
	}
	try {
		accessSync(there, constants.W_OK | constants.X_OK);
	} catch (error) {
		const readOnly = (error as NodeJS.ErrnoException).code === "EROFS";
		const fix = readOnly ? "remount the disk" : `chown or chmod ${there}`;
		return fail(`${there} cannot be written`, `${fix}, or take another with --data`);
	}
	if (there !== data) return ok(`${data}, made at the first start`);
	const marker = await readMarker(data);
	const holder = await holderPid(data);
	if (holder !== null && runningServer(data)?.pid !== holder) {
		return warn(
			`${data} is held by process ${holder}`,
			`stop it before another start: kill ${holder}`,
		);
	}
	if (holder !== null) return ok(`${data}, served by process ${holder}`);
	return ok(marker === null ? `${data}, no store yet` : `${data}, boot ${marker.boot}`);
}

/** Whoever reads the secret can be anybody. */
export function checkSecret(config: Config): Result {
	const path = developmentMode(config) ? join(config.data, "secret") : config.authSecretFile;
	if (path === "") return ok("tokens are judged by public keys");
	if (!existsSync(path)) {
		if (developmentMode(config)) return ok("made at the first start");
		return fail(`${path} is not there`, "write at least 32 bytes into it, and chmod 600");
	}
	if ((statSync(path).mode & 0o077) !== 0 && process.platform !== "win32") {
		return fail(`${path} can be read by others`, `chmod 600 ${path}`);
	}
	return ok(developmentMode(config) ? `${path}, development mode` : path);
}
