// `colloquy chat`: the conversation of a person in a terminal. A screen where there is one, plain
// lines where the terminal is dumb or input and output are pipes.

import { systemClock } from "../base/clock.js";
import type { Config } from "../config.js";
import { depthOf } from "../terminal/ansi.js";
import { orderOf } from "../terminal/bidi.js";
import { runPlain } from "../terminal/plain.js";
import { type Ending, runScreen } from "../terminal/screen.js";
import { signsOf } from "../terminal/theme.js";
import { exitCodes } from "./exit.js";
import { note } from "./output.js";
import { startTalker } from "./talker.js";

/** Resolves when the person has left. Errors: as `startTalker`. */
export async function chat(
	who: string | undefined,
	flags: Readonly<Record<string, unknown>>,
	config: Config,
): Promise<void> {
	const talker = await startTalker(flags, config);
	const { client } = talker;
	const first = who ?? null;
	const ended = new AbortController();
	const signal = endOnSignal(ended);
	const { stdin: input, stdout: output, env } = process;
	const screen = flags.plain !== true && input.isTTY && output.isTTY && env.TERM !== "dumb";
	const shared = { client, clock: systemClock, input, output, first };
	let ending: Ending = "left";
	if (screen) {
		const look = { signs: signsOf(env), order: orderOf(env) };
		ending = await runScreen({ ...shared, look, depth: depthOf(env) }, ended.signal);
	} else await runPlain(shared, ended.signal);
	const { queued } = client.state.snapshot();
	await talker.close();
	const by = signal();
	if (ending === "gone" || by === "SIGHUP") return dieOfHangUp();
	if (queued > 0) {
		const what = queued === 1 ? "1 message is" : `${queued} messages are`;
		note(`${what} not sent yet; the next \`colloquy chat\` sends what waits`);
	}
	process.exit(codes[by ?? "left"]);
}

type Signal = "SIGTERM" | "SIGHUP" | "SIGINT";

const codes = {
	left: exitCodes.ok,
	SIGINT: exitCodes.interrupted,
	SIGTERM: exitCodes.terminated,
} as const;

/** A signal ends the chat as leaving it does: the terminal is given back first. */
function endOnSignal(ended: AbortController): () => Signal | null {
	let seen: Signal | null = null;
	for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) {
		process.on(signal, () => {
			seen = signal;
			ended.abort();
		});
	}
	return () => seen;
}

/** Node's own way out sets the terminal right, and aborts when there is none any more. */
function dieOfHangUp(): Promise<never> {
	process.removeAllListeners("SIGHUP");
	process.kill(process.pid, "SIGHUP");
	return new Promise(() => {});
}
