// The load process of media: so many transfers, so many at once, over connections that are kept.
// Prints one JSON line. The first answer of each kind is checked byte by byte, all by their length.

import { createHash, randomBytes } from "node:crypto";
import { Histogram, round } from "./histogram.js";
import { cpuMicros, residentBytes } from "./machine.js";
import { Wire } from "./media-wire.js";

export interface MediaLoad {
	readonly type: "get" | "post";
	readonly url: string;
	readonly path: string;
	/** Taken in turn by the connections; empty: none is sent. */
	readonly tokens: readonly string[];
	readonly bytes: number;
	readonly transfers: number;
	readonly atOnce: number;
	readonly serverPid: number;
	/** SHA-256 of what a get gives, in hex. */
	readonly hash: string | null;
}

export interface MediaResult {
	readonly megabytesPerSecond: number;
	readonly p50Ms: number | null;
	readonly p99Ms: number | null;
	readonly serverCpuMsPerGigabyte: number;
	/** Resident memory of the server at its highest meanwhile. */
	readonly highestMegabytes: number;
	readonly loadCpuShare: number;
	readonly faults: number;
}

const looksMs = 20;

async function main(options: MediaLoad): Promise<MediaResult> {
	const { atOnce, serverPid, transfers, bytes } = options;
	const wires = await Promise.all(Array.from({ length: atOnce }, () => Wire.open(options.url)));
	const tokenOf = (at: number) => options.tokens[at % options.tokens.length] ?? "";
	const body = options.type === "post" ? randomBytes(bytes) : null;
	let faults = await check(wires[0] as Wire, options, tokenOf(0));
	const times = new Histogram();
	let highest = 0;
	const timer = setInterval(() => {
		highest = Math.max(highest, residentBytes(serverPid) ?? 0);
	}, looksMs);
	const server = cpuMicros(serverPid) ?? 0;
	const own = process.cpuUsage();
	const from = performance.now();
	let left = transfers;
	await Promise.all(
		wires.map(async (wire, at) => {
			while (left > 0) {
				left -= 1;
				const began = performance.now();
				const right = await transfer(wire, options, tokenOf(at), body);
				times.record(performance.now() - began);
				if (!right) faults += 1;
			}
		}),
	);
	const ms = performance.now() - from;
	const micros = (cpuMicros(serverPid) ?? 0) - server;
	const { user, system } = process.cpuUsage(own);
	clearInterval(timer);
	for (const wire of wires) wire.close();
	const { p50Ms, p99Ms } = times.summary();
	const total = transfers * bytes;
	return {
		megabytesPerSecond: round(total / 1_000 / ms),
		p50Ms,
		p99Ms,
		serverCpuMsPerGigabyte: round(micros / 1_000 / (total / 1e9)),
		highestMegabytes: round(highest / 1e6),
		loadCpuShare: round((user + system) / (ms * 1_000)),
		faults,
	};
}

async function transfer(
	wire: Wire,
	{ type, path, bytes }: MediaLoad,
	token: string,
	body: Buffer | null,
): Promise<boolean> {
	if (type === "get") {
		const { status, bytes: got } = await wire.ask("GET", path, token);
		return status === 200 && got === bytes;
	}
	// Another file each time. A transfer under way may send these bytes too: nobody compares them.
	(body as Buffer).set(randomBytes(16));
	return (await wire.ask("POST", path, token, body)).status === 201;
}

/** One transfer, compared by its hash; gives the number of faults. */
async function check(wire: Wire, options: MediaLoad, token: string): Promise<number> {
	const hash = createHash("sha256");
	if (options.type === "get") {
		await wire.ask("GET", options.path, token, null, (chunk) => hash.update(chunk));
		return hash.digest("hex") === options.hash ? 0 : 1;
	}
	const body = randomBytes(options.bytes);
	const { text } = await wire.ask("POST", options.path, token, body);
	return text.includes(hash.update(body).digest("hex")) ? 0 : 1;
}

process.stdout.write(`${JSON.stringify(await main(JSON.parse(process.argv[2] as string)))}\n`);
process.exit(0);
