// One run from a seed: beats of chance, then the end. What it found, and how to see it again.

import { actions } from "./actions.js";
import { settle } from "./ending.js";
import { delay } from "./store.js";
import { type Plant, Violation, World } from "./world.js";

export interface Outcome {
	readonly seed: number;
	/** What went wrong first, with the last steps; null: nothing did. */
	readonly failure: string | null;
	readonly steps: number;
	readonly beats: number;
	readonly virtualMs: number;
	readonly commits: number;
	readonly frames: number;
	readonly ends: number;
	readonly sends: number;
}

const beatsDefault = 600;
const linesShown = 60;

export async function run(
	seed: number,
	options: { readonly plant?: Plant; readonly beats?: number } = {},
): Promise<Outcome> {
	const { plant = {}, beats = beatsDefault } = options;
	const undo = plant.apply?.() ?? (() => {});
	const world = new World(seed, plant);
	const onRejection = (cause: unknown) => {
		const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
		world.complain(`unhandled rejection: ${text}`);
	};
	process.on("unhandledRejection", onRejection);
	let failure: string | null = null;
	try {
		await world.host.start();
		for (const phone of world.phones) phone.start();
		for (let beat = 0; beat < beats; beat += 1) await live(world);
		await settle(world);
	} catch (cause) {
		failure = report(world, cause);
	} finally {
		process.off("unhandledRejection", onRejection);
		for (const phone of world.phones) phone.owner.alive = false;
		world.sky.alive = false;
		await world.host.crash();
		undo();
	}
	const { steps, now } = world.scheduler;
	const { commits, sends } = world.ledger;
	const { frames } = world;
	const { ends } = world.host;
	return { seed, failure, steps, beats, virtualMs: now, commits, frames, ends, sends: sends.size };
}

/** One thing is done; then some steps, or some time. */
async function live(world: World): Promise<void> {
	const { chance, scheduler } = world;
	await chance.weighted(actions)(world);
	const until = Math.max(world.resumeAt, chance.once(2) ? scheduler.now + delay(chance, 800) : 0);
	for (let left = chance.below(25); left > 0 || scheduler.now < until; left -= 1) {
		if (!(await scheduler.step())) break;
		if (world.violation !== null) throw new Violation(world.violation);
	}
}

function report(world: World, cause: unknown): string {
	const what = cause instanceof Violation ? cause.message : String((cause as Error).stack ?? cause);
	const { notes, seed, host, config } = world;
	return [
		`seed ${seed}, boot ${host.boots}: ${what}`,
		`  config ${JSON.stringify(config)}`,
		`  faults ${JSON.stringify(world.faults)} network ${JSON.stringify(world.network)}`,
		...notes.slice(-linesShown).map((line) => `  ${line}`),
	].join("\n");
}
