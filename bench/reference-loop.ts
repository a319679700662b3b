// A fixed piece of work, `node dist/bench/reference-loop.js`: how dear a core is just now. It mixes
// numbers in registers, then follows a chain through more memory than a core's own caches hold:
// neighbours slow down both, each in its own measure. Prints one JSON line: CPU time in µs.

const rounds = 7;
const mixes = 4_000_000;
/** A power of two, 16 MiB of them. */
const links = 2 ** 22;
const steps = 150_000;

/** One round through all places, in an order that no prefetcher guesses. */
function chained(): Uint32Array {
	const chain = new Uint32Array(links);
	// 4 k + 1 times the place, plus an odd number: such a generator visits every place once.
	for (let at = 0; at < links; at += 1) {
		chain[at] = (Math.imul(at, 1_664_525) + 1_013_904_223) & (links - 1);
	}
	return chain;
}

function work(chain: Uint32Array): number {
	let mixed = 1;
	for (let at = 0; at < mixes; at += 1) mixed = (Math.imul(mixed, 1_597_334_677) ^ at) | 0;
	let place = mixed & (links - 1);
	for (let at = 0; at < steps; at += 1) place = chain[place] as number;
	return place;
}

const chain = chained();
const micros: number[] = [];
// What is computed is used, so that it has to be computed.
let used = 0;
for (let round = 0; round <= rounds; round += 1) {
	const from = process.cpuUsage();
	used += work(chain);
	const { user, system } = process.cpuUsage(from);
	// The first one is compiled on the way.
	if (round > 0) micros.push(user + system);
}
micros.sort((a, b) => a - b);
process.stdout.write(`${JSON.stringify({ micros: micros[rounds >> 1], used })}\n`);
