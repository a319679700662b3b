// Asks a running server over its admin socket. Whether one runs is read from the runtime file; a
// socket that nobody answers means that none does, whatever the file says.

import { request } from "node:http";
import { BrokerError, type ErrorCode, errorTable } from "../base/errors.js";
import { CliError } from "./exit.js";
import { type RuntimeFile, runningServer } from "./runtime-file.js";

export interface AdminClient {
	readonly server: RuntimeFile;
	/** Errors: BrokerError as the server said; NOT_RUNNING when it went away. */
	get(path: string, parameters?: Readonly<Record<string, string>>): Promise<unknown>;
}

/** An answer that takes longer than this comes from a server that is stuck. */
const answerWithinMs = 30_000;

/** A client of the server that runs on this folder, or null when none does. */
export function adminClient(data: string): AdminClient | null {
	const server = runningServer(data);
	if (server === null) return null;
	return {
		server,
		async get(path, parameters = {}) {
			const query = new URLSearchParams(parameters).toString();
			const { status, body } = await ask(server.adminSocket, `${path}?${query}`);
			if (status === 200) return body;
			throw toError(body);
		},
	};
}

function ask(socketPath: string, path: string): Promise<{ status: number; body: unknown }> {
	return new Promise((resolve, reject) => {
		const call = request({ socketPath, path, timeout: answerWithinMs }, (response) => {
			const chunks: Buffer[] = [];
			response.on("data", (chunk: Buffer) => chunks.push(chunk));
			response.on("error", reject);
			response.on("end", () => {
				try {
					const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
					resolve({ status: response.statusCode ?? 0, body });
				} catch (cause) {
					reject(cause);
				}
			});
		});
		call.on("timeout", () => call.destroy(new Error("no answer in time")));
		call.on("error", (cause) => {
			reject(new BrokerError("NOT_RUNNING", `nobody answers at ${socketPath}`, { cause }));
		});
		call.end();
	});
}

function toError(body: unknown): Error {
	const { error } = body as { error?: { code: string; message: string; action: string } };
	if (error === undefined) return new Error("the server gave no reason");
	if (!Object.hasOwn(errorTable, error.code)) {
		return new CliError("fault", `the server says: ${error.message}`, error.action);
	}
	const detail = error.message.replace(`${errorTable[error.code as ErrorCode].message}: `, "");
	return new BrokerError(error.code as ErrorCode, detail);
}
