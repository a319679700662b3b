// Buffers that readers share one after the other: what is used again, and what never may be.

import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { PassThrough } from "node:stream";
import t from "tap";
import { Buffers, beginReading } from "../../src/media/pump.js";
import type { Blob } from "../../src/media/store.js";

const large = 1_000_000;

function blobOf(bytes: Buffer): Blob {
	return {
		size: bytes.length,
		read: () => PassThrough.from([bytes]) as PassThrough,
		readInto: async (buffer, from) => bytes.copy(buffer, 0, from),
		close: async () => {},
	};
}

/** A reader that keeps what it got as it was when it came. */
function reader() {
	const chunks: Buffer[] = [];
	const stream = new PassThrough();
	stream.on("data", (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
	return { response: stream as unknown as ServerResponse, got: () => Buffer.concat(chunks) };
}

t.test("a buffer that was given back is the next reader's", async (t) => {
	const buffers = new Buffers();
	const first = buffers.take(large);
	t.not(buffers.take(large), first);
	buffers.give(first);
	t.equal(buffers.take(large), first);
	const small = buffers.take(100);
	t.equal(small.length, 100);
	buffers.give(small);
	t.equal(buffers.take(large).length, first.length, "a small one is nobody's");
});

t.test("readers one after the other get their own bytes out of the same buffers", async (t) => {
	const buffers = new Buffers();
	const used = [buffers.take(large), buffers.take(large)];
	for (const buffer of used) buffers.give(buffer);
	for (const size of [large, 300_000, 40_000, 1, 600_000]) {
		const bytes = randomBytes(size);
		const { response, got } = reader();
		await (await beginReading(blobOf(bytes), 0, size - 1, buffers))(response);
		t.ok(bytes.equals(got()), `${size} bytes`);
	}
	t.same(new Set([buffers.take(large), buffers.take(large)]), new Set(used));
});

t.test(
	"a buffer of a reader that went is not used again: its write may be under way",
	async (t) => {
		const buffers = new Buffers();
		const used = [buffers.take(large), buffers.take(large)];
		for (const buffer of used) buffers.give(buffer);
		const send = await beginReading(blobOf(randomBytes(large)), 0, large - 1, buffers);
		const gone = new PassThrough({ highWaterMark: 1 });
		const sent = send(gone as unknown as ServerResponse);
		gone.destroy();
		await t.rejects(sent);
		const next = [buffers.take(large), buffers.take(large)];
		t.notOk(next.some((buffer) => used.includes(buffer)));
	},
);
