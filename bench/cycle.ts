// The cycle over real sockets: a message leaves A, is durable, A has its `sent`, B has it, B's
// device confirms, A has its `delivered`. `cycle` asks how many there can be, in a closed loop;
// `latency` how long one takes while so many are offered. Server and load are processes of their
// own, one core each.

import { CliError } from "../src/cli/exit.js";
import { type Progress, runLoads } from "./child.js";
import { type Flags, shownRange } from "./flags.js";
import type { LoadCounts, LoadOptions } from "./load-counts.js";
import { type LoadResult, loadFigures } from "./load-figures.js";
import type { Figures } from "./table.js";
import { type Target, targetOf } from "./target.js";
import { median } from "./turns.js";

interface Defaults {
	readonly name: string;
	readonly pairs: number;
	readonly window: number;
	readonly rate: number | null;
	readonly lookMs: number;
}

export function cycle(flags: Flags): Promise<Figures[]> {
	return measured(flags, { name: "cycle", pairs: 100, window: 16, rate: null, lookMs: 0 });
}

/** A window that is never full: what is late is late because of the server. */
export function latency(flags: Flags): Promise<Figures[]> {
	return measured(flags, { name: "latency", pairs: 100, window: 250, rate: 2_000, lookMs: 50 });
}

async function measured(flags: Flags, defaults: Defaults): Promise<Figures[]> {
	const sustained = flags.on("sustained");
	const bytes = flags.range("bytes", 100);
	const parameters = {
		pairs: flags.number("pairs", defaults.pairs),
		window: flags.number("window", defaults.window),
		seconds: flags.number("seconds", sustained ? 60 : 5),
		rate: flags.number("rate", defaults.rate),
		bytes: shownRange(bytes),
	};
	const lookMs = flags.number("look", defaults.lookMs);
	const common: Common = {
		...parameters,
		bytes,
		least: 0,
		random: false,
		typing: flags.number("typing", 0),
		lookMs: lookMs === 0 ? null : lookMs,
		rampSeconds: flags.number("ramp", 0),
		warmupSeconds: flags.number("warmup", sustained ? 5 : 1),
		corpus: flags.text("corpus"),
		seed: flags.number("seed", 1),
	};
	const processes = Math.max(1, Math.min(flags.number("processes", 1), parameters.pairs));
	const sources = flags.text("source")?.split(",") ?? [];
	const repeat = flags.number("repeat", 1);
	const runs: LoadResult[] = [];
	for (let at = 0; at < repeat; at += 1) {
		const target = await targetOf(flags);
		try {
			const shares = shared(target, common, processes, sources);
			runs.push(loadFigures(await run(shares, target, flags)));
		} finally {
			await target.end();
		}
	}
	return [row(defaults.name, parameters, runs)];
}

type Common = Omit<LoadOptions, "url" | "people" | "serverPid" | "resume" | "source">;

/** What each process does of it. */
function shared(
	target: Target,
	common: Common,
	processes: number,
	sources: readonly string[],
): LoadOptions[] {
	const { url, serverPid, resume, peopleMax } = target;
	if (peopleMax !== null && peopleMax < 2 * common.pairs) {
		const action = "two lines a pair: say fewer --pairs";
		throw new CliError("usage", `the token file has ${peopleMax} people`, action);
	}
	let first = 0;
	return Array.from({ length: processes }, (_, at) => {
		const pairs = Math.floor(((at + 1) * common.pairs) / processes) - first;
		const rate = common.rate === null ? null : (common.rate * pairs) / common.pairs;
		const people = target.people(2 * first);
		first += pairs;
		const source = sources[at % sources.length] ?? null;
		// One process reads the server's time; all of them measure at the same moments.
		const pid = at === 0 ? serverPid : null;
		return { ...common, pairs, rate, url, people, source, resume, serverPid: pid };
	});
}

async function run(
	shares: readonly LoadOptions[],
	target: Target,
	flags: Flags,
): Promise<LoadCounts[]> {
	const line = process.stderr.isTTY && !flags.on("json") ? new ProgressLine() : null;
	// Several would share the one core that a single load is kept on.
	const core = shares.length > 1 || target.resume ? null : 1;
	try {
		return await runLoads<LoadCounts>("load.js", shares, {
			core,
			...(line === null ? {} : { onProgress: (all: Progress) => line.show(all) }),
		});
	} finally {
		line?.clear();
	}
}

/** How a run is going, on the line where the cursor stands. */
class ProgressLine {
	private readonly from = performance.now();
	private lastAt = this.from;
	private lastDone = 0;

	show({ done, faults }: Progress): void {
		const now = performance.now();
		// Several processes report in turn: a rate over a moment would jump.
		if (now - this.lastAt < 400) return;
		const rate = Math.round(((done - this.lastDone) * 1_000) / (now - this.lastAt));
		this.lastAt = now;
		this.lastDone = done;
		const seconds = Math.round((now - this.from) / 1_000);
		const shown = [`${seconds} s`, `${rate.toLocaleString("en-GB")} cycles/s`, `${faults} faults`];
		process.stderr.write(`\r\x1b[K  ${shown.join(" · ")}`);
	}

	clear(): void {
		process.stderr.write("\r\x1b[K");
	}
}

/** The run in the middle stands for all; the rate of each is told. */
function row(
	name: string,
	parameters: Readonly<Record<string, unknown>>,
	runs: readonly LoadResult[],
): Figures {
	const middle = median(runs, (run) => run.cyclesPerSecond);
	return {
		name,
		parameters: { ...parameters, repeat: runs.length },
		...middle,
		faults: runs.reduce((sum, run) => sum + run.faults, 0),
		firstFaults: runs.flatMap((run) => run.firstFaults).slice(0, 10),
		runs: runs.map((run) => run.cyclesPerSecond),
	};
}
