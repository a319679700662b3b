// `npm run bench:peers -- [flags]`, which is `node dist/bench/peers/run.js`: the same cycle
// against other servers and ours, each in turn on the same core, several rounds, medians and
// ratios. Exits with 1 when a run failed or met a fault: its figures are then no result.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runLoad } from "../child.js";
import { cycle } from "../cycle.js";
import { Flags, type FlagValues } from "../flags.js";
import { conditions } from "../machine.js";
import { watchOthers } from "../others.js";
import { debianVersion } from "./files.js";
import { install } from "./install.js";
import type { PeerLoadOptions, Run } from "./load.js";
import type { Peer } from "./peer.js";
import { peers } from "./peers.js";
import { type Entry, type MeasuredRun, report } from "./report.js";

const ours = "ours";

const help = `npm run bench:peers -- [flags]

  --rounds 3 --pairs 100 --window 16 --seconds 5 --warmup 1 --bytes 100 --seed 1
  --only a,b     of ${[ours, ...peers.map(({ key }) => key)].join(", ")}
  --no-install   leave Debian's packages alone; what is missing is a row that says so
  --json         one JSON document on stdout and nothing else
`;

const switches = ["json", "help", "no-install"];
const valued = ["rounds", "pairs", "window", "seconds", "warmup", "bytes", "seed", "only"];

/** As the flags of the bench are kept: numbers as they were typed. */
function given(values: object): FlagValues {
	const typed = Object.entries(values).map(([name, value]: [string, unknown]) => [
		name,
		typeof value === "number" ? String(value) : value,
	]);
	return Object.fromEntries(typed) as FlagValues;
}

async function main(): Promise<number> {
	const { values, positionals } = parseArgs({
		strict: false,
		options: {
			...Object.fromEntries(switches.map((name) => [name, { type: "boolean" } as const])),
			...Object.fromEntries(valued.map((name) => [name, { type: "string" } as const])),
		},
	});
	const flags = new Flags(positionals, given(values));
	if (flags.on("help")) {
		process.stdout.write(help);
		return 0;
	}
	const shape = {
		pairs: flags.number("pairs", 100),
		window: flags.number("window", 16),
		seconds: flags.number("seconds", 5),
		warmup: flags.number("warmup", 1),
		bytes: flags.number("bytes", 100),
		seed: flags.number("seed", 1),
	};
	const rounds = flags.number("rounds", 3);
	const json = flags.on("json");
	const mayInstall = !flags.on("no-install");
	const only = flags.text("only")?.split(",") ?? [ours, ...peers.map(({ key }) => key)];
	const strangers = [
		...only.filter((key) => key !== ours && !peers.some((peer) => peer.key === key)),
		...flags.unknown().map((name) => `--${name}`),
		...flags.words,
	];
	if (strangers.length > 0) {
		process.stderr.write(`not known: ${strangers.join(", ")}\n\n${help}`);
		return 2;
	}
	const wanted = peers.filter(({ key }) => only.includes(key));
	if (mayInstall) install(wanted.flatMap(({ debian }) => debian ?? []));
	const entries: Measured[] = wanted.map(entryOf);
	if (only.includes(ours)) entries.unshift(ourEntry());
	const where = conditions();
	let failed = false;
	for (let round = 1; round <= rounds; round += 1) {
		for (const entry of entries) {
			if (entry.missing !== null) continue;
			if (!json) process.stderr.write(`round ${round}: ${entry.title} …\n`);
			try {
				const others = watchOthers();
				const run = await entry.run(shape);
				entry.runs.push({ ...run, othersCpuShare: others() });
			} catch (cause) {
				failed = true;
				// One line: it stands in a cell of the table.
				entry.missing = String(cause).replace(/\s+/g, " ");
			}
		}
	}
	process.stdout.write(report({ json, conditions: where, shape, rounds, entries }));
	return failed || entries.some(({ runs }) => runs.some(({ faults }) => faults > 0)) ? 1 : 0;
}

interface Shape {
	readonly pairs: number;
	readonly window: number;
	readonly seconds: number;
	readonly warmup: number;
	readonly bytes: number;
	readonly seed: number;
}

interface Measured extends Entry {
	missing: string | null;
	readonly runs: MeasuredRun[];
	run(shape: Shape): Promise<Run>;
}

function entryOf(peer: Peer): Measured {
	const { key, keeps, debian } = peer;
	const there = debian === null || debianVersion(debian) !== null;
	return {
		key,
		title: there ? peer.title() : key,
		keeps,
		missing: there ? null : `not installed: apt-get install ${debian}`,
		runs: [],
		run: (shape) => runPeer(peer, shape),
	};
}

/** A new server on a new folder for every run, so that none profits from another's caches. */
async function runPeer(peer: Peer, shape: Shape): Promise<Run> {
	const folder = mkdtempSync(join(tmpdir(), "colloquy-peer-"));
	const discard = () => rmSync(folder, { recursive: true, force: true });
	// Also when somebody ends the command in mid-run.
	process.once("exit", discard);
	try {
		const service = await peer.start(folder);
		try {
			const options: PeerLoadOptions = {
				...shape,
				key: peer.key,
				port: service.port,
				serverPid: service.pid,
			};
			return await runLoad<Run>("./peers/load.js", options);
		} catch (cause) {
			const words = service.lastWords();
			throw words === null ? cause : new Error(`the server ended: ${words}`);
		} finally {
			await service.stop();
		}
	} finally {
		process.off("exit", discard);
		discard();
	}
}

/** Ours goes through its own scenario, so that both commands measure the same. */
function ourEntry(): Measured {
	return {
		key: ours,
		title: "Colloquy",
		keeps: "disk, synced before the ack; receipts too",
		missing: null,
		runs: [],
		async run(shape) {
			const [figures] = await cycle(new Flags([], given(shape)));
			return figures as unknown as Run;
		},
	};
}

process.exitCode = await main();
