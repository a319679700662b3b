// The command line's log: one JSON line an event on stderr, for journald, a file or `jq`. Types,
// ids and sizes, never a message's content; whoever logs sees to that.

import type { Clock } from "../base/clock.js";
import type { Log, LogLevel } from "../base/log.js";

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Lines below the level are dropped; `write` gets each line without its end. */
export function lineLog(clock: Clock, least: LogLevel, write: (line: string) => void): Log {
	return (level, event, fields = {}) => {
		if (ranks[level] < ranks[least]) return;
		const time = new Date(clock.now()).toISOString();
		write(JSON.stringify({ time, level, event, ...fields }, plainly));
	};
}

/** Errors have no enumerable fields, and JSON knows no big numbers. */
function plainly(_key: string, value: unknown): unknown {
	if (value instanceof Error) return value.stack ?? value.message;
	return typeof value === "bigint" ? String(value) : value;
}
