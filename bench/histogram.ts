// Latencies as an HdrHistogram: from one microsecond to an hour, off by a thousandth at most. What
// several processes recorded can be added up, and kept as the text that other tools read (V2,
// compressed, base64). Units: milliseconds.

import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64 } from "hdr-histogram-js";

const unitsPerMs = 1_000;
const longestMs = 3_600_000;

function empty() {
	return build({
		bitBucketSize: 32,
		numberOfSignificantValueDigits: 3,
		highestTrackableValue: longestMs * unitsPerMs,
	});
}

export interface Summary {
	readonly p50Ms: number | null;
	readonly p90Ms: number | null;
	readonly p99Ms: number | null;
	readonly p999Ms: number | null;
	readonly maxMs: number | null;
}

/** Up to here, in units, values are counted one by one: that takes a tenth of recording each. */
const countedBelow = 65_536;

export class Histogram {
	private readonly inner = empty();
	private readonly counted = new Uint32Array(countedBelow);
	private pending = false;

	/** All of them as one; texts are those of `encoded`. */
	static sum(texts: readonly string[]): Histogram {
		const sum = new Histogram();
		for (const text of texts) sum.inner.add(decodeFromCompressedBase64(text));
		return sum;
	}

	get count(): number {
		return this.all.totalCount;
	}

	record(ms: number): void {
		const value = Math.round(Math.min(Math.max(ms, 0), longestMs) * unitsPerMs);
		if (value >= countedBelow) {
			this.inner.recordValue(value);
			return;
		}
		this.counted[value] = (this.counted[value] as number) + 1;
		this.pending = true;
	}

	/** What this share of all does not exceed. Null: nothing was recorded. */
	percentile(share: number): number | null {
		const { all } = this;
		return all.totalCount === 0 ? null : all.getValueAtPercentile(share * 100) / unitsPerMs;
	}

	/** Rounded for people. */
	summary(): Summary {
		return {
			p50Ms: round(this.percentile(0.5)),
			p90Ms: round(this.percentile(0.9)),
			p99Ms: round(this.percentile(0.99)),
			p999Ms: round(this.percentile(0.999)),
			maxMs: round(this.percentile(1)),
		};
	}

	encoded(): string {
		return encodeIntoCompressedBase64(this.all);
	}

	/** With what was counted one by one. */
	private get all() {
		if (!this.pending) return this.inner;
		this.pending = false;
		for (const [value, times] of this.counted.entries()) {
			if (times > 0) this.inner.recordValueWithCount(value, times);
		}
		this.counted.fill(0);
		return this.inner;
	}
}

/** Three figures that mean something. */
export function round(value: number): number;
export function round(value: number | null): number | null;
export function round(value: number | null): number | null {
	return value === null ? null : Number(value.toPrecision(3));
}
