// A client under test that is a program: started anew for each situation, told what to send by
// lines on its standard input, ended by a signal.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { systemClock } from "../base/clock.js";
import type { Started, Subject } from "./client-stage.js";

/** How long a program may take to end once it is asked to. */
const endMs = 1_000;

/**
 * Runs `command` in a shell, with COLLOQUY_URL and COLLOQUY_TOKEN in its environment. Each line on
 * its standard input is a JSON document `{"send": {"conversation": …, "text": …}}`.
 */
export function commandSubject(command: string): Subject {
	return async ({ url, token }) => {
		const child = spawn(command, {
			shell: true,
			// A group of its own, so that the end reaches what the shell has started.
			detached: true,
			stdio: ["pipe", "ignore", "inherit"],
			env: { ...process.env, COLLOQUY_URL: url, COLLOQUY_TOKEN: token },
		});
		await once(child, "spawn");
		// Whoever has gone reads no more lines: the situation shows it.
		child.stdin.on("error", () => {});
		const started: Started = {
			send: (conversation, text) => {
				child.stdin.write(`${JSON.stringify({ send: { conversation, text } })}\n`);
			},
			stop: () => stop(child),
		};
		return started;
	};
}

async function stop(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const ended = once(child, "exit");
	signal(child, "SIGTERM");
	const timer = systemClock.after(endMs, () => signal(child, "SIGKILL"));
	await ended;
	timer.cancel();
}

/** The group has gone when its last process has: then there is nobody to signal. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
	try {
		process.kill(-(child.pid as number), name);
	} catch {}
}
