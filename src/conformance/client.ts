// The situations of a client: each on a port of its own with a client that has never been anywhere.

import {
	type Choice,
	type Finding,
	finding,
	inLanes,
	type Report,
	reportOf,
	said,
} from "./check.js";
import { ClientAudit } from "./client-audit.js";
import { connectionSituations } from "./client-connection.js";
import { type ClientCheck, ClientStage, type Subject } from "./client-stage.js";
import { syncSituations } from "./client-sync.js";
import { writeSituations } from "./client-writes.js";

export const clientChecks: readonly ClientCheck[] = [
	...connectionSituations,
	...writeSituations,
	...syncSituations,
];

export interface ClientRun {
	readonly subject: Subject;
	/** Default: all. */
	readonly only?: Choice;
	/** Clients at a time. Default 4. */
	readonly lanes?: number;
}

export async function proveClient(run: ClientRun): Promise<Report> {
	const { only = () => true, subject } = run;
	// The rules for all bytes hold for each client apart, since each has a past of its own.
	const audits: ClientAudit[] = [];

	async function played(check: ClientCheck): Promise<Finding> {
		const audit = new ClientAudit();
		audits.push(audit);
		const stage = await ClientStage.set(subject, audit);
		try {
			return finding(check, await check.run(stage));
		} catch (cause) {
			return finding(check, said(cause));
		} finally {
			await stage.end();
		}
	}

	const findings = await inLanes(clientChecks.filter(only), run.lanes ?? 4, played);
	return reportOf([...findings, ...merged(audits)]);
}

/** Each rule once: the first client that broke it stands for all. */
function merged(audits: readonly ClientAudit[]): Finding[] {
	const speaking = audits.filter(({ heard }) => heard);
	const all = (speaking.length > 0 ? speaking : audits).map((audit) => audit.findings());
	return (all[0] ?? []).map((first, at) => {
		const broken = all.map((one) => one[at] as Finding).filter(({ ok }) => !ok);
		return broken[0] ?? first;
	});
}
