// Several rounds of the same rows as one: the round in the middle is quoted, and how far the others
// lie apart is kept with it, because that is the noise of the machine. What is judged, and how.

import type { Figures } from "./table.js";
import { median } from "./turns.js";

interface Judged {
	readonly figure: string;
	/** For people, with its unit. */
	readonly title: string;
	readonly better: "more" | "less";
	/**
	 * `time`: only tells of the server where machine and disk were as before. `cpu`: where nothing
	 * else ran, in terms of what a core cost then. `least`: the fastest of many waits, which other
	 * work hardly moves. `size`: whatever the machine did.
	 */
	readonly kind: "time" | "cpu" | "least" | "size";
	/** How far single runs lie apart, as a ratio; of `least` on one that is busy. */
	readonly noise: number;
}

/** Figures that tell whether something got slower; the first that a row has orders its rounds. */
export const judged: readonly Judged[] = [
	{ figure: "cyclesPerSecond", title: "cycles/s", better: "more", kind: "time", noise: 1.15 },
	{ figure: "messagesPerSecond", title: "messages/s", better: "more", kind: "time", noise: 1.15 },
	{
		figure: "deliveriesPerSecond",
		title: "deliveries/s",
		better: "more",
		kind: "time",
		noise: 1.15,
	},
	{ figure: "opsPerSecond", title: "ops/s", better: "more", kind: "cpu", noise: 1.25 },
	{ figure: "perSecond", title: "per second", better: "more", kind: "time", noise: 1.25 },
	{ figure: "connectsPerSecond", title: "connects/s", better: "more", kind: "time", noise: 1.4 },
	{
		figure: "serverCpuMicrosPerCycle",
		title: "server µs/cycle",
		better: "less",
		kind: "cpu",
		noise: 1.15,
	},
	{
		figure: "serverCpuMicrosPerMessage",
		title: "server µs/message",
		better: "less",
		kind: "cpu",
		noise: 1.15,
	},
	{ figure: "cpuMicros", title: "CPU µs", better: "less", kind: "cpu", noise: 1.15 },
	{ figure: "nsPerOp", title: "ns/op", better: "less", kind: "cpu", noise: 1.25 },
	{ figure: "cpuNsPerMessage", title: "CPU ns/message", better: "less", kind: "cpu", noise: 1.25 },
	{ figure: "floorMs", title: "fastest ms", better: "less", kind: "least", noise: 3 },
	{ figure: "p50Ms", title: "p50 ms", better: "less", kind: "time", noise: 1.4 },
	{ figure: "p99Ms", title: "p99 ms", better: "less", kind: "time", noise: 2 },
	{ figure: "bytesPerUser", title: "bytes/user", better: "less", kind: "size", noise: 1.1 },
	{ figure: "startMs", title: "start ms", better: "less", kind: "time", noise: 1.3 },
	{ figure: "keptPerByte", title: "kept/byte", better: "less", kind: "size", noise: 1.1 },
	{ figure: "writtenPerByte", title: "written/byte", better: "less", kind: "size", noise: 1.3 },
];

export type Spread = Readonly<Record<string, readonly [least: number, most: number]>>;

/** What makes two rows the same one. */
export function keyOf({ name, parameters }: Figures): string {
	return JSON.stringify([name, parameters]);
}

export function middles(runs: readonly Figures[]): Figures[] {
	const groups = new Map<string, Figures[]>();
	for (const run of runs) groups.set(keyOf(run), [...(groups.get(keyOf(run)) ?? []), run]);
	return [...groups.values()].map(
		(group) => (group.length === 1 ? group[0] : middle(group)) as Figures,
	);
}

/** Rounds that were disturbed count only when all were. */
function middle(all: readonly Figures[]): Figures {
	const quiet = all.filter(({ bound }) => bound !== "machine");
	const group = quiet.length > 0 ? quiet : all;
	const present = judged.filter(({ figure }) =>
		group.every((row) => typeof row[figure] === "number"),
	);
	const [first] = present;
	const chosen =
		first === undefined ? group[0] : median(group, (row) => row[first.figure] as number);
	const spread = present.map(({ figure }) => {
		const values = group.map((row) => row[figure] as number).sort((a, b) => a - b);
		// Of five and more one may be out of line at either end.
		const within = values.length < 5 ? values : values.slice(1, -1);
		return [figure, [within[0], within.at(-1)]];
	});
	const faults = all.reduce(
		(sum, { faults }) => sum + (typeof faults === "number" ? faults : 0),
		0,
	);
	return {
		...(chosen as Figures),
		faults,
		rounds: all.length,
		...(group.length < all.length ? { quietRounds: group.length } : {}),
		...(group.length > 1 ? { spread: Object.fromEntries(spread) as Spread } : {}),
	};
}
