// Latencies in buckets that grow by about 2 %, so that recording one costs a logarithm and a bucket
// and a percentile is off by at most that. Units: milliseconds.

const perDoubling = 32;
/** Anything faster counts as this. */
const leastMs = 0.001;
const doublings = 30;

export class Histogram {
	private readonly counts = new Uint32Array(perDoubling * doublings);
	count = 0;
	maxMs = 0;

	record(ms: number): void {
		const at = Math.floor(Math.log2(Math.max(ms, leastMs) / leastMs) * perDoubling);
		const bucket = Math.min(at, this.counts.length - 1);
		this.counts[bucket] = (this.counts[bucket] as number) + 1;
		this.count += 1;
		if (ms > this.maxMs) this.maxMs = ms;
	}

	/** The middle of the bucket below which this share of all lies. Null: nothing was recorded. */
	percentile(share: number): number | null {
		if (this.count === 0) return null;
		const rank = Math.ceil(this.count * share);
		let passed = 0;
		for (let at = 0; at < this.counts.length; at += 1) {
			passed += this.counts[at] as number;
			if (passed >= rank) return Math.min(leastMs * 2 ** ((at + 0.5) / perDoubling), this.maxMs);
		}
		return this.maxMs;
	}

	/** p50, p99, p99.9 and the longest, rounded for people. */
	summary(): Record<"p50Ms" | "p99Ms" | "p999Ms" | "maxMs", number | null> {
		return {
			p50Ms: round(this.percentile(0.5)),
			p99Ms: round(this.percentile(0.99)),
			p999Ms: round(this.percentile(0.999)),
			maxMs: this.count === 0 ? null : round(this.maxMs),
		};
	}
}

/** Three figures that mean something. */
export function round(value: number): number;
export function round(value: number | null): number | null;
export function round(value: number | null): number | null {
	return value === null ? null : Number(value.toPrecision(3));
}
