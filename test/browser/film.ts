// A file for pages: the same bytes in each page and in the test.

export function film(size: number): Uint8Array<ArrayBuffer> {
	const words = new Uint32Array(size / 4);
	for (let at = 0, word = 1; at < words.length; at += 1) {
		word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
		words[at] = word;
	}
	return new Uint8Array(words.buffer);
}
