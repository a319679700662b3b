// The client's side of the SDK's figures, in a process of its own: cycles through the SDK or the
// bare session layer, messages held in memory, a cold start. Prints one JSON line.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemClock } from "../src/base/clock.js";
import { directId } from "../src/base/ids.js";
import {
	type Client,
	connect,
	Device,
	freshNames,
	MemoryStore,
	nodeConnect,
} from "../src/sdk/index.js";
import { round } from "./histogram.js";
import { type Filling, fillView, profile } from "./sdk-fill.js";
import { mint } from "./server.js";
import { texts } from "./texts.js";

export type SdkLoad =
	| ({ readonly type: "session" | "sdk" } & CycleOptions)
	| { readonly type: "held"; readonly messages: number; readonly bytes: number }
	| ({ readonly type: "start"; readonly folder: string } & Filling);

export interface CycleOptions {
	readonly url: string;
	readonly secret: string;
	readonly pairs: number;
	readonly window: number;
	readonly seconds: number;
	readonly warmupSeconds: number;
	readonly bytes: number;
}

export interface Cycles {
	readonly cyclesPerSecond: number;
	/** User and system time of both ends, for each message from its send to `delivered`. */
	readonly clientCpuMicrosPerCycle: number;
	readonly faults: number;
}

export interface Held {
	/** Of the store alone, and of the store with a live list over it. */
	readonly storeBytes: number;
	readonly bytes: number;
}

export interface Start {
	readonly listMs: number;
	/** User and system time of it: what other work on the machine does not change. */
	readonly listCpuMs: number;
	/** From then until the messages of a conversation are there. */
	readonly openMs: number;
}

/** One end of a pair that sends, whatever it stands on. */
interface Sender {
	send(text: Buffer): void;
	stop(): void;
}

/** `delivered`: so many of the pair are, in all. Resolves once both ends are connected. */
type Open = (
	options: CycleOptions,
	users: readonly [string, string],
	delivered: (count: number) => void,
) => Promise<Sender>;

const session: Open = async ({ url, secret }, [a, b], delivered) => {
	const conversation = directId(a, b);
	const device = (user: string, status: (watermark: number) => void) =>
		new Promise<Device>((resolve) => {
			const made: Device = new Device({
				connect: nodeConnect(url),
				token: mint(secret, user),
				store: new MemoryStore(freshNames(systemClock)),
				events: {
					phase: ({ type }) => {
						if (type === "ready") resolve(made);
					},
					status: (_, marks) => {
						for (const { user, delivered } of marks) if (user === b) status(delivered);
					},
				},
			});
			made.start();
		});
	const receiver = await device(b, () => {});
	const sender = await device(a, delivered);
	await sender.request<"open">({ type: "open", user: b });
	return {
		send: (content) => {
			sender.write(conversation, {
				type: "send",
				id: systemClock.randomBytes(16),
				contentType: "text/plain",
				content,
				replyTo: null,
				mentions: [],
				media: [],
				ttlMs: null,
				clientTime: Date.now(),
				seenUpTo: null,
			});
		},
		stop: () => {
			sender.stop();
			receiver.stop();
		},
	};
};

async function client(options: CycleOptions, user: string): Promise<Client> {
	const made = connect({ url: options.url, token: mint(options.secret, user) });
	for await (const { type } of made.state) if (type === "connected") break;
	return made;
}

const sdk: Open = async (options, [a, b], delivered) => {
	const receiver = await client(options, b);
	receiver.on("message", () => {});
	const sender = await client(options, a);
	const talk = await sender.open(b);
	let count = 0;
	return {
		send: (content) => {
			void talk
				.send({ content, contentType: "text/plain" })
				.reached("delivered")
				.then(() => {
					count += 1;
					delivered(count);
				});
		},
		stop: () => {
			void sender.close();
			void receiver.close();
		},
	};
};

async function cycles(open: Open, options: CycleOptions): Promise<Cycles> {
	const phrases = texts(1_024, options.bytes, null, 1);
	const run = process.pid.toString(36);
	const ends: (() => void)[] = [];
	let faults = 0;
	let done = 0;
	let running = true;
	for (let pair = 0; pair < options.pairs; pair += 1) {
		let sent = 0;
		let before = 0;
		const users = [`a${pair}-${run}`, `b${pair}-${run}`] as const;
		const end = await open(options, users, (count) => {
			if (count < before || count > sent) faults += 1;
			done += count - before;
			before = count;
			more();
		});
		const more = () => {
			for (; running && sent - before < options.window; sent += 1) {
				end.send(phrases[sent % phrases.length] as Buffer);
			}
		};
		ends.push(() => end.stop());
		more();
	}
	const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
	await pause(options.warmupSeconds);
	const [from, own, first] = [performance.now(), process.cpuUsage(), done];
	await pause(options.seconds);
	const { user, system } = process.cpuUsage(own);
	const counted = done - first;
	const cyclesPerSecond = Math.round((counted * 1_000) / (performance.now() - from));
	running = false;
	for (const end of ends) end();
	if (counted === 0) faults += 1;
	return { cyclesPerSecond, clientCpuMicrosPerCycle: round((user + system) / counted), faults };
}

/** A client that meets nobody, on this storage. */
function alone(store: string | MemoryStore): Client {
	const transport = () => Promise.reject(new Error("no network"));
	const made = connect({ url: "http://127.0.0.1:1", token: "none", store, transport });
	made.on("error", () => {});
	return made;
}

function memory(collect: () => void): number {
	collect();
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}

async function held(options: { messages: number; bytes: number }): Promise<Held> {
	setFlagsFromString("--expose-gc");
	const collect = runInNewContext("gc") as () => void;
	const store = new MemoryStore(freshNames(systemClock));
	store.keep("profile", profile);
	fillView(store, "warm", { messages: 100, bytes: 100 });
	const made = alone(store);
	await new Promise((resolve) => setTimeout(resolve, 100));
	made.conversation("warm").messages.snapshot();
	const before = memory(collect);
	fillView(store, "g1", options);
	const stored = memory(collect);
	const list = made.conversation("g1").messages;
	if (list.snapshot().length !== options.messages) throw new Error("the list is not whole");
	const after = memory(collect);
	await made.close();
	const each = options.messages / 1_000;
	const per = (bytes: number) => Math.round(bytes / each);
	return { storeBytes: per(stored - before), bytes: per(after - before) };
}

async function start({
	folder,
	conversations,
	messages,
}: Filling & { folder: string }): Promise<Start> {
	const [from, own] = [performance.now(), process.cpuUsage()];
	const made = alone(folder);
	for await (const { durable } of made.storage) if (durable) break;
	for await (const list of made.conversations) if (list.length === conversations) break;
	const listMs = performance.now() - from;
	const { user, system } = process.cpuUsage(own);
	const opened = performance.now();
	for await (const list of made.conversation("g1").messages) if (list.length === messages) break;
	const openMs = round(performance.now() - opened);
	await made.close();
	return { listMs: round(listMs), listCpuMs: round((user + system) / 1_000), openMs };
}

async function main(options: SdkLoad): Promise<Cycles | Held | Start> {
	switch (options.type) {
		case "session":
			return cycles(session, options);
		case "sdk":
			return cycles(sdk, options);
		case "held":
			return held(options);
		case "start":
			return start(options);
		default:
			return options satisfies never;
	}
}

const result = await main(JSON.parse(process.argv[2] as string) as SdkLoad);
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
