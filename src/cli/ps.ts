// `colloquy ps`: the live actor tree of the server that runs on a folder.

import { BrokerError } from "../base/errors.js";
import type { PsReport } from "../broker.js";
import { type AdminClient, adminClient } from "./admin-client.js";
import { paintFor, print, printJson } from "./output.js";
import { psView } from "./ps-view.js";

export async function ps(data: string, json: boolean): Promise<void> {
	const client = adminClient(data);
	const report = client === null ? null : await ask(client);
	if (client === null || report === null) {
		if (json) printJson({ running: false, data });
		else print(`no server runs on ${data}; start one with: colloquy serve --data ${data}`);
		return;
	}
	if (json) printJson({ running: true, data, server: client.server, ...report });
	else print(psView(client.server, report, paintFor(process.stdout, process.env)));
}

/** Null when the server went away between the look at its file and the question. */
async function ask(client: AdminClient): Promise<PsReport | null> {
	try {
		return (await client.get("/ps")) as PsReport;
	} catch (error) {
		if (error instanceof BrokerError && error.code === "NOT_RUNNING") return null;
		throw error;
	}
}
