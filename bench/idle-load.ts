// The load of `idle`: users in pairs that share one direct conversation, all connected, all silent,
// then all pulsing, evenly spread.

import { directId } from "../src/base/ids.js";
import { socketUrl } from "../src/client/socket-url.js";
import { runAsLoad } from "./child.js";
import { type FaultFigures, Faults } from "./faults.js";
import { Histogram, round } from "./histogram.js";
import type { Net } from "./lean-link.js";
import { LeanUser } from "./lean-user.js";
import { cpuMicros, residentBytes } from "./machine.js";
import { boundOf, type OwnFigures, OwnWatch } from "./own-watch.js";
import { mint } from "./server.js";
import { inTurn, sleep } from "./turns.js";

export interface IdleOptions {
	readonly url: string;
	readonly secret: string;
	readonly serverPid: number;
	readonly users: number;
	/** Seconds without traffic before memory is read. */
	readonly settle: number;
	/** Then each pulses so often, for as long; 0: nobody does. */
	readonly pulse: number;
}

export interface IdleResult extends FaultFigures, OwnFigures {
	readonly bytesPerUser: number | null;
	readonly rssBeforeMiB: number | null;
	readonly rssAfterMiB: number | null;
	readonly connectsPerSecond: number;
	/** From the start of a connection to the end of its handshake. */
	readonly p50Ms: number | null;
	readonly p99Ms: number | null;
	readonly maxMs: number | null;
	/** Of one core, while all are idle. */
	readonly idleCpuShare: number | null;
	/** Of one core, while all pulse. */
	readonly pulsingCpuShare: number | null;
	readonly pulsesPerSecond: number;
	readonly bound: ReturnType<typeof boundOf>;
}

const openingMax = 50;

async function main(options: IdleOptions): Promise<IdleResult> {
	const faults = new Faults();
	const own = new OwnWatch();
	const users: LeanUser[] = [];
	const net: Net = {
		url: socketUrl(options.url),
		resume: false,
		source: null,
		stopping: false,
		lost: () => {},
		fault: (what, kind) => faults.add(what, kind),
	};
	const times = new Histogram();
	const before = residentBytes(options.serverPid);
	const from = performance.now();
	await inTurn(Math.ceil(options.users / 2), openingMax, async (index) => {
		const names = [`i${index}-left`, `i${index}-right`] as const;
		const pair = names.map((name) => new LeanUser(net, mint(options.secret, name)));
		for (const user of pair) {
			const started = performance.now();
			await user.connected();
			times.record(performance.now() - started);
		}
		users.push(...pair);
		const [left] = pair as [LeanUser];
		await opened(left, names);
	});
	const connectMs = performance.now() - from;
	const ownFigures = own.end();
	const cpu = cpuMicros(options.serverPid);
	const settledFrom = performance.now();
	await sleep(options.settle * 1_000);
	const used = (cpuMicros(options.serverPid) ?? 0) - (cpu ?? 0);
	const after = residentBytes(options.serverPid);
	const idleMs = performance.now() - settledFrom;
	const pulsing = await pulses(options, users);
	return {
		bytesPerUser:
			before === null || after === null ? null : Math.round((after - before) / options.users),
		rssBeforeMiB: before === null ? null : round(before / 2 ** 20),
		rssAfterMiB: after === null ? null : round(after / 2 ** 20),
		connectsPerSecond: Math.round((options.users * 1_000) / connectMs),
		...times.summary(),
		idleCpuShare: cpu === null ? null : round(used / (idleMs * 1_000)),
		...pulsing,
		...ownFigures,
		bound: boundOf(ownFigures),
		...faults.figures,
	};
}

async function pulses({ serverPid, settle, pulse }: IdleOptions, users: readonly LeanUser[]) {
	if (pulse === 0) return { pulsingCpuShare: null, pulsesPerSecond: 0 };
	const before = cpuMicros(serverPid);
	const from = performance.now();
	let said = 0;
	while (performance.now() - from < settle * 1_000) {
		const due = ((performance.now() - from) / (pulse * 1_000)) * users.length;
		for (; said < due; said += 1) {
			users[said % users.length]?.link.say({ type: "pulse", active: true });
		}
		await sleep(10);
	}
	const ms = performance.now() - from;
	const after = cpuMicros(serverPid);
	return {
		pulsingCpuShare:
			before === null || after === null ? null : round((after - before) / (ms * 1_000)),
		pulsesPerSecond: Math.round((said * 1_000) / ms),
	};
}

function opened(user: LeanUser, names: readonly [string, string]): Promise<void> {
	return new Promise((resolve, reject) => {
		user.link.ask({ type: "open", user: names[1] }, (result) => {
			if (result?.type === "open" && result.conversation === directId(...names)) resolve();
			else reject(new Error(`cannot open ${names.join(" and ")}`));
		});
	});
}

await runAsLoad(main);
