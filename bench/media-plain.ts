// What an upload costs at least in Node: a plain server that streams a body to a file, hashes it on
// the way, syncs it and answers with the hash. `node dist/bench/media-plain.js <folder>`.

import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

const folder = process.argv[2] as string;

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
	const answer = JSON.stringify({ hash: hash.digest("hex") });
	response.writeHead(201, { "content-length": answer.length }).end(answer);
});
server.listen(0, "127.0.0.1", () => {
	process.stdout.write(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
