// What an upload costs at least in Node: a plain server that streams a body to a file, hashes it on
// the way, syncs it and answers with the hash. With `durable` it also does what it takes to find
// the file again after a power cut: a synced row, and a name by hash in synced folders.
// `node dist/bench/media-plain.js <folder> [durable]`.

import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

const [folder = "", durable] = process.argv.slice(2);
const rows = durable === undefined ? null : await open(join(folder, "rows"), "a");

const server = createServer(async (request, response) => {
	const hash = createHash("sha256");
	const hashing = new Transform({
		transform(chunk, _encoding, done) {
			hash.update(chunk);
			done(null, chunk);
		},
	});
	const path = join(folder, randomBytes(16).toString("hex"));
	// `flush`: the file is synced before it is closed.
	await pipeline(request, hashing, createWriteStream(path, { flush: true }));
	const hex = hash.digest("hex");
	if (rows !== null) {
		await rows.write(hex);
		await rows.datasync();
		await name(path, join(folder, hex.slice(0, 2), hex.slice(2, 4), hex));
	}
	const answer = JSON.stringify({ hash: hex });
	response.writeHead(201, { "content-length": answer.length }).end(answer);
});
server.listen(0, "127.0.0.1", () => {
	process.stdout.write(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});

/** Both folders are new, as they mostly are in a new store. */
async function name(path: string, place: string): Promise<void> {
	const leaf = dirname(place);
	await mkdir(leaf, { recursive: true });
	await rename(path, place);
	for (const one of [leaf, dirname(leaf)]) {
		const opened = await open(one, "r");
		await opened.sync();
		await opened.close();
	}
}
