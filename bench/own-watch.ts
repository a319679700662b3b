// The runner's distrust of itself: what share of its core a load used, how long its event loop was
// late, and whether that means that the figures tell of the runner more than of the server.

import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { round } from "./histogram.js";

export interface OwnFigures {
	/** Share of one core. */
	readonly loadCpuShare: number;
	/** How much later than due the loop came round, 99 of 100 times at most. */
	readonly loadDelayP99Ms: number;
}

const resolutionMs = 5;
/** From here on the load had hardly any time left in which it could have asked for more. */
const cpuShareMax = 0.9;
/** A loop that is so late measures its own queue. */
const delayMsMax = 50;

export class OwnWatch {
	private readonly delay: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
	private readonly cpu = process.cpuUsage();
	private readonly from = performance.now();

	constructor() {
		this.delay.enable();
	}

	end(): OwnFigures {
		this.delay.disable();
		const { user, system } = process.cpuUsage(this.cpu);
		const ms = performance.now() - this.from;
		return {
			loadCpuShare: round((user + system) / (ms * 1_000)),
			loadDelayP99Ms: round(Math.max(0, this.delay.percentile(99) / 1e6 - resolutionMs)),
		};
	}
}

/**
 * `load`: what was measured is what the runner could do. `machine`: the runner had time enough, and
 * did not get it when it was due, because something else runs here.
 */
export function boundOf(own: OwnFigures): "load" | "machine" | "server or window" {
	if (own.loadCpuShare > cpuShareMax) return "load";
	return own.loadDelayP99Ms > delayMsMax ? "machine" : "server or window";
}
