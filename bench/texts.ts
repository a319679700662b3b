// What people say in benches: about a hundred bytes of real text, never twice the same. From the
// `day \t time \t speaker \t text` lines of a corpus when one is given, else words drawn at random.

import { readFileSync } from "node:fs";

const words =
	`about again all and any are around because been before but can check could does done even find
	first for from get give good had has have here how into just kernel know last like little look
	make maybe more most much need never new next not now off only other our out over package people
	please really restart right same see server should some still sure take tell than thanks that the
	their then there these thing think this time try under update upgrade use very want was way well
	what when where which while who why will with without work would yes you your`.split(/\s+/);

/** A small generator with a seed, so that a run can be repeated. */
export function seeded(seed: number): () => number {
	let state = seed >>> 0 || 1;
	return () => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) / 4_294_967_296;
	};
}

/** `count` texts of `bytes` bytes each, or of any size between two, small ones more often. */
export function texts(
	count: number,
	bytes: number | readonly [least: number, most: number],
	corpus: string | null,
	seed: number,
): Buffer[] {
	const [least, most] = typeof bytes === "number" ? [bytes, bytes] : bytes;
	const random = seeded(seed);
	const lines = corpus === null ? [] : readFileSync(corpus, "utf8").split("\n");
	let line = Math.floor(random() * lines.length);
	const next = () => {
		if (lines.length === 0) return words[Math.floor(random() * words.length)] as string;
		line = (line + 1) % lines.length;
		return (lines[line] as string).split("\t")[3] ?? "";
	};
	return Array.from({ length: count }, () => {
		const size = Math.round(least * (most / least) ** random());
		let text = next();
		while (Buffer.byteLength(text) < size) text += ` ${next()}`;
		return Buffer.from(text).subarray(0, size);
	});
}
