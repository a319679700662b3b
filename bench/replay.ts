// Hours of real talk, said again as fast as windows allow: every session a group, every speaker a
// user with one to three devices that drop and come back, the server killed three times on the way.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Flags } from "./flags.js";
import { round } from "./histogram.js";
import { cpuMicros, pinned } from "./machine.js";
import type { ReplayOptions, ReplayResult } from "./replay-load.js";
import { type BenchServer, startServer } from "./server.js";
import type { Figures } from "./table.js";

type Line = readonly [speaker: string, text: string];

export async function replay(flags: Flags): Promise<Figures[]> {
	const path = flags.words.find((word) => word !== "replay" && word.includes("."));
	if (path === undefined) throw new Error("replay wants the path of a file of lines");
	const limit = flags.number("limit", Number.POSITIVE_INFINITY);
	const sessionsMax = flags.number("sessions", Number.POSITIVE_INFINITY);
	const seed = flags.number("seed", 1);
	const parallel = flags.number("parallel", 2);
	const sessions = read(path, limit).slice(0, sessionsMax);
	const kills = flags.number("kills", 3);
	const run = new Run(sessions, seed, kills);
	await run.play(parallel);
	return [run.figures({ sessions: sessions.length, seed, parallel })];
}

/** `day \t HH:MM \t speaker \t text`, a day being a session. */
function read(path: string, limit: number): [name: string, lines: Line[]][] {
	const sessions = new Map<string, Line[]>();
	let count = 0;
	for (const line of readFileSync(path, "utf8").split("\n")) {
		const [day, , speaker, ...text] = line.split("\t");
		if (day === undefined || speaker === undefined || count >= limit) continue;
		count += 1;
		const lines = sessions.get(day) ?? [];
		lines.push([speaker, text.join("\t")]);
		sessions.set(day, lines);
	}
	return [...sessions];
}

class Run {
	private readonly sessions: readonly [name: string, lines: Line[]][];
	private readonly seed: number;
	private readonly killsAt: readonly number[];
	private readonly total: number;
	private readonly answered = new Map<string, number>();
	private readonly results: ReplayResult[] = [];
	private readonly failures: string[] = [];
	private server!: BenchServer;
	private kills = 0;
	private killing: Promise<void> = Promise.resolve();
	private ms = 0;
	/** Of the servers killed and of the last one. */
	private serverMicros = 0;

	constructor(sessions: readonly [name: string, lines: Line[]][], seed: number, kills: number) {
		// At equal shares of all messages: 25, 50 and 75 % by default.
		this.killsAt = Array.from({ length: kills }, (_, i) => (i + 1) / (kills + 1));
		this.sessions = sessions;
		this.seed = seed;
		this.total = sessions.reduce((sum, [, lines]) => sum + lines.length, 0);
	}

	async play(parallel: number): Promise<void> {
		this.server = await startServer();
		const from = performance.now();
		let next = 0;
		const player = async () => {
			while (next < this.sessions.length) {
				const index = next++;
				const [name, lines] = this.sessions[index] as [string, Line[]];
				await this.session(name, lines, this.seed + index);
			}
		};
		try {
			await Promise.all(Array.from({ length: parallel }, player));
			await this.killing;
			this.ms = performance.now() - from;
			this.serverMicros += cpuMicros(this.server.pid) ?? 0;
		} finally {
			await this.server.discard();
		}
	}

	private async session(name: string, lines: readonly Line[], seed: number): Promise<void> {
		const { url, secret, data } = this.server;
		const conversation = `talk-${name}`;
		const options: ReplayOptions = { url, secret, data, conversation, lines, seed };
		try {
			const result = await this.child(options);
			this.results.push(result);
			const { messages, speakers, devices, cuts, faults } = result;
			process.stderr.write(
				`${conversation}: ${messages} messages, ${speakers} speakers, ${devices} devices, ` +
					`${cuts} drops, ${result.sendMs} ms, ${faults} faults\n`,
			);
		} catch (cause) {
			this.failures.push(`${conversation}: ${cause}`);
		}
	}

	private child(options: ReplayOptions): Promise<ReplayResult> {
		const path = fileURLToPath(new URL("replay-load.js", import.meta.url));
		const [head, ...rest] = pinned(1, [process.execPath, path]);
		const child = spawn(head, rest, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
		child.send(options);
		return new Promise((resolve, reject) => {
			let result: ReplayResult | null = null;
			child.on("message", (message: { answered?: number; result?: ReplayResult }) => {
				if (message.result !== undefined) result = message.result;
				else this.progress(options.conversation, message.answered ?? 0);
			});
			child.once("error", reject);
			child.once("close", (code) => {
				if (result === null) reject(new Error(`ended with ${code}`));
				else resolve(result);
			});
		});
	}

	private progress(conversation: string, answered: number): void {
		this.answered.set(conversation, answered);
		const at = this.killsAt[this.kills];
		if (at === undefined) return;
		let sum = 0;
		for (const count of this.answered.values()) sum += count;
		if (sum < at * this.total) return;
		this.kills += 1;
		process.stderr.write(`${sum} of ${this.total} answered: the server is killed\n`);
		this.killing = this.killing.then(async () => {
			this.serverMicros += cpuMicros(this.server.pid) ?? 0;
			await this.server.kill();
			this.server = await this.server.restart();
		});
	}

	private forks(): Record<string, number> {
		const counts: Record<string, number> = {};
		for (const { forks } of this.results) {
			for (const [code, count] of Object.entries(forks)) {
				counts[code] = (counts[code] ?? 0) + count;
			}
		}
		return counts;
	}

	figures(parameters: Readonly<Record<string, number>>): Figures {
		const sum = (figure: (result: ReplayResult) => number) =>
			this.results.reduce((total, result) => total + figure(result), 0);
		const messages = sum((result) => result.messages);
		const firstFaults = this.results.flatMap((result) => result.firstFaults).slice(0, 10);
		return {
			name: "replay",
			parameters,
			messagesPerSecond: Math.round((messages * 1_000) / this.ms),
			serverCpuMicrosPerMessage: round(this.serverMicros / messages),
			messages,
			speakers: sum((result) => result.speakers),
			devices: sum((result) => result.devices),
			seconds: Math.round(this.ms / 1_000),
			kills: this.kills,
			drops: sum((result) => result.cuts),
			forks: this.forks(),
			rowsCompared: sum((result) => result.compared),
			receiptsTold: sum((result) => result.receiptsTold),
			checked: "order per speaker, each once, copies and ticks equal the server's, receipts lawful",
			faults: sum((result) => result.faults) + this.failures.length,
			firstFaults: [...this.failures, ...firstFaults],
		};
	}
}
