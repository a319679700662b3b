// `colloquy verify`: reads every row of a folder and says whether all is whole. Refused while a
// server has the folder: the store's lock sees to that.

import { systemClock } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import { openLevel } from "../journal/leveldb.js";
import { readMarker } from "../journal/marker.js";
import { CliError, exitCodes } from "./exit.js";
import { lineLog } from "./log.js";
import { note, type Paint, paintFor, print, printJson } from "./output.js";
import { grouped } from "./table.js";
import { unopened, type VerifyReport, verifyJournal } from "./verify-read.js";

export async function verify(data: string, json: boolean): Promise<void> {
	const report = await read(data);
	if (json) printJson(report);
	else print(verifyView(report, paintFor(process.stdout, process.env)));
	process.exitCode = report.ok ? exitCodes.ok : exitCodes.no;
}

async function read(data: string): Promise<VerifyReport> {
	try {
		const marker = await readMarker(data);
		if (marker === null) {
			throw new CliError("no", `${data} holds no store`, "name the folder of a server (--data)");
		}
		const { durability } = marker;
		const log = lineLog(systemClock, "warn", note);
		const journal = await openLevel({ folder: data, durability, clock: systemClock, log });
		try {
			return await verifyJournal(journal, data);
		} finally {
			await journal.close();
		}
	} catch (error) {
		// To find this is what the command is for.
		if (error instanceof BrokerError && error.code === "JOURNAL_DAMAGED") {
			return unopened(data, error.detail);
		}
		throw error;
	}
}

export function verifyView(report: VerifyReport, paint: Paint): string {
	const total = Object.values(report.rows).reduce((sum, count) => sum + count, 0);
	const kinds = Object.entries(report.rows).map(
		([kind, count]) => `  ${kind.padEnd(12)}${grouped(count).padStart(14)}`,
	);
	const found = report.damage.map(({ row, why }) => `  ${paint("red", row)}  ${why}`);
	const more = report.findings - report.damage.length;
	return [
		`${report.data}: ${grouped(total)} rows, ${grouped(report.bytes)} bytes`,
		...kinds,
		...found,
		...(more > 0 ? [`  … and ${grouped(more)} more`] : []),
		report.ok
			? paint("green", "everything is whole")
			: paint("red", "damage found: restore a backup of the folder"),
	].join("\n");
}
