// `colloquy send`: messages from an argument or from lines of the input, and how far they must get
// before the command ends. One line for each on stdout, JSON lines with --json.

import { createInterface } from "node:readline";
import { sleep, systemClock } from "../base/clock.js";
import { parseDuration } from "../config/units.js";
import type { Config } from "../config.js";
import type { Conversation, Message } from "../sdk/index.js";
import { find } from "../terminal/find.js";
import { CliError, exitCodes } from "./exit.js";
import { print, printJson } from "./output.js";
import { endOnBrokenPipe, inTime, wholeOf } from "./pipeline.js";
import { connected, startTalker } from "./talker.js";

type Flags = Readonly<Record<string, unknown>>;

export const goals = ["queued", "sent", "delivered", "seen"] as const;
export type Goal = (typeof goals)[number];

/** Unanswered at once: more would only grow the outbox. */
const underWayMax = 64;

interface Wanted {
	readonly goal: Goal;
	readonly count: number;
	readonly everyMs: number;
	readonly withinMs: number;
}

/** Errors: CliError; BrokerError as the server refused. */
export async function send(
	to: string,
	text: string | undefined,
	flags: Flags,
	config: Config,
	json: boolean,
): Promise<void> {
	const wanted = wantedOf(flags);
	const talker = await startTalker(flags, config);
	try {
		endOnBrokenPipe();
		const { client } = talker;
		await inTime(connected(client), wanted.withinMs, `no connection to ${talker.target.url}`);
		const conversation = await inTime(find(client, to, systemClock), wanted.withinMs, "no answer");
		const bodies = text === undefined ? inputBodies(flags) : repeated(text, wanted.count);
		await sendAll(conversation, bodies, wanted, json);
	} finally {
		await talker.close();
	}
	process.exit(process.exitCode ?? exitCodes.ok);
}

function wantedOf(flags: Flags): Wanted {
	return {
		goal: goalOf(flags.until, "sent"),
		count: wholeOf("--count", flags.count ?? "1"),
		everyMs: durationOf("--every", flags.every ?? "0ms"),
		withinMs: durationOf("--within", flags.within ?? "30s"),
	};
}

export function goalOf(raw: unknown, byDefault: Goal): Goal {
	const goal = goals.find((one) => one === (raw ?? byDefault));
	if (goal !== undefined) return goal;
	throw new CliError("usage", `--until ${String(raw)} is no status`, `say ${goals.join(", ")}`);
}

export function durationOf(flag: string, raw: unknown): number {
	const ms = parseDuration(String(raw));
	if (ms !== null) return ms;
	throw new CliError("usage", `${flag} ${String(raw)} is no duration`, "say 500ms, 10s or 2m");
}

async function sendAll(
	conversation: Conversation,
	bodies: AsyncIterable<string>,
	{ goal, everyMs, withinMs }: Wanted,
	json: boolean,
): Promise<void> {
	const underWay = new Set<Promise<void>>();
	let refusal: unknown = null;
	let first = true;
	for await (const body of bodies) {
		if (!first && everyMs > 0) await sleep(systemClock, everyMs);
		first = false;
		const message = conversation.send(body);
		const settled = inTime(message.reached(goal), withinMs, `not ${goal}`)
			.catch((error: unknown) => {
				refusal ??= error;
			})
			.then(() => {
				tell(message, json);
				underWay.delete(settled);
			});
		underWay.add(settled);
		if (underWay.size >= underWayMax) await Promise.race(underWay);
		if (refusal !== null) break;
	}
	await Promise.all(underWay);
	if (refusal !== null) throw refusal;
}

function tell(message: Message, json: boolean): void {
	const { conversation, seq, key, status, at, error } = message;
	if (json) {
		const why = error === null ? {} : { error: { code: error.code, message: error.message } };
		printJson({ conversation, seq, key, status, at, ...why });
	} else print(`${conversation} ${seq === null ? "-" : `#${seq}`} ${status}`);
}

/** `{{n}}` counts from 1, `{{time}}` is the time of sending. */
async function* repeated(text: string, count: number): AsyncGenerator<string> {
	for (let n = 1; n <= count; n += 1) {
		const time = new Date(systemClock.now()).toISOString();
		yield text.replaceAll("{{n}}", String(n)).replaceAll("{{time}}", time);
	}
}

/** A message for each line that is not blank, or one for all of the input. */
async function* inputBodies(flags: Flags): AsyncGenerator<string> {
	if (flags.whole !== true) {
		for await (const line of createInterface({ input: process.stdin, terminal: false })) {
			if (line.trim() !== "") yield line;
		}
		return;
	}
	const chunks: Buffer[] = [];
	for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
	const text = Buffer.concat(chunks).toString("utf8").replace(/\n$/, "");
	if (text !== "") yield text;
}
