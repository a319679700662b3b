// What the counts of one or several load processes come to, as one row of figures.

import { allFaults, type FaultFigures } from "./faults.js";
import { Histogram, round, type Summary } from "./histogram.js";
import { type LoadCounts, type Timed, timed } from "./load-counts.js";
import { boundOf, type OwnFigures } from "./own-watch.js";

export interface LoadResult extends Summary, FaultFigures, OwnFigures {
	readonly cyclesPerSecond: number;
	readonly cycles: number;
	readonly serverCpuMicrosPerCycle: number | null;
	/** Share of one core. */
	readonly serverCpuShare: number | null;
	/** From when the message was due to A's answer. */
	readonly sent: Summary;
	/** From when it was due until B has it. */
	readonly received: Summary;
	/** From when it was due until A knows that B has it: the whole cycle. */
	readonly delivered: Summary;
	/** From B's saying that it has seen it until A knows. */
	readonly seen: Summary | null;
	/** Longest time without any cycle done. */
	readonly stallMs: number;
	readonly lateSends: number;
	readonly connectsPerSecond: number;
	readonly losses: Readonly<Record<string, number>>;
	readonly bound: ReturnType<typeof boundOf>;
	/** Cycles of each second. */
	readonly eachSecond: readonly number[];
	/** HdrHistogram V2, compressed, base64; µs. */
	readonly histograms: Readonly<Partial<Record<Timed, string>>>;
}

export function loadFigures(all: readonly LoadCounts[]): LoadResult {
	const sum = (figure: (one: LoadCounts) => number) =>
		all.reduce((total, one) => total + figure(one), 0);
	const most = (figure: (one: LoadCounts) => number) => Math.max(...all.map(figure));
	const cycles = sum((one) => one.cycles);
	const ms = most((one) => one.ms);
	const meanwhile = sum((one) => one.meanwhile);
	const counted = all.map((one) => one.serverMicros).filter((micros) => micros !== null);
	const serverMicros = counted.length === 0 ? null : Math.max(...counted);
	const times = (what: Timed) => Histogram.sum(all.map((one) => one.times[what]));
	const histograms = new Map(timed.map((what) => [what, times(what)]));
	const summary = (what: Timed) => (histograms.get(what) as Histogram).summary();
	const own = {
		loadCpuShare: most((one) => one.own.loadCpuShare),
		loadDelayP99Ms: most((one) => one.own.loadDelayP99Ms),
	};
	const seconds = Math.min(...all.map((one) => one.eachSecond.length));
	const recorded = [...histograms].filter(([, one]) => one.count > 0);
	return {
		cyclesPerSecond: Math.round((cycles * 1_000) / most((one) => one.spanMs)),
		cycles,
		serverCpuMicrosPerCycle:
			serverMicros === null || meanwhile === 0 ? null : round(serverMicros / meanwhile),
		serverCpuShare: serverMicros === null ? null : round(serverMicros / (ms * 1_000)),
		...summary("delivered"),
		sent: summary("sent"),
		received: summary("received"),
		delivered: summary("delivered"),
		seen: histograms.get("seen")?.count === 0 ? null : summary("seen"),
		stallMs: round(most((one) => one.stallMs)),
		...own,
		lateSends: sum((one) => one.lateSends),
		connectsPerSecond: sum((one) => one.connectsPerSecond),
		losses: tally(all.map((one) => one.losses)),
		...allFaults(all.map((one) => one.found)),
		bound: boundOf(own),
		eachSecond: Array.from({ length: seconds }, (_, at) => sum((one) => one.eachSecond[at] ?? 0)),
		histograms: Object.fromEntries(recorded.map(([what, one]) => [what, one.encoded()])),
	};
}

function tally(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const one of all) {
		for (const [why, count] of Object.entries(one)) counts[why] = (counts[why] ?? 0) + count;
	}
	return counts;
}
