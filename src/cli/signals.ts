// The end of `serve`: the first signal drains, a second one ends the process at once. Acknowledged
// messages are on disk either way; the drain is a courtesy to clients.

import type { Clock } from "../base/clock.js";
import { exitCodes } from "./exit.js";
import { note } from "./output.js";

/** A drain that hangs is a fault; supervisors kill after ten seconds, so we are gone before. */
const drainDeadlineMs = 9_800;

export interface End {
	readonly clock: Clock;
	/** Announce, drain, close. Called once. */
	drain(): Promise<void>;
}

/** Returns at once; the process ends when a signal has come and the drain is over. */
export function endOnSignals({ clock, drain }: End): void {
	let draining = false;
	function onSignal(signal: NodeJS.Signals): void {
		if (draining) {
			note(`colloquy: ${signal} again: ends at once; what was acknowledged stays`);
			process.exit(signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated);
		}
		draining = true;
		clock.after(drainDeadlineMs, () => {
			note("colloquy: the drain did not end in time; ends at once");
			process.exit(exitCodes.fault);
		});
		drain().then(
			() => process.exit(exitCodes.ok),
			(error: unknown) => {
				note(`colloquy: the drain failed: ${String(error)}`);
				process.exit(exitCodes.fault);
			},
		);
	}
	process.on("SIGTERM", onSignal);
	process.on("SIGINT", onSignal);
}
