#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=16 --heap-growing-percent=15
// The `colloquy` executable. CommonJS on purpose: Node reads an ES module through libuv's pool of
// threads, and the pool takes its size at first use, so that a module could not set it any more
// (tried on 20.20: a module got 4 threads whatever it set). Plain syntax, so that an old Node gets
// as far as being told that it is old.
//
// Memory follows what is in use: malloc gets two arenas instead of one for each thread of the pool,
// and the old generation is collected after it has grown by 15 %, where V8 let a crowd of
// sign-ins triple it. The young one takes 2 × 16 MB and keeps them when all are idle: 2 × 32 MB
// spend less time in collection under full load, and are 2.6 kB for each of 12,000 idle users.

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
