#!/usr/bin/env -S node --max-semi-space-size=32
// The `colloquy` executable. CommonJS on purpose: Node reads an ES module through libuv's pool of
// threads, and the pool takes its size at first use, so that a module could not set it any more
// (tried on 20.20: a module got 4 threads whatever it set). Plain syntax, so that an old Node gets
// as far as being told that it is old. The young generation is larger than V8's default, because
// what waits for a commit must not be copied into the old one: it halved the time in collection.

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
	process.stderr.write(
		`colloquy: this is Node ${process.versions.node}, 20.19 or later is needed; install it\n`,
	);
	// `node` in exit.ts, which an old Node cannot load.
	process.exitCode = 8;
} else {
	// A commit, a look into history and a signature must not wait for each other: with four threads
	// and four hash jobs a commit's p99 rose thirty-fold.
	process.env.UV_THREADPOOL_SIZE ??= "8";
	void import("./main.js");
}
