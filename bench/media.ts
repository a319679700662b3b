// Media: downloads beside nginx, uploads beside a plain stream to disk with SHA-256 and sync, each
// in turn with its rival; memory of many transfers at once; chat beside uploads that dawdle.

import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CliError } from "../src/cli/exit.js";
import { runLoad } from "./child.js";
import type { Flags } from "./flags.js";
import { round } from "./histogram.js";
import type { LoadCounts, LoadOptions } from "./load-counts.js";
import { type LoadResult, loadFigures } from "./load-figures.js";
import { residentBytes } from "./machine.js";
import { dawdle } from "./media-dawdle.js";
import type { MediaLoad, MediaResult } from "./media-load.js";
import { type Rival, startNginx, startPlain } from "./media-rivals.js";
import { Wire } from "./media-wire.js";
import { type BenchServer, mint, startServer } from "./server.js";
import type { Figures } from "./table.js";

const megabyte = 1_000_000;

/** Files, how many at once, and bytes in all of one run. */
const downloads = [
	{ bytes: megabyte, atOnce: 4, total: 400 * megabyte },
	{ bytes: 100 * megabyte, atOnce: 4, total: 1_000 * megabyte },
];
const uploads = [
	{ bytes: 100_000, atOnce: 4, total: 20 * megabyte },
	{ bytes: megabyte, atOnce: 4, total: 100 * megabyte },
	{ bytes: 10 * megabyte, atOnce: 4, total: 200 * megabyte },
	{ bytes: 100 * megabyte, atOnce: 4, total: 400 * megabyte },
];

type Size = (typeof downloads)[number];

/** No limit of a user's is to be met. */
const args = [
	"--media-quota-bytes=1000GiB",
	"--media-uploads-per-minute=1000000",
	"--media-uploads-per-user=1000",
];

export async function media(flags: Flags): Promise<Figures[]> {
	const rounds = flags.number("media-rounds", 5);
	const transfers = flags.number("media-transfers", 64);
	const uploaders = flags.number("media-uploaders", 100);
	const parts: Readonly<Record<string, () => Promise<readonly Figures[]>>> = {
		download: () => besideNginx(rounds),
		upload: () => besidePlain(rounds),
		memory: async () => [await memory("get", transfers), await memory("post", transfers)],
		chat: () => chat(rounds, uploaders),
	};
	const only = flags.text("media-part");
	const wanted = only === null ? Object.values(parts) : [parts[only]];
	const rows: Figures[] = [];
	for (const run of wanted) {
		if (run === undefined) {
			const action = `say one of ${Object.keys(parts).join(", ")}`;
			throw new CliError("usage", `--media-part ${only} is none`, action);
		}
		rows.push(...(await run()));
	}
	return rows;
}

interface Side {
	readonly name: string;
	readonly load: Omit<MediaLoad, "bytes" | "transfers" | "atOnce">;
}

/** All sides in turn, so that they meet the same machine; the middle run of each stands for it. */
async function inTurn(
	name: string,
	{ bytes, atOnce, total }: Size,
	rounds: number,
	sides: readonly Side[],
): Promise<Figures[]> {
	const runs = new Map<string, MediaResult[]>(sides.map((side) => [side.name, []]));
	for (let at = 0; at < rounds; at += 1) {
		for (const side of sides) {
			const options = { ...side.load, bytes, atOnce, transfers: total / bytes };
			runs.get(side.name)?.push(await load(options));
		}
	}
	const median = (side: Side) =>
		middle(runs.get(side.name) as MediaResult[], (run) => run.megabytesPerSecond);
	const [ours, rival] = sides.map(median);
	return sides.map((side) => ({
		name: `media: ${name}`,
		parameters: { by: side.name, bytes, atOnce, rounds },
		...median(side),
		faults: runs.get(side.name)?.reduce((sum, run) => sum + run.faults, 0),
		...(side === sides[0] && ours && rival
			? { timesRival: round(ours.megabytesPerSecond / rival.megabytesPerSecond) }
			: {}),
	}));
}

async function besideNginx(rounds: number): Promise<Figures[]> {
	const nginx = await startNginx();
	if (nginx !== null)
		return discarding(nginx, () => onServer((it) => downloadRows(rounds, it, nginx)));
	const rows = await onServer((it) => downloadRows(rounds, it, null));
	const note = "not there: apt-get install nginx-light";
	return [...rows, { name: "media: download", parameters: { by: "nginx" }, note }];
}

async function downloadRows(rounds: number, server: BenchServer, nginx: Rival | null) {
	const rows: Figures[] = [];
	for (const size of downloads) {
		const body = randomBytes(size.bytes);
		const hash = createHash("sha256").update(body).digest("hex");
		await post(server, body);
		const { url, pid: serverPid } = server;
		const get = { type: "get", hash } as const;
		const tokens = [mint(server.secret, "ann")];
		const sides: Side[] = [
			{ name: "colloquy", load: { ...get, url, path: `/media/${hash}`, tokens, serverPid } },
		];
		if (nginx !== null) {
			writeFileSync(join(nginx.folder, hash), body);
			const place = { url: nginx.url, path: `/${hash}`, tokens: [], serverPid: nginx.pid };
			sides.push({ name: "nginx", load: { ...get, ...place } });
		}
		rows.push(...(await inTurn("download", size, rounds, sides)));
	}
	return rows;
}

async function besidePlain(rounds: number): Promise<Figures[]> {
	const rows: Figures[] = [];
	for (const size of uploads) {
		// New ones for each size: the files of all rounds take room.
		const plain = await startPlain();
		await discarding(plain, async () => {
			const durable = await startPlain("durable");
			await discarding(durable, () =>
				onServer(async ({ url, secret, pid }) => {
					const post = { type: "post", hash: null, path: "/media" } as const;
					const tokens = [mint(secret, "ann")];
					const of = (name: string, { url, pid }: Rival): Side => ({
						name,
						load: { ...post, url, tokens: [], serverPid: pid },
					});
					const sides = [
						{ name: "colloquy", load: { ...post, url, tokens, serverPid: pid } },
						of("plain", plain),
						of("plain, durable", durable),
					];
					rows.push(...(await inTurn("upload", size, rounds, sides)));
				}),
			);
		});
	}
	return rows;
}

/** Resident memory of a new server above what it had at rest, at its highest. */
function memory(type: "get" | "post", transfers: number): Promise<Figures> {
	const bytes = 100 * megabyte;
	return onServer(async (server) => {
		const body = randomBytes(type === "get" ? bytes : 1);
		const hash = createHash("sha256").update(body).digest("hex");
		const idle = residentBytes(server.pid) ?? 0;
		if (type === "get") await post(server, body);
		const { url, secret, pid: serverPid } = server;
		// Readers are the uploader; uploads are of one user each.
		const users = Array.from({ length: transfers }, (_, at) => (type === "get" ? "ann" : `u${at}`));
		const tokens = users.map((user) => mint(secret, user));
		const path = type === "get" ? `/media/${hash}` : "/media";
		const options = { type, url, path, tokens, bytes, transfers, serverPid, hash };
		const result = await load({ ...options, atOnce: transfers });
		return {
			name: `media: memory of ${type === "get" ? "downloads" : "uploads"}`,
			parameters: { atOnce: transfers, bytes },
			...result,
			idleMegabytes: round(idle / 1e6),
			megabytesAboveIdle: round(result.highestMegabytes - idle / 1e6),
		};
	});
}

/** The same offered rate of chat, alone and beside uploads that never end, in turn. */
function chat(rounds: number, uploaders: number): Promise<Figures[]> {
	const offered = { pairs: 20, window: 16, warmupSeconds: 1, seconds: 5, rate: 1_000, bytes: 100 };
	return onServer(async ({ url, secret, secretFile, pid: serverPid }) => {
		const options: LoadOptions = {
			...offered,
			url,
			serverPid,
			people: { secretFile, tokenFile: null, first: 0 },
			resume: false,
			source: null,
			rampSeconds: 0,
			least: 0,
			bytes: [offered.bytes, offered.bytes],
			lookMs: null,
			typing: 0,
			random: false,
			corpus: null,
			seed: 1,
		};
		const talk = async () => loadFigures([await runLoad<LoadCounts>("load.js", options)]);
		const alone: LoadResult[] = [];
		const beside: LoadResult[] = [];
		let ended = 0;
		for (let at = 0; at < rounds; at += 1) {
			alone.push(await talk());
			const tokens = Array.from({ length: uploaders }, (_, one) => mint(secret, `slow${one}`));
			const { stop } = await dawdle(url, tokens);
			try {
				beside.push(await talk());
			} finally {
				ended += stop();
			}
		}
		const p99 = (runs: readonly LoadResult[]) => middle(runs, (run) => run.p99Ms ?? 0);
		const faults = (runs: readonly LoadResult[]) => runs.reduce((sum, run) => sum + run.faults, 0);
		const slow = p99(beside);
		return [
			{
				name: "media: chat alone",
				parameters: { ...offered, rounds },
				...p99(alone),
				faults: faults(alone),
			},
			{
				name: "media: chat beside slow uploads",
				parameters: { ...offered, uploaders, rounds },
				...slow,
				// An upload that ended was no load.
				faults: faults(beside) + ended,
				timesAlone: round((slow.p99Ms ?? 0) / (p99(alone).p99Ms ?? 1)),
			},
		];
	});
}

/** Uploads one file as ann. */
async function post({ url, secret }: BenchServer, body: Uint8Array): Promise<void> {
	const wire = await Wire.open(url);
	const { status, text } = await wire.ask("POST", "/media", mint(secret, "ann"), body);
	wire.close();
	if (status !== 201) throw new Error(`upload: ${status} ${text}`);
}

function load(options: MediaLoad): Promise<MediaResult> {
	return runLoad<MediaResult>("media-load.js", options);
}

async function onServer<T>(run: (server: BenchServer) => Promise<T>): Promise<T> {
	const server = await startServer({ args });
	return discarding(server, () => run(server));
}

async function discarding<T>(it: { discard(): Promise<void> }, run: () => Promise<T>): Promise<T> {
	try {
		return await run();
	} finally {
		await it.discard();
	}
}

function middle<T>(runs: readonly T[], figure: (run: T) => number): T {
	return [...runs].sort((a, b) => figure(a) - figure(b))[runs.length >> 1] as T;
}
