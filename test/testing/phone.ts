// A broker of the kit and people with phones, for the tests of the kit itself. No test stands here.

import { systemClock } from "../../src/base/clock.js";
import { Device, freshNames, MemoryStore, nodeConnect } from "../../src/client/index.js";
import {
	eventually,
	startBroker,
	type TestBroker,
	type TestBrokerOptions,
} from "../../src/testing/index.js";

/** A device that stays connected; it confirms what it gets. */
export async function phone(
	t: { teardown(run: () => unknown): void },
	broker: TestBroker,
	user: string,
	url = broker.url,
): Promise<Device> {
	const device = new Device({
		connect: nodeConnect(url),
		token: await broker.token(user),
		store: new MemoryStore(freshNames(systemClock)),
		backOff: { baseMs: 20, maxMs: 100 },
	});
	device.start();
	t.teardown(() => device.stop());
	await eventually(() => device.ready);
	return device;
}

export async function open(
	t: { teardown(run: () => unknown): void },
	options: TestBrokerOptions = {},
): Promise<TestBroker> {
	const broker = await startBroker({ users: ["ann", "bob"], ...options });
	t.teardown(() => broker.close());
	return broker;
}

export async function talk(ann: Device): Promise<string> {
	return (await ann.request<"open">({ type: "open", user: "bob" })).conversation;
}

export async function texts(broker: TestBroker, conversation: string): Promise<(string | null)[]> {
	return (await broker.history(conversation)).map((message) => message.text);
}
