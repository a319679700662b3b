// Conversations that nobody has touched since the server started: how long until one answers, with
// a long history behind it, and how long the server itself took to be ready. After a clean end and
// after a kill, in turn. The first write of a process also runs much code for the first time, so it
// is told apart; then a conversation that is running answers, for comparison.

import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../src/base/clock.js";
import { directId } from "../src/base/ids.js";
import type { PsReport } from "../src/broker.js";
import { adminClient } from "../src/cli/admin-client.js";
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
/** Time for the answers to marks: they wake the conversations that they are about. */
const levelMs = 1_000;

export async function activation(flags: Flags): Promise<Figures[]> {
	const parameters = {
		messages: flags.number("messages", 10_000),
		conversations: flags.number("conversations", 3),
	};
	const peers = Array.from({ length: parameters.conversations + 1 }, (_, at) => `bob${at}`);
	let server = await startServer();
	const startMs: number[] = [];
	const firstMs: number[] = [];
	const coldMs: number[] = [];
	const runningMs: number[] = [];
	const historyMs: number[] = [];
	let faults = 0;
	const store = new MemoryStore(freshNames(systemClock));
	try {
		const filling = new Person(server, "ann", store);
		await filling.connected();
		for (const peer of peers) {
			const other = new Person(server, peer, new MemoryStore(freshNames(systemClock)));
			await other.connected();
			other.device.stop();
			await filling.device.request<"open">({ type: "open", user: peer });
			await filling.fill(directId("ann", peer), parameters.messages);
		}
		filling.device.stop();
		for (let at = 0; at < rounds; at += 1) {
			const end = () => (at % 2 === 0 ? server.stop() : server.kill());
			// A device answers its marks first, and that wakes conversations: nothing is marked after.
			await end();
			server = await server.restart();
			const levelling = new Person(server, "ann", store);
			await levelling.connected();
			await pause(levelMs);
			levelling.device.stop();
			await end();
			const from = performance.now();
			server = await server.restart();
			startMs.push(performance.now() - from);
			const person = new Person(server, "ann", store);
			await person.connected();
			await pause(levelMs);
			if ((await runningConversations(server)) > 0) faults += 1;
			for (const [nth, peer] of peers.entries()) {
				const conversation = directId("ann", peer);
				const [sentMs, seq] = await person.timedSend(conversation);
				if (seq !== parameters.messages + 2 * at + 1) faults += 1;
				(nth === 0 ? firstMs : coldMs).push(sentMs);
				const [againMs] = await person.timedSend(conversation);
				runningMs.push(againMs);
				historyMs.push(await person.timedHistory(conversation));
			}
			person.device.stop();
		}
	} finally {
		await server.discard();
	}
	return [
		{
			name: "activation",
			parameters,
			p50Ms: median(coldMs),
			maxMs: round(Math.max(...coldMs)),
			runningMs: median(runningMs),
			firstOfProcessMs: median(firstMs),
			startMs: median(startMs),
			historyMs: median(historyMs),
			faults,
		},
	];
}

/** As the server itself says. */
async function runningConversations(server: BenchServer): Promise<number> {
	const report = (await adminClient(server.data)?.get("/ps")) as PsReport;
	const kind = report.actors.kinds.find(({ name }) => name === "conversations");
	return (kind?.actors ?? 0) + (kind?.leaving ?? 0);
}

export class Person {
	readonly device: Device;
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

	async fill(conversation: string, messages: number): Promise<void> {
		const phrases = texts(1_024, 100, null, 1);
		let queued = 0;
		await new Promise<void>((resolve) => {
			const more = () => {
				while (queued < messages && this.waiting(conversation) < queuedMax) {
					this.device.write(conversation, send(phrases[queued % 1_024] as Buffer));
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

	async timedSend(conversation: string): Promise<[ms: number, seq: number]> {
		const from = performance.now();
		const seq = await new Promise<number>((resolve) => {
			this.onAnswered = resolve;
			this.device.write(conversation, send(Buffer.from("is anybody there?")));
		});
		return [performance.now() - from, seq];
	}

	async timedHistory(conversation: string): Promise<number> {
		const from = performance.now();
		await this.device.history(conversation, null, 50);
		return performance.now() - from;
	}

	private waiting(conversation: string): number {
		return this.device.store.stream(conversation)?.queue.length ?? 0;
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
