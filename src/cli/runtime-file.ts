// `<data>/runtime.json`: where a running server says who it is and where it listens for the command
// line. It is a hint, not a lock: LevelDB's LOCK keeps a second server out. A file that a killed
// server left behind is recognised by the start time of the process that it names.

import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface RuntimeFile {
	/** Of the operating system, not of an actor. */
	readonly pid: number;
	/** Boot of the machine and start of the process, where the system tells; else empty. */
	readonly process: string;
	/** ISO 8601, UTC */
	readonly startedAt: string;
	readonly url: string;
	readonly adminSocket: string;
	/** Name of the node, and how often this store was opened: the first parts of every pid. */
	readonly node: string;
	readonly boot: number;
}

const texts = ["process", "startedAt", "url", "adminSocket", "node"] as const;

export const runtimeFileName = "runtime.json";

/** Replaces the file in one step, so that a reader sees all of it or nothing. */
export function writeRuntimeFile(data: string, content: RuntimeFile): void {
	const path = join(data, runtimeFileName);
	const draft = `${path}.${content.pid}.tmp`;
	writeFileSync(draft, `${JSON.stringify(content, null, "\t")}\n`, { mode: 0o600 });
	renameSync(draft, path);
}

/** What the file says, be it stale or not; null when there is none that can be read. */
export function readRuntimeFile(data: string): RuntimeFile | null {
	try {
		const said = JSON.parse(readFileSync(join(data, runtimeFileName), "utf8")) as RuntimeFile;
		const whole =
			Number.isSafeInteger(said.pid) &&
			said.pid > 0 &&
			Number.isSafeInteger(said.boot) &&
			texts.every((name) => typeof said[name] === "string");
		return whole ? said : null;
	} catch {
		// Absent, or cut by a power cut: it says nothing either way.
		return null;
	}
}

/** The file of a server that runs now; null when there is none or its process is gone. */
export function runningServer(data: string): RuntimeFile | null {
	const found = readRuntimeFile(data);
	if (found === null || !alive(found.pid)) return null;
	const now = processIdentity(found.pid);
	return found.process === "" || now === "" || found.process === now ? found : null;
}

/** Only a server's own file: a successor may have replaced it. */
export function removeRuntimeFile(data: string, pid: number): void {
	if (readRuntimeFile(data)?.pid !== pid) return;
	rmSync(join(data, runtimeFileName), { force: true });
}

function alive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (cause) {
		// Somebody else's process is alive too.
		return (cause as NodeJS.ErrnoException).code === "EPERM";
	}
}

/** Tells a process from a later one with the same number; empty where the system doesn't say. */
export function processIdentity(pid: number): string {
	try {
		const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		// The second field is the command in parentheses and may hold spaces and parentheses itself.
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		return `${boot}/${fields[19] ?? ""}`;
	} catch {
		return "";
	}
}
