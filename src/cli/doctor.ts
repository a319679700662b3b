// `colloquy doctor`: what on this machine would make a broker slow, deaf or forgetful, each with
// its fix. Runs the checks of `doctor-checks.ts`, the server up or down.

import { statSync } from "node:fs";
import { dirname } from "node:path";
import { systemClock } from "../base/clock.js";
import type { Config } from "../config.js";
import {
	type Check,
	checkClock,
	checkFiles,
	checkFolder,
	checkNode,
	checkPort,
	checkSecret,
	checkSpace,
	checkSync,
	filesLimit,
	nearest,
	syncTimes,
	timeServer,
	writtenAt,
} from "./doctor-checks.js";
import { exitCodes } from "./exit.js";
import { type Paint, paintFor, print, printJson } from "./output.js";

/** Exit code 1 when something has to be mended before a start; warnings are none. */
export async function doctor(config: Config, json: boolean): Promise<void> {
	const checks = await examine(config);
	const sound = checks.every(({ status }) => status !== "fail");
	if (json) printJson({ ok: sound, checks });
	else print(doctorView(checks, paintFor(process.stdout, process.env)));
	process.exitCode = sound ? exitCodes.ok : exitCodes.no;
}

async function examine(config: Config): Promise<Check[]> {
	const clock = systemClock;
	const from = { wall: clock.now(), monotonic: clock.monotonic() };
	const there = nearest(config.data);
	const folder = statSync(there).isDirectory() ? there : dirname(there);
	const checks = [
		await check("node", () => checkNode(process.versions.node)),
		await check("folder", () => checkFolder(config)),
		await check("secret", () => checkSecret(config)),
		await check("disk space", () => checkSpace(folder)),
		await check("disk sync", async () =>
			checkSync(await syncTimes(folder, clock), config.durability),
		),
		await check("open files", () => checkFiles(filesLimit(), config.connectionsMax)),
		await check("port", () => checkPort(config)),
	];
	const now = clock.now();
	const driftMs = now - from.wall - (clock.monotonic() - from.monotonic);
	const facts = { driftMs, now, writtenAt: writtenAt(config.data), synchronised: timeServer() };
	return [...checks, await check("clock", () => checkClock(facts))];
}

/** A check that cannot be made is a finding as well. */
async function check(
	name: string,
	run: () => Omit<Check, "name"> | Promise<Omit<Check, "name">>,
): Promise<Check> {
	try {
		return { name, ...(await run()) };
	} catch (error) {
		const found = (error as Error).message;
		return { name, status: "fail", found, fix: "mend what the message names" };
	}
}

const signs = { ok: "✓", warn: "!", fail: "✗" } as const;
const styles = { ok: "green", warn: "yellow", fail: "red" } as const;

export function doctorView(checks: readonly Check[], paint: Paint): string {
	const width = Math.max(...checks.map(({ name }) => name.length)) + 2;
	return checks
		.flatMap(({ name, status, found, fix }) => [
			`${paint(styles[status], signs[status])} ${name.padEnd(width)}${found}`,
			...(fix === null ? [] : [`  ${" ".repeat(width)}${paint("cyan", `→ ${fix}`)}`]),
		])
		.join("\n");
}
