// What the broker logs through: one structured line an event. Lines carry types, ids and sizes,
// never a message body. The host brings its own; the command line writes JSON lines to stderr.

export type LogLevel = "debug" | "info" | "warn" | "error";

export type Log = (
	level: LogLevel,
	event: string,
	fields?: Readonly<Record<string, unknown>>,
) => void;

export const silentLog: Log = () => {};
