// Chance from a seed, the same everywhere: whatever is random in a run is drawn here.

export interface Chance {
	/** Uniform in [0, 1). */
	next(): number;
	/** A whole number from 0 to `below` - 1. */
	below(below: number): number;
	/** True once in so many times, on average. */
	once(inTimes: number): boolean;
	pick<T>(from: readonly T[]): T;
	/** By weight. */
	weighted<T>(from: readonly (readonly [number, T])[]): T;
	bytes(size: number): Uint8Array;
	/** A generator of its own, so that drawing here changes nothing there. */
	fork(): Chance;
}

export function chance(seed: number): Chance {
	let state = seed >>> 0;

	function next(): number {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	}

	const below = (bound: number) => Math.floor(next() * bound);
	return {
		next,
		below,
		once: (inTimes) => next() * inTimes < 1,
		pick<T>(from: readonly T[]): T {
			if (from.length === 0) throw new RangeError("nothing to pick from");
			return from[below(from.length)] as T;
		},
		weighted<T>(from: readonly (readonly [number, T])[]): T {
			let at = next() * from.reduce((sum, [weight]) => sum + weight, 0);
			for (const [weight, value] of from) {
				at -= weight;
				if (at < 0) return value;
			}
			return (from[from.length - 1] as readonly [number, T])[1];
		},
		bytes: (size) => Uint8Array.from({ length: size }, () => below(256)),
		fork: () => chance(below(0x7fffffff) * 2 + 1),
	};
}
