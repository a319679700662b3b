// An actor that misbehaves as a test plans it, and a stage for it: a tree of one kind, a clock that
// the test moves, a diary of everything that happened to the actor in the order it happened.

import { createRoot, type Root } from "../../actors/root.js";
import type { Directory, DirectoryLimits } from "../../actors/shard.js";
import type { Behaviour, Kind } from "../../actors/system.js";
import type { LogLevel } from "../../src/base/log.js";
import { type ManualClock, manualClock } from "./manual-clock.js";

export interface Probe {
	readonly n: number;
	/** What it does to its actor; without, it is handled. */
	readonly act?: "throw" | "throw once" | "reject" | "take long";
}

/** What the behaviour does beyond writing the diary. `life` counts its re-creations from 1. */
export interface Plan {
	start?(life: number): void | Promise<void>;
	receive?(message: Probe, life: number): void | Promise<void>;
	flush?(life: number): void;
	stop?(life: number): void | Promise<void>;
	idle?(nowMs: number): boolean;
}

export interface Stage {
	readonly clock: ManualClock;
	readonly root: Root;
	readonly actors: Directory<Probe>;
	/** `start`, `1` (a message), `flush 1,2`, `poison 2`, `refused 3 stopped`, `stop`, … */
	readonly diary: string[];
	readonly log: { level: LogLevel; event: string; fields: Record<string, unknown> }[];
	/** Resolves the oldest "take long" that is under way. */
	finish(): void;
}

export interface StageOptions extends Partial<Kind<Probe>> {
	readonly directory?: Partial<DirectoryLimits>;
}

export function stage(
	t: { teardown(run: () => void): void },
	plan: Plan = {},
	options: StageOptions = {},
): Stage {
	const clock = manualClock();
	const diary: string[] = [];
	const log: Stage["log"] = [];
	const under: (() => void)[] = [];
	const lives = new Map<string, number>();
	const root = createRoot({
		node: "n1",
		boot: 7,
		clock,
		log: (level, event, fields = {}) => log.push({ level, event, fields }),
	});
	t.teardown(() => root.system.close());
	const { directory, ...kind } = options;
	const actors = root.directory<Probe>(
		{
			name: "probes",
			create(id) {
				const life = (lives.get(id) ?? 0) + 1;
				lives.set(id, life);
				const wait = () => new Promise<void>((resolve) => under.push(resolve));
				return crashingActor(id, life, plan, diary, wait);
			},
			onPoison: ({ n }) => diary.push(`poison ${n}`),
			onRefused: ({ n }, why) => diary.push(`refused ${n} ${why}`),
			...kind,
		},
		{ shards: 4, ...directory },
	);
	return { clock, root, actors, diary, log, finish: () => under.shift()?.() };
}

function crashingActor(
	id: string,
	life: number,
	plan: Plan,
	diary: string[],
	wait: () => Promise<void>,
): Behaviour<Probe> {
	let decided: number[] = [];
	return {
		start() {
			diary.push("start");
			return plan.start?.(life);
		},
		receive(message) {
			const { n, act } = message;
			if (act === "throw" || (act === "throw once" && life === 1)) {
				diary.push(`${n} throws`);
				throw new Error(`cannot do ${n}\nat all`);
			}
			if (act === "reject") return Promise.reject(new Error(`cannot do ${n} later`));
			diary.push(String(n));
			decided.push(n);
			return act === "take long" ? wait() : plan.receive?.(message, life);
		},
		flush() {
			if (decided.length > 0) diary.push(`flush ${decided}`);
			decided = [];
			plan.flush?.(life);
		},
		stop() {
			diary.push("stop");
			return plan.stop?.(life);
		},
		abandon: () => void diary.push("abandon"),
		idle: (nowMs) => plan.idle?.(nowMs) ?? true,
		describe: () => ({ life, name: id }),
	};
}
