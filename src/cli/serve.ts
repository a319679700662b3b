// `colloquy serve`: builds the broker, opens the door, says where it is, and stays until a signal.

import { mkdirSync } from "node:fs";
import { isIP } from "node:net";
import { basename, relative } from "node:path";
import { systemClock } from "../base/clock.js";
import { type Broker, createBroker } from "../broker.js";
import { type Config, developmentMode } from "../config.js";
import { readMarker } from "../journal/marker.js";
import { type AdminServer, removeSocketOf, startAdminServer } from "./admin-server.js";
import { banner } from "./banner.js";
import { CliError, toFailure } from "./exit.js";
import { lineLog } from "./log.js";
import { fail, note, paintFor, print, printJson } from "./output.js";
import {
	processIdentity,
	readRuntimeFile,
	removeRuntimeFile,
	runningServer,
	writeRuntimeFile,
} from "./runtime-file.js";
import { endOnSignals } from "./signals.js";
import { version } from "./version.js";

export interface ServeOptions {
	readonly json: boolean;
	/** The folder was put back from a backup: a new epoch begins with this start. */
	readonly restored: boolean;
}

/** Serves until a signal. Errors: those of `exit.ts`, before anything is printed on stdout. */
export async function serve(config: Config, options: ServeOptions): Promise<void> {
	const { data } = config;
	const { restored } = options;
	refuseOpenDoor(config);
	if (restored) await refuseNothing(data);
	mkdirSync(data, { recursive: true });
	endOnFaults();
	const log = lineLog(systemClock, config.logLevel, note);
	const broker = await createBroker(config, { log, restored });
	let admin: AdminServer | undefined;
	try {
		const stale = readRuntimeFile(data);
		if (stale !== null && runningServer(data) === null) removeSocketOf(stale.adminSocket);
		admin = await startAdminServer(async () =>
			(await import("./admin-routes.js")).adminRoutes(broker.admin),
		);
		const { host, port } = await broker.listen();
		const url = `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
		writeRuntimeFile(data, {
			pid: process.pid,
			process: processIdentity(process.pid),
			startedAt: new Date(systemClock.now()).toISOString(),
			url,
			adminSocket: admin.socket,
			node: broker.admin.node,
			boot: broker.admin.journal.boot,
		});
		// Before anybody can know that we are there to be stopped.
		endOnSignals({ clock: systemClock, drain: () => end(broker, admin, config) });
		if (restored) noteEpoch(data, broker.admin.journal.epoch);
		announce(config, url, options.json);
	} catch (error) {
		await end(broker, admin, { ...config, drainMs: 0 });
		throw error;
	}
}

async function end(broker: Broker, admin: AdminServer | undefined, config: Config): Promise<void> {
	await broker.close({ graceMs: config.drainMs });
	admin?.close();
	removeRuntimeFile(config.data, process.pid);
}

/** Without the operator's own secret or keys nobody but this machine may connect. */
function refuseOpenDoor(config: Config): void {
	if (!developmentMode(config) || isLoopback(config.host)) return;
	throw new CliError(
		"config",
		`host ${config.host} can be reached from outside, and this is development mode`,
		"set --auth-secret-file or --auth-jwks-url first, or listen on 127.0.0.1",
	);
}

/** A mistyped folder must not become an empty server that takes itself for the restored one. */
async function refuseNothing(data: string): Promise<void> {
	if ((await readMarker(data)) !== null) return;
	throw new CliError(
		"no",
		`${data} holds no store, so nothing was restored`,
		"put the backup back first, or take the folder that has it with --data",
	);
}

function noteEpoch(data: string, epoch: string): void {
	note(
		`${data} was restored: epoch ${epoch} begins. Devices start from their list and send again ` +
			"what was not answered. Leave --restored out of the next start.",
	);
}

function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** How a person here would call this command line. */
function commandName(): string {
	const script = process.argv[1] ?? "";
	// By `npm start`, `npx` and the like: npm finds the executable of the package by its name.
	if (process.env.npm_execpath !== undefined) return "npx colloquy";
	return basename(script) === "colloquy" ? "colloquy" : `node ${relative(process.cwd(), script)}`;
}

function announce(config: Config, url: string, json: boolean): void {
	const development = developmentMode(config);
	const { data, durability } = config;
	const command = commandName();
	if (json) {
		printJson({ listening: url, pid: process.pid, data, durability, development, version });
		return;
	}
	const paint = paintFor(process.stderr, process.env);
	const shown = relative(process.cwd(), data) || ".";
	const folder = shown.startsWith("..") ? data : shown;
	note(banner({ version, url, data: folder, durability, development, command }, paint));
	print(`listening ${url}`);
}

/** A fault that nothing caught: what is on disk is sound, so the end is loud and quick. */
function endOnFaults(): void {
	function onFault(error: unknown): void {
		fail(toFailure(error), false);
		process.exit();
	}
	process.on("uncaughtException", onFault);
	process.on("unhandledRejection", onFault);
}
