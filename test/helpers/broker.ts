// A broker in this process on a folder of its own and a free port, for tests that need real sockets
// and a real store but no crash.

import { rmSync } from "node:fs";
import { type Broker, type BrokerOptions, createBroker } from "../../src/broker.js";
import type { Config } from "../../src/config.js";
import { tempFolder } from "./server-process.js";
import { tokenFor, WireClient } from "./wire-client.js";

export interface TestBroker {
	readonly broker: Broker;
	readonly data: string;
	readonly wsUrl: string;
	/** A connected device of a user. */
	connect(
		user: string,
		more?: { device?: string; generation?: number; outbox?: string },
	): Promise<WireClient>;
	/** Closes and opens again on the same folder. */
	restart(): Promise<TestBroker>;
	discard(): Promise<void>;
}

export async function startBroker(
	config: Partial<Config> = {},
	options: BrokerOptions = {},
): Promise<TestBroker> {
	const data = config.data ?? tempFolder();
	const broker = await createBroker({ ...config, data, port: 0 }, options);
	const { port } = await broker.listen();
	const wsUrl = `ws://127.0.0.1:${port}`;
	return {
		broker,
		data,
		wsUrl,
		connect: async (user, more = {}) =>
			WireClient.connect({ wsUrl, token: await tokenFor(data, user), ...more }),
		restart: async () => {
			await broker.close({ graceMs: 0 });
			return startBroker({ ...config, data }, options);
		},
		discard: async () => {
			await broker.close({ graceMs: 0 });
			rmSync(data, { recursive: true, force: true });
		},
	};
}
