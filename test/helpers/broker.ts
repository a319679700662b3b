// The test kit's broker, spoken to operation by operation: for tests that need real sockets and a
// real store, and look at single answers.

import type { BrokerOptions } from "../../src/broker.js";
import type { Config } from "../../src/config.js";
import * as kit from "../../src/testing/broker.js";
import type { TestClock } from "../../src/testing/clock.js";
import { tokenFor, WireClient } from "./wire-client.js";

export interface TestBroker extends kit.TestBroker {
	readonly wsUrl: string;
	/** A connected device of a user. */
	connect(
		user: string,
		more?: { device?: string; generation?: number; outbox?: string },
	): Promise<WireClient>;
	/** Closes in order and opens again on the same folder. */
	restart(): Promise<TestBroker>;
	discard(): Promise<void>;
}

export async function startBroker(
	config: Partial<Config> = {},
	options: Omit<BrokerOptions, "clock"> & { readonly clock?: TestClock } = {},
): Promise<TestBroker> {
	// Tests upload noise that looks like pictures: a process for each would only take time.
	const quiet = { mediaPreviewsAtOnce: 0, ...config };
	const broker = await kit.startBroker({ config: quiet, ...options });
	const wsUrl = broker.url.replace("http", "ws");
	const it: TestBroker = Object.assign(broker, {
		wsUrl,
		connect: async (user: string, more = {}) =>
			WireClient.connect({ wsUrl, token: await tokenFor(broker.data, user), ...more }),
		restart: async () => {
			await broker.stop({ graceMs: 0 });
			await broker.start();
			return it;
		},
		discard: () => broker.close(),
	});
	return it;
}
