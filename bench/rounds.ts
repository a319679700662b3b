// Several rounds of the same rows as one: the round in the middle is quoted, and how far the others
// lie apart is kept with it, because that is the noise of the machine.

import type { Figures } from "./table.js";
import { median } from "./turns.js";

interface Judged {
	readonly figure: string;
	readonly better: "more" | "less";
	/** How far single runs lie apart on a shared machine, as a ratio. */
	readonly noise: number;
}

/** Figures that tell whether something got slower; the first that a row has orders its rounds. */
export const judged: readonly Judged[] = [
	{ figure: "cyclesPerSecond", better: "more", noise: 1.15 },
	{ figure: "messagesPerSecond", better: "more", noise: 1.15 },
	{ figure: "deliveriesPerSecond", better: "more", noise: 1.15 },
	{ figure: "opsPerSecond", better: "more", noise: 1.15 },
	{ figure: "perSecond", better: "more", noise: 1.25 },
	{ figure: "connectsPerSecond", better: "more", noise: 1.4 },
	{ figure: "serverCpuMicrosPerCycle", better: "less", noise: 1.15 },
	{ figure: "serverCpuMicrosPerMessage", better: "less", noise: 1.15 },
	{ figure: "cpuMicros", better: "less", noise: 1.15 },
	{ figure: "nsPerOp", better: "less", noise: 1.25 },
	{ figure: "cpuNsPerMessage", better: "less", noise: 1.25 },
	{ figure: "p50Ms", better: "less", noise: 1.4 },
	{ figure: "p99Ms", better: "less", noise: 2 },
	{ figure: "bytesPerUser", better: "less", noise: 1.1 },
	{ figure: "startMs", better: "less", noise: 1.3 },
	{ figure: "keptPerByte", better: "less", noise: 1.1 },
	{ figure: "writtenPerByte", better: "less", noise: 1.3 },
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

function middle(group: readonly Figures[]): Figures {
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
	const faults = group.reduce(
		(sum, { faults }) => sum + (typeof faults === "number" ? faults : 0),
		0,
	);
	const rounds = group.length;
	return { ...(chosen as Figures), faults, rounds, spread: Object.fromEntries(spread) as Spread };
}
