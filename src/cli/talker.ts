// A client for one command: its device's folder, its connection, its end. Shared by `chat`, `send`
// and `tail`.

import type { BrokerError } from "../base/errors.js";
import type { Config } from "../config.js";
import { type Client, type ConnectionState, connect } from "../sdk/index.js";
import { deviceFolder } from "./device-folder.js";
import { inTime } from "./pipeline.js";
import { type Target, targetOf } from "./target.js";
import { version } from "./version.js";

export interface Talker {
	readonly client: Client;
	readonly target: Target;
	/** Disconnects and gives the folder back; what is queued there goes out next time. */
	close(): Promise<void>;
}

/** Errors: CliError when it is not said who and where, or the folder cannot be used. */
export async function startTalker(
	flags: Readonly<Record<string, unknown>>,
	config: Config,
): Promise<Talker> {
	const target = targetOf(flags, config, process.env);
	// Whoever has no token cannot connect later either: told at once, in one line.
	await target.token();
	const folder = await deviceFolder(target.name, process.env);
	const client = connect({
		url: target.url,
		token: () => target.token(),
		store: folder.path,
		client: `colloquy-cli/${version}`,
	});
	return {
		client,
		target,
		close: async () => {
			await said(client);
			await client.close();
			await folder.release();
		},
	};
}

const farewellMs = 1_000;

/** Receipts leave a moment after what they are for; an answer says that they have got there. */
async function said(client: Client): Promise<void> {
	if (client.state.snapshot().type !== "connected") return;
	const answered = client.profiles([client.user ?? ""]);
	await inTime(answered, farewellMs, "no answer").catch(() => {});
}

/** Resolves when connected; rejects when the server will never let this client in. */
export function connected(client: Client): Promise<void> {
	return new Promise((resolve, reject) => {
		function look(state: ConnectionState): boolean {
			if (state.type === "connected") resolve();
			else if (isFinal(state)) reject(state.reason as BrokerError);
			else return false;
			return true;
		}
		if (look(client.state.snapshot())) return;
		const end = client.state.subscribe(() => {
			if (look(client.state.snapshot())) end();
		});
	});
}

/** Trying again would not help: not with this server, or not with this token. */
export function isFinal({ reason }: ConnectionState): boolean {
	return reason !== null && (!reason.retryable || reason.code === "AUTH_EXPIRED");
}
