// What is judged at the end of a replayed session: what the server says it holds against what was
// said, and every device's copy against what the server says.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Seat } from "./replay-seat.js";

export interface CheckOptions {
	readonly data: string;
	readonly conversation: string;
	/** In the order of the file. */
	readonly lines: readonly (readonly [speaker: string, text: string])[];
}

interface Inspected {
	readonly head: number;
	readonly position: number;
	readonly members: readonly {
		readonly user: string;
		readonly delivered: number;
		readonly seen: number;
	}[];
	readonly messages: readonly {
		readonly seq: number;
		readonly position: number;
		readonly at: number;
		readonly sender: string;
		/** Base64. */
		readonly content: string | null;
	}[];
}

const cliFile = fileURLToPath(new URL("../src/cli/main.cjs", import.meta.url));
const outputBytesMax = 256 * 1_024 * 1_024;
/** A server that was killed takes a moment, and everyone wants to be let in at once. */
export const waitMaxMs = 120_000;

export class Check {
	private readonly options: CheckOptions;
	private readonly fault: (what: string) => void;

	constructor(options: CheckOptions, fault: (what: string) => void) {
		this.options = options;
		this.fault = fault;
	}

	/** How many rows were compared, over all copies. */
	async run(seats: readonly Seat[]): Promise<number> {
		const { lines } = this.options;
		const truth = await this.still();
		if (truth.head !== lines.length) this.fault(`head is ${truth.head} of ${lines.length}`);
		this.order(truth);
		for (const { user, delivered, seen } of truth.members) {
			const lawful = 0 <= seen && seen <= delivered && delivered <= truth.head;
			if (!lawful) this.fault(`${user} ends with delivered ${delivered}, seen ${seen}`);
		}
		for (const seat of seats) this.ticks(seat, truth);
		let compared = 0;
		for (const seat of seats) compared += await this.copy(seat, truth);
		return compared;
	}

	/** Receipts are gathered, and so come last: read until two readings are the same. */
	private async still(): Promise<Inspected> {
		for (let before = -1; ; ) {
			const truth = await this.inspect();
			if (truth.position === before) return truth;
			before = truth.position;
			await sleep(1_000);
		}
	}

	/** The durable truth. The server may be down for the sake of another session. */
	private async inspect(): Promise<Inspected> {
		const { conversation, data } = this.options;
		const args = [cliFile, "inspect", conversation, "--json", "--all", "--data", data];
		args.push("--kind", "conversation");
		const run = promisify(execFile);
		return patiently(async () => {
			const { stdout } = await run(process.execPath, args, { maxBuffer: outputBytesMax });
			return JSON.parse(stdout) as Inspected;
		});
	}

	/** Each speaker's lines are in the order of the file, each once. */
	private order(truth: Inspected): void {
		const stored = bySpeaker(truth.messages.map(({ sender, content }) => [sender, content]));
		const meant = bySpeaker(
			this.options.lines.map(([speaker, text]) => [speaker, Buffer.from(text).toString("base64")]),
		);
		for (const [speaker, texts] of meant) {
			const found = stored.get(speaker) ?? [];
			const at = texts.findIndex((text, i) => found[i] !== text);
			if (at >= 0 || found.length !== texts.length) {
				this.fault(`${speaker}: line ${at} differs, ${found.length} of ${texts.length} stored`);
			}
		}
	}

	/**
	 * A device knows what its own user has seen, and of others' watermarks as far as they cover what
	 * its user has said.
	 */
	private ticks(seat: Seat, truth: Inspected): void {
		const last = truth.messages.findLast(({ sender }) => sender === seat.user)?.seq ?? 0;
		for (const { user, delivered, seen } of truth.members) {
			const mark = seat.view?.watermarks.get(user);
			// A device that came late begins at what was delivered, and hears only of what moves since.
			if (mark === undefined) continue;
			const own = user === seat.user;
			const shown = own
				? (seenUpTo: number, _: number) => `seen ${seenUpTo}`
				: (seenUpTo: number, upTo: number) => `${Math.min(upTo, last)}/${Math.min(seenUpTo, last)}`;
			const here = shown(mark.seen, mark.delivered);
			const there = shown(seen, delivered);
			if (here !== there) this.fault(`${seat.user}: ${user} is ${here} here, ${there} there`);
		}
	}

	private async copy(seat: Seat, truth: Inspected): Promise<number> {
		try {
			await patiently(() => seat.readBack());
		} catch (cause) {
			this.fault(`${seat.user}: cannot read back: ${cause}`);
		}
		const rows = seat.view?.rows;
		if (rows === undefined || rows.size !== truth.messages.length) {
			this.fault(`${seat.user}: holds ${rows?.size ?? 0} of ${truth.messages.length}`);
			return 0;
		}
		for (const { seq, position, at, sender, content } of truth.messages) {
			const row = rows.get(seq);
			const bytes = row?.body?.content;
			const same = bytes !== undefined && Buffer.from(bytes).toString("base64") === content;
			const placed = row?.sender === sender && row.position === position && row.at === at;
			if (!same || !placed) this.fault(`${seat.user}: ${seq} differs`);
		}
		return truth.messages.length;
	}
}

type Said = readonly [speaker: string, text: string | null];

function bySpeaker(lines: readonly Said[]): Map<string, (string | null)[]> {
	const said = new Map<string, (string | null)[]>();
	for (const [speaker, text] of lines) {
		const texts = said.get(speaker);
		if (texts === undefined) said.set(speaker, [text]);
		else texts.push(text);
	}
	return said;
}

/** Again and again while the server is away, up to the longest wait. */
async function patiently<T>(run: () => Promise<T>): Promise<T> {
	const end = performance.now() + waitMaxMs;
	for (;;) {
		try {
			return await run();
		} catch (cause) {
			if (performance.now() > end) throw cause;
			await sleep(200);
		}
	}
}

export function sleep(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
