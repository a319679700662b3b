// The load of `idle`: users in pairs that share one direct conversation, all connected, all silent.

import { directId } from "../src/base/ids.js";
import { socketUrl } from "../src/client/socket-url.js";
import { Histogram, round } from "./histogram.js";
import { Link, type LinkOwner, type Net } from "./lean-link.js";
import { cpuMicros, residentBytes } from "./machine.js";
import { mint } from "./server.js";

export interface IdleOptions {
	readonly url: string;
	readonly secret: string;
	readonly serverPid: number;
	readonly users: number;
	/** Seconds without traffic before memory is read. */
	readonly settle: number;
}

export interface IdleResult {
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
	readonly faults: number;
	readonly firstFaults: readonly string[];
}

const openingMax = 50;

class IdleUser implements LinkOwner {
	readonly link: Link;
	private onReady: () => void = () => {};

	constructor(net: Net, token: string) {
		this.link = new Link(net, token, this);
	}

	connected(): Promise<void> {
		return new Promise((resolve) => {
			this.onReady = resolve;
			this.link.connect();
		});
	}

	ready(): void {
		this.onReady();
	}

	marks(): void {}
	answer(): void {}
	message(): void {}
	status(): void {}
	other(): void {}
}

async function main(options: IdleOptions): Promise<IdleResult> {
	const faults: string[] = [];
	const net: Net = {
		url: socketUrl(options.url),
		resume: false,
		stopping: false,
		lost: () => {},
		fault: (what) => faults.push(what),
	};
	const times = new Histogram();
	const before = residentBytes(options.serverPid);
	const from = performance.now();
	let next = 0;
	async function opener(): Promise<void> {
		while (next * 2 < options.users) {
			const index = next++;
			const names = [`i${index}-left`, `i${index}-right`] as const;
			const pair = names.map((name) => new IdleUser(net, mint(options.secret, name)));
			for (const user of pair) {
				const started = performance.now();
				await user.connected();
				times.record(performance.now() - started);
			}
			const [left] = pair as [IdleUser];
			await opened(left, names);
		}
	}
	await Promise.all(Array.from({ length: openingMax }, opener));
	const connectMs = performance.now() - from;
	const cpu = cpuMicros(options.serverPid);
	const settledFrom = performance.now();
	await new Promise((resolve) => setTimeout(resolve, options.settle * 1_000));
	const used = (cpuMicros(options.serverPid) ?? 0) - (cpu ?? 0);
	const after = residentBytes(options.serverPid);
	const { p50Ms, p99Ms, maxMs } = times.summary();
	return {
		bytesPerUser:
			before === null || after === null ? null : Math.round((after - before) / options.users),
		rssBeforeMiB: before === null ? null : round(before / 2 ** 20),
		rssAfterMiB: after === null ? null : round(after / 2 ** 20),
		connectsPerSecond: Math.round((options.users * 1_000) / connectMs),
		p50Ms,
		p99Ms,
		maxMs,
		idleCpuShare: cpu === null ? null : round(used / ((performance.now() - settledFrom) * 1_000)),
		faults: faults.length,
		firstFaults: faults.slice(0, 10),
	};
}

function opened(user: IdleUser, names: readonly [string, string]): Promise<void> {
	return new Promise((resolve, reject) => {
		user.link.ask({ type: "open", user: names[1] }, (result) => {
			if (result?.type === "open" && result.conversation === directId(...names)) resolve();
			else reject(new Error(`cannot open ${names.join(" and ")}`));
		});
	});
}

const result = await main(JSON.parse(process.argv[2] as string) as IdleOptions);
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
