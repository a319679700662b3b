// The long runs: the files that end in `.soak.ts`, then simulations from ever new seeds for some
// minutes, `SOAK_MINUTES` (10 by default), from `SOAK_SEED` on. Every failure is printed with its
// seed; the exit code says whether there was one. `--media 200` instead: so many rounds of random
// use of media, each ended by `kill -9`.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./helpers/root.js";
import { runMediaRounds } from "./media/rounds.js";
import { run } from "./simulation/run.js";

const { values } = parseArgs({ options: { media: { type: "string" } } });
const sound =
	values.media === undefined
		? longFiles() && (await simulate())
		: await mediaRounds(Number(values.media));
process.exitCode = sound ? 0 : 1;

function longFiles(): boolean {
	const command = [join(root, "dist/test/files.js"), "--soak"];
	return spawnSync(process.execPath, command, { cwd: root, stdio: "inherit" }).status === 0;
}

async function mediaRounds(rounds: number): Promise<boolean> {
	const result = await runMediaRounds(rounds, ({ rounds, faults }) => {
		if (rounds % 20 === 0) console.log(`${rounds} rounds, ${faults.length} faults`);
	});
	console.log(JSON.stringify(result));
	return result.faults.length === 0;
}

async function simulate(): Promise<boolean> {
	const minutes = Number(process.env.SOAK_MINUTES ?? "10");
	const until = performance.now() + minutes * 60_000;
	let seed = Number(process.env.SOAK_SEED ?? "1000");
	const totals = { runs: 0, steps: 0, commits: 0, frames: 0, ends: 0, sends: 0 };
	const failed: number[] = [];

	const began = performance.now();
	while (performance.now() < until) {
		const outcome = await run(seed);
		totals.runs += 1;
		totals.steps += outcome.steps;
		totals.commits += outcome.commits;
		totals.frames += outcome.frames;
		totals.ends += outcome.ends;
		totals.sends += outcome.sends;
		if (outcome.failure !== null) {
			failed.push(seed);
			console.log(outcome.failure);
		}
		seed += 1;
	}
	const seconds = (performance.now() - began) / 1_000;
	console.log(JSON.stringify({ ...totals, seconds, stepsPerSecond: totals.steps / seconds }));
	console.log(failed.length === 0 ? "no failure" : `failed seeds: ${failed.join(" ")}`);
	return failed.length === 0;
}
