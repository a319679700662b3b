// `colloquy media serve`: signed addresses of media and nothing else, beside the broker or far from
// it. It needs the media key and the store of the broker, no journal.

import { createServer, type Server } from "node:http";
import { type AddressInfo, isIP } from "node:net";
import { join } from "node:path";
import { readSecret } from "../auth.js";
import { systemClock } from "../base/clock.js";
import type { Config } from "../config.js";
import { openStore } from "../media/open-store.js";
import { SignedServer } from "../media/signed.js";
import { CliError } from "./exit.js";
import { lineLog } from "./log.js";
import { note, print, printJson } from "./output.js";
import { endOnSignals } from "./signals.js";

/** What a request has to say fits into this; its body, if any, is not read. */
const headersMs = 5_000;

/** Serves until a signal. Errors: those of `exit.ts`; CONFIG_INVALID for a key others may read. */
export async function mediaServe(config: Config, json: boolean): Promise<void> {
	const { host, port, data, mediaTransfersAtOnce } = config;
	const key = await keyOf(data);
	const log = lineLog(systemClock, config.logLevel, note);
	const { store } = await openStore(config);
	const media = new SignedServer({ clock: systemClock, log, key, store, limits: config });
	const limits = { headersTimeout: headersMs, requestTimeout: headersMs };
	const server = createServer({ ...limits, maxHeaderSize: 16 * 1_024 }, (request, response) => {
		if (request.url === "/livez" || request.url === "/readyz") response.end("ok");
		else media.handle(request, response);
	});
	server.maxConnections = 2 * mediaTransfersAtOnce;
	await listening(server, port, host);
	endOnSignals({ clock: systemClock, drain: () => end(server, media) });
	const { port: taken } = server.address() as AddressInfo;
	const url = `http://${isIP(host) === 6 ? `[${host}]` : host}:${taken}`;
	if (json) printJson({ listening: url, pid: process.pid, data });
	else print(`listening ${url}`);
}

function listening(server: Server, port: number, host: string): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, host, resolve);
	});
}

async function end(server: Server, media: SignedServer): Promise<void> {
	const closed = new Promise((resolve) => server.close(resolve));
	server.closeIdleConnections();
	await media.close();
	await closed;
}

async function keyOf(data: string): Promise<Uint8Array> {
	const path = join(data, "media-key");
	try {
		return await readSecret(path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
		// One of its own would open nothing that the broker has signed.
		const action = "copy the file from the broker's data folder, readable by its owner alone";
		throw new CliError("config", `${path} is not there`, action);
	}
}
