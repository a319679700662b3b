// `colloquy media ls`, `gc` and `verify`: the files of a folder that nobody serves, as people and
// scripts see them. What is looked at is in media-read.ts.

import { systemClock } from "../base/clock.js";
import type { Config } from "../config.js";
import { CliError, exitCodes } from "./exit.js";
import {
	collectMedia,
	type Listing,
	listMedia,
	type MediaReport,
	verifyMedia,
	withMedia,
} from "./media-read.js";
import { type Paint, paintFor, print, printJson } from "./output.js";
import { ago, type Column, grouped, heading, line } from "./table.js";

export async function mediaList(config: Config, limit: string, json: boolean): Promise<void> {
	const most = Number(limit);
	if (!Number.isSafeInteger(most) || most < 1) {
		throw new CliError("usage", `--limit ${limit} is no number of files`, "say 1 or more");
	}
	const listing = await withMedia(config, (media) => listMedia(media, most));
	if (json) printJson(listing);
	else print(listView(listing, systemClock.now()));
}

export async function mediaCollect(config: Config, json: boolean): Promise<void> {
	const collection = await withMedia(config, (media) => collectMedia(media, config));
	const { collected, unknown } = collection;
	if (json) printJson(collection);
	else print(`${grouped(collected)} files collected, ${grouped(unknown)} unknown ones removed`);
}

export async function mediaVerify(config: Config, json: boolean): Promise<void> {
	const report = await withMedia(config, (media) => verifyMedia(media, config.data));
	if (json) printJson(report);
	else print(verifyView(report, paintFor(process.stdout, process.env)));
	process.exitCode = report.ok ? exitCodes.ok : exitCodes.no;
}

const columns: readonly Column[] = [
	{ title: "hash", width: 26 },
	{ title: "bytes", width: 15, right: true },
	{ title: "references", width: 12, right: true },
	{ title: "loose for", width: 10, right: true },
];

export function listView({ files, bytes, listed }: Listing, now: number): string {
	const rows = listed.map(({ hash, size, references, looseSince }) =>
		line(columns, [
			hash,
			grouped(size),
			grouped(references),
			looseSince === null ? "" : ago(now - looseSince),
		]),
	);
	const more = files - listed.length;
	return [
		heading(columns),
		...rows,
		...(more > 0 ? [`… and ${grouped(more)} more (--limit)`] : []),
		`${grouped(files)} files, ${grouped(bytes)} bytes`,
	].join("\n");
}

export function verifyView(report: MediaReport, paint: Paint): string {
	const { data, files, bytes, references, findings, damage, ok } = report;
	const more = findings - damage.length;
	return [
		`${data}: ${grouped(files)} files, ${grouped(bytes)} bytes, ${grouped(references)} references`,
		...damage.map(({ hash, why }) => `  ${paint("red", hash)}  ${why}`),
		...(more > 0 ? [`  … and ${grouped(more)} more`] : []),
		ok
			? paint("green", "every file is whole, and none is missing or unknown")
			: paint("red", "damage found: restore a backup; `media gc` removes unknown files"),
	].join("\n");
}
