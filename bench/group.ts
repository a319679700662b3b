// One conversation with many members. `group`: one of them writes, and a message is done when all
// have it; one at a time for how long that takes, several for how many deliveries there can be.
// `hot`: many write at once.

import { runLoad } from "./child.js";
import { type Flags, shownRange } from "./flags.js";
import type { GroupOptions } from "./group-load.js";
import type { LoadCounts } from "./load-counts.js";
import { loadFigures } from "./load-figures.js";
import type { Figures } from "./table.js";
import { targetOf } from "./target.js";

type Shape = Pick<GroupOptions, "members" | "senders" | "window">;

export async function group(flags: Flags): Promise<Figures[]> {
	const members = flags.number("members", 100);
	const senders = flags.number("senders", 1);
	return [
		await measured(flags, "group: one at a time", { members, senders, window: 1 }),
		await measured(flags, "group: sixteen at a time", { members, senders, window: 16 }),
	];
}

export async function hot(flags: Flags): Promise<Figures[]> {
	const senders = flags.number("senders", 50);
	const members = Math.max(senders, flags.number("members", senders));
	return [await measured(flags, "hot", { members, senders, window: 16 })];
}

async function measured(flags: Flags, name: string, shape: Shape): Promise<Figures> {
	const sustained = flags.on("sustained");
	const seconds = flags.number("seconds", sustained ? 60 : 5);
	const bytes = flags.range("bytes", 100);
	const target = await targetOf(flags);
	try {
		const options: GroupOptions = {
			url: target.url,
			people: target.people(0),
			serverPid: target.serverPid,
			...shape,
			warmupSeconds: flags.number("warmup", sustained ? 5 : 1),
			seconds,
			least: 0,
			bytes,
			seed: flags.number("seed", 1),
		};
		const counts = await runLoad<LoadCounts>("group-load.js", options);
		const { cycles, cyclesPerSecond, serverCpuMicrosPerCycle, ...figures } = loadFigures([counts]);
		const others = shape.members - 1;
		return {
			name,
			parameters: { ...shape, seconds, bytes: shownRange(bytes) },
			messagesPerSecond: cyclesPerSecond,
			deliveriesPerSecond: cyclesPerSecond * others,
			serverCpuMicrosPerMessage: serverCpuMicrosPerCycle,
			...figures,
			messages: cycles,
		};
	} finally {
		await target.end();
	}
}
