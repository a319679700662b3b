// A connected device of a real server, through the front door: its token comes from the command
// line, its store is in memory.

import { systemClock } from "../../src/base/clock.js";
import { Device, freshNames, MemoryStore, nodeConnect } from "../../src/client/index.js";
import type { WriteCommand } from "../../src/protocol/frames.js";
import { runCli, type ServerProcess } from "./server-process.js";

/** Counts the writes that are durable at the server. */
export interface Answers {
	count: number;
}

/** Resolves once the device is ready; it is stopped with the test. */
export async function connectDevice(
	test: { teardown(run: () => unknown): void },
	server: ServerProcess,
	user: string,
	answers: Answers = { count: 0 },
): Promise<Device> {
	const { stdout } = await runCli(["token", user, "--data", server.data]);
	const connect = nodeConnect(server.url);
	let device: Device | undefined;
	await new Promise<void>((resolve) => {
		device = new Device({
			connect: () => connect(),
			token: stdout.trim(),
			store: new MemoryStore(freshNames(systemClock)),
			events: {
				phase: (phase) => phase.type === "ready" && resolve(),
				answered: () => {
					answers.count += 1;
				},
			},
		});
		device.start();
	});
	test.teardown(() => device?.stop());
	return device as Device;
}

export function send(content: Uint8Array, contentType: string): WriteCommand {
	const id = systemClock.randomBytes(16);
	const rest = { replyTo: null, mentions: [], media: [], ttlMs: null, clientTime: null };
	return { type: "send", id, contentType, content, ...rest, seenUpTo: null };
}

export function sendText(text: string): WriteCommand {
	return send(new TextEncoder().encode(text), "text/plain");
}
