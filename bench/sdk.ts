// What the SDK costs above the session layer: CPU of cycles through one and the other, memory of
// messages held, and cold starts on a storage after long use, in Node and in Chromium.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { levelDisk } from "../src/sdk/folder.js";
import type { Client, ConnectOptions } from "../src/sdk/index.js";
import type { Disk } from "../src/sdk/kept.js";
import { chromium, Pages } from "../test/helpers/pages.js";
import { runLoad } from "./child.js";
import type { Flags } from "./flags.js";
import { round } from "./histogram.js";
import { type Filling, fill } from "./sdk-fill.js";
import type { CycleOptions, Cycles, Held, SdkLoad, Start } from "./sdk-load.js";
import { startServer } from "./server.js";
import type { Figures } from "./table.js";

/** Runs of each kind; the one in the middle stands for all. */
const repeats = 3;

export async function sdk(flags: Flags): Promise<Figures[]> {
	const cycle = {
		pairs: flags.number("sdk-pairs", 10),
		window: 16,
		seconds: flags.number("sdk-seconds", 3),
		warmupSeconds: 2,
		bytes: 100,
	};
	const held = { messages: flags.number("sdk-held", 20_000), bytes: 100 };
	const conversations = flags.number("sdk-conversations", 10_000);
	const filling = { conversations, messages: 10, bytes: 100 };
	return [
		...(await cycles(cycle)),
		{
			name: "sdk: 1,000 messages held",
			parameters: held,
			...(await load<Held>({ type: "held", ...held })),
		},
		await starts(filling),
		...(await startsOfPages(filling)),
	];
}

function load<R>(options: SdkLoad): Promise<R> {
	return runLoad<R>("sdk-load.js", options);
}

/** One after the other in turn, on the same server, so that both meet the same machine. */
async function cycles(parameters: Omit<CycleOptions, "url" | "secret">): Promise<Figures[]> {
	const server = await startServer();
	const kinds = ["session", "sdk"] as const;
	const runs: Record<(typeof kinds)[number], Cycles[]> = { session: [], sdk: [] };
	try {
		const { url, secret } = server;
		for (let at = 0; at < repeats; at += 1) {
			for (const type of kinds) {
				runs[type].push(await load<Cycles>({ type, url, secret, ...parameters }));
			}
		}
	} finally {
		await server.discard();
	}
	const middle = (type: (typeof kinds)[number]) =>
		median(runs[type], (run) => run.clientCpuMicrosPerCycle);
	const base = middle("session").clientCpuMicrosPerCycle;
	return kinds.map((type) => ({
		name: `sdk: cycle through ${type === "sdk" ? "the SDK" : "the session layer"}`,
		parameters,
		...middle(type),
		faults: runs[type].reduce((sum, run) => sum + run.faults, 0),
		timesSessionLayer: round(middle(type).clientCpuMicrosPerCycle / base),
	}));
}

async function starts(filling: Filling): Promise<Figures> {
	const folder = mkdtempSync(join(tmpdir(), "colloquy-bench-"));
	try {
		await fill(await levelDisk(join(folder, "client")), filling);
		const runs: Start[] = [];
		for (let at = 0; at < repeats; at += 1) {
			runs.push(await load<Start>({ type: "start", folder, ...filling }));
		}
		const middle = median(runs, (run) => run.listMs);
		return { name: "sdk: cold start in Node", parameters: { ...filling }, ...middle };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

interface Scope {
	readonly sdk: { connect(options: ConnectOptions): Client };
	readonly filler: { readonly fill: typeof fill };
	readonly disks: { databaseDisk(name: string): Promise<Disk> };
}

async function startsOfPages(filling: Filling): Promise<Figures[]> {
	const path = chromium();
	if (path === null) return [];
	const ends: (() => unknown)[] = [];
	const modules = {
		browser: "src/sdk/browser.ts",
		filler: "bench/sdk-fill.ts",
		disks: "src/sdk/indexed-db.ts",
	};
	try {
		const pages = await Pages.start({ teardown: (run) => ends.push(run) }, modules, path);
		const open = () => pages.open({ sdk: "browser", filler: "filler", disks: "disks" });
		const first = await open();
		await first.evaluate(async (filling) => {
			const { filler, disks } = globalThis as unknown as Scope;
			await filler.fill(await disks.databaseDisk("bench"), filling);
		}, filling);
		await first.close();
		const runs: { readonly listMs: number }[] = [];
		for (let at = 0; at < repeats; at += 1) {
			const page = await open();
			const listMs = await page.evaluate(async ({ conversations }) => {
				const from = performance.now();
				const { sdk } = globalThis as unknown as Scope;
				const client = sdk.connect({ url: "http://127.0.0.1:1", token: "none", store: "bench" });
				client.on("error", () => {});
				for await (const list of client.conversations) {
					if (list.length === conversations) break;
				}
				return performance.now() - from;
			}, filling);
			runs.push({ listMs: round(listMs) });
			await page.close();
		}
		const middle = median(runs, (run) => run.listMs);
		return [{ name: "sdk: cold start in Chromium", parameters: { ...filling }, ...middle }];
	} finally {
		for (const end of ends) await end();
	}
}

function median<T>(runs: readonly T[], figure: (run: T) => number): T {
	return [...runs].sort((a, b) => figure(a) - figure(b))[runs.length >> 1] as T;
}
