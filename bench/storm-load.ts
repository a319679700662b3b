// The load of `storm`: users who are connected and idle lose their connections all at the same
// moment, and come back as fast as the server lets them.

import { socketUrl } from "../src/client/socket-url.js";
import { runAsLoad } from "./child.js";
import { type FaultFigures, Faults } from "./faults.js";
import { Histogram, round, type Summary } from "./histogram.js";
import type { Net } from "./lean-link.js";
import { LeanUser } from "./lean-user.js";
import { cpuMicros } from "./machine.js";
import { boundOf, type OwnFigures, OwnWatch } from "./own-watch.js";
import { People, type PeopleOptions } from "./people.js";
import { inTurn, sleep } from "./turns.js";

export interface StormOptions {
	readonly url: string;
	readonly people: PeopleOptions;
	readonly serverPid: number;
	readonly users: number;
}

/** Latencies are from the loss to the end of a user's new handshake. */
export interface StormResult extends Summary, FaultFigures, OwnFigures {
	readonly allBackMs: number;
	readonly connectsPerSecond: number;
	readonly serverCpuMicrosPerConnect: number | null;
	/** Connections lost, and attempts that failed, by close code and reason. */
	readonly losses: Readonly<Record<string, number>>;
	readonly bound: ReturnType<typeof boundOf>;
}

const openingMax = 50;
/** Between the storms, so that nothing of the first is counted in the second. */
const calmMs = 500;
/** Without anybody who comes back. */
const patienceMs = 30_000;

class Storm implements Net {
	readonly url: string;
	readonly resume = true;
	readonly source = null;
	stopping = false;
	faults = new Faults();
	losses: Record<string, number> = {};
	readonly users: readonly LeanUser[];

	constructor(options: StormOptions) {
		this.url = socketUrl(options.url);
		const people = new People(options.people);
		this.users = Array.from(
			{ length: options.users },
			(_, index) => new LeanUser(this, people.at(index).token),
		);
	}

	fault(what: string): void {
		this.faults.add(what);
	}

	lost(why: string): void {
		this.losses[why] = (this.losses[why] ?? 0) + 1;
	}

	/** What `lose` does to the connections, and how all came back. */
	async run(lose: () => void, serverPid: number | null): Promise<StormResult> {
		this.faults = new Faults();
		this.losses = {};
		const times = new Histogram();
		const cpu = cpuMicros(serverPid);
		const own = new OwnWatch();
		const from = performance.now();
		let missing = this.users.length;
		let lastAt = from;
		for (const user of this.users) {
			void user.untilReady().then(() => {
				missing -= 1;
				lastAt = performance.now();
				times.record(lastAt - from);
			});
		}
		lose();
		while (missing > 0 && performance.now() - lastAt < patienceMs) await sleep(5);
		const ms = (missing > 0 ? performance.now() : lastAt) - from;
		const used = cpuMicros(serverPid);
		const ownFigures = own.end();
		for (let at = 0; at < missing; at += 1) this.faults.add("a user who never came back", "lost");
		const micros = cpu === null || used === null ? null : used - cpu;
		return {
			...times.summary(),
			allBackMs: round(ms),
			connectsPerSecond: Math.round((times.count * 1_000) / ms),
			serverCpuMicrosPerConnect: micros === null ? null : round(micros / times.count),
			losses: this.losses,
			...ownFigures,
			bound: boundOf(ownFigures),
			...this.faults.figures,
		};
	}
}

async function main(options: StormOptions): Promise<readonly StormResult[]> {
	const storm = new Storm(options);
	await inTurn(options.users, openingMax, (index) => (storm.users[index] as LeanUser).connected());
	await sleep(calmMs);
	const cut = await storm.run(() => {
		for (const user of storm.users) user.link.cut();
	}, options.serverPid);
	await sleep(calmMs);
	// Its successor is another process: nobody's time is counted.
	const kill = await storm.run(() => process.kill(options.serverPid, "SIGKILL"), null);
	storm.stopping = true;
	return [cut, kill];
}

await runAsLoad(main);
