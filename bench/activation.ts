// A conversation that nobody has touched since the server started: how long until it answers, with
// a long history behind it, and how long the server itself took to be ready. After a clean end and
// after a kill, in turn; the median of the rounds is quoted.

import { systemClock } from "../src/base/clock.js";
import { directId } from "../src/base/ids.js";
import { Device } from "../src/client/device.js";
import type { Events } from "../src/client/events.js";
import { freshNames, MemoryStore } from "../src/client/memory-store.js";
import { nodeConnect } from "../src/client/node-transport.js";
import type { WriteCommand } from "../src/protocol/frames.js";
import type { Flags } from "./flags.js";
import { round } from "./histogram.js";
import { type BenchServer, mint, startServer } from "./server.js";
import type { Figures } from "./table.js";
import { texts } from "./texts.js";

const rounds = 6;
/** Enough to keep the window full, few enough that the queue stays short. */
const queuedMax = 256;

export async function activation(flags: Flags): Promise<Figures[]> {
	const parameters = { messages: flags.number("messages", 20_000) };
	let server = await startServer();
	const startMs: number[] = [];
	const firstMs: number[] = [];
	const historyMs: number[] = [];
	let faults = 0;
	const store = new MemoryStore(freshNames(systemClock));
	try {
		const filling = new Person(server, "ann", store);
		const other = new Person(server, "bob", new MemoryStore(freshNames(systemClock)));
		await other.connected();
		other.device.stop();
		await filling.connected();
		await filling.device.request<"open">({ type: "open", user: "bob" });
		await filling.fill(parameters.messages);
		filling.device.stop();
		for (let at = 0; at < rounds; at += 1) {
			await (at % 2 === 0 ? server.stop() : server.kill());
			const from = performance.now();
			server = await server.restart();
			startMs.push(performance.now() - from);
			const person = new Person(server, "ann", store);
			await person.connected();
			const expected = parameters.messages + at + 1;
			const [sentMs, seq] = await person.timedSend();
			if (seq !== expected) faults += 1;
			firstMs.push(sentMs);
			historyMs.push(await person.timedHistory());
			person.device.stop();
		}
	} finally {
		await server.discard();
	}
	return [
		{
			name: "activation",
			parameters,
			p50Ms: median(firstMs),
			maxMs: round(Math.max(...firstMs)),
			startMs: median(startMs),
			historyMs: median(historyMs),
			faults,
		},
	];
}

class Person {
	readonly device: Device;
	private readonly conversation = directId("ann", "bob");
	private onReady: () => void = () => {};
	private onAnswered: (seq: number) => void = () => {};

	constructor(server: BenchServer, user: string, store: MemoryStore) {
		const events: Events = {
			phase: (phase) => {
				if (phase.type === "ready") this.onReady();
			},
			answered: (_, outcome) => this.onAnswered(outcome.seq),
		};
		this.device = new Device({
			connect: nodeConnect(server.url),
			token: mint(server.secret, user),
			store,
			events,
			heartbeatMs: 0,
		});
	}

	async connected(): Promise<void> {
		await new Promise<void>((resolve) => {
			this.onReady = resolve;
			this.device.start();
		});
		// A round trip to the user's actor, so that only the conversation is cold.
		await this.device.request<"list">({ type: "list", cursor: null, limit: 1 });
	}

	async fill(messages: number): Promise<void> {
		const phrases = texts(1_024, 100, null, 1);
		let queued = 0;
		await new Promise<void>((resolve) => {
			const more = () => {
				while (queued < messages && this.waiting < queuedMax) {
					this.device.write(this.conversation, send(phrases[queued % 1_024] as Buffer));
					queued += 1;
				}
			};
			this.onAnswered = (seq) => {
				if (seq === messages) resolve();
				else more();
			};
			more();
		});
	}

	async timedSend(): Promise<[ms: number, seq: number]> {
		const from = performance.now();
		const seq = await new Promise<number>((resolve) => {
			this.onAnswered = resolve;
			this.device.write(this.conversation, send(Buffer.from("is anybody there?")));
		});
		return [performance.now() - from, seq];
	}

	async timedHistory(): Promise<number> {
		const from = performance.now();
		await this.device.history(this.conversation, null, 50);
		return performance.now() - from;
	}

	private get waiting(): number {
		return this.device.store.stream(this.conversation)?.queue.length ?? 0;
	}
}

function send(content: Buffer): WriteCommand {
	return {
		type: "send",
		id: systemClock.randomBytes(16),
		contentType: "text/plain",
		content,
		replyTo: null,
		mentions: [],
		media: [],
		ttlMs: null,
		clientTime: null,
		seenUpTo: null,
	};
}

function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return round(sorted[sorted.length >> 1] as number);
}
