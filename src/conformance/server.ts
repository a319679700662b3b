// The walk of a server through the page: every check on a scene of its own, a few at a time, then
// what held for all of them.

import { Audit } from "./audit.js";
import {
	CannotTry,
	type Choice,
	type Finding,
	finding,
	inLanes,
	type LeftOut,
	type Report,
	reportOf,
	said,
} from "./check.js";
import type { Tokens } from "./people.js";
import { commandChecks } from "./server-commands.js";
import { encodingChecks } from "./server-encoding.js";
import { endChecks } from "./server-ends.js";
import { handshakeChecks } from "./server-handshake.js";
import { idChecks } from "./server-ids.js";
import { listChecks } from "./server-list.js";
import { operationChecks } from "./server-operations.js";
import { permissionChecks } from "./server-permissions.js";
import { presenceChecks } from "./server-presence.js";
import { receiptChecks } from "./server-receipts.js";
import { syncChecks } from "./server-sync.js";
import { transportChecks } from "./server-transport.js";
import { writeChecks } from "./server-writes.js";
import { type ServerCheck, ServerStage } from "./stage.js";

export const serverChecks: readonly ServerCheck[] = [
	...transportChecks,
	...encodingChecks,
	...idChecks,
	...handshakeChecks,
	...writeChecks,
	...syncChecks,
	...listChecks,
	...receiptChecks,
	...presenceChecks,
	...operationChecks,
	...commandChecks,
	...permissionChecks,
	...endChecks,
];

export interface ServerRun {
	/** `http`, `https`, `ws` or `wss`; the path without its `/v1`. */
	readonly url: string;
	readonly tokens: Tokens;
	/** Default: all. */
	readonly only?: Choice;
	/** Checks that wait for longer than this are left out. Units: seconds. Default 10. */
	readonly waitsS?: number;
	/** How long anything may take to come. Default 5,000. */
	readonly withinMs?: number;
	/** Scenes at a time. Default 16. */
	readonly lanes?: number;
}

/** Errors: none for what the server does wrong; those of the connection when nobody listens. */
export async function proveServer(run: ServerRun): Promise<Report> {
	const { only = () => true, tokens, waitsS = 10 } = run;
	const audit = new Audit();
	const parts = { url: new URL(run.url), audit, withinMs: run.withinMs ?? 5_000 };
	const leftOut: LeftOut[] = [];
	// A few users who have a past can be in one scene at a time only.
	const lanes = tokens.type === "given" ? 1 : (run.lanes ?? 16);

	async function tried(check: ServerCheck, stage: ServerStage): Promise<Finding | null> {
		const { clause, situation } = check;
		try {
			if (check.madeUsers === true && tokens.type === "given") {
				throw new CannotTry("needs users or tokens made for it");
			}
			return finding(check, await check.run(stage));
		} catch (cause) {
			if (!(cause instanceof CannotTry)) return finding(check, said(cause));
			leftOut.push({ clause, situation, why: cause.message });
			return null;
		}
	}

	async function played(scene: readonly ServerCheck[]): Promise<(Finding | null)[]> {
		const stage = new ServerStage(parts, tokens);
		const found: (Finding | null)[] = [];
		for (const check of scene) found.push(await tried(check, stage));
		await stage.end();
		return found;
	}

	const chosen = serverChecks.filter((check) => {
		if (!only(check)) return false;
		if ((check.waitsS ?? 0) <= waitsS) return true;
		const { clause, situation } = check;
		leftOut.push({ clause, situation, why: `waits for ${check.waitsS} s` });
		return false;
	});
	const found = await inLanes(scenesOf(chosen), lanes, played);
	const findings = found.flat().filter((one) => one !== null);
	// Rules that nothing was said under are not kept but untried.
	return reportOf(findings.length === 0 ? [] : [...findings, ...audit.findings()], leftOut);
}

/** Those that share a stage stand together, where the first of them stood. */
function scenesOf(checks: readonly ServerCheck[]): ServerCheck[][] {
	const scenes = new Map<unknown, ServerCheck[]>();
	for (const check of checks) {
		const scene = scenes.get(check.scene ?? check);
		if (scene === undefined) scenes.set(check.scene ?? check, [check]);
		else scene.push(check);
	}
	return [...scenes.values()];
}
