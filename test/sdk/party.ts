// People at a real broker through the SDK: a broker in this process on a port that it keeps over
// restarts, clients by name, and connections that a test can cut.

import { rmSync } from "node:fs";
import type { Test } from "tap";
import { type Broker, createBroker } from "../../src/broker.js";
import { closedAbnormally, type Transport } from "../../src/client/transport.js";
import type { Config } from "../../src/config.js";
import {
	type Client,
	type ConnectOptions,
	connect,
	type Message,
	nodeConnect,
	type Store,
} from "../../src/sdk/index.js";
import { tempFolder } from "../helpers/server-process.js";
import { tokenFor } from "../helpers/wire-client.js";

export class Party {
	readonly data = tempFolder();
	private broker: Broker | null = null;
	private port = 0;
	private readonly clients: Client[] = [];
	private readonly lines = new Map<Client, Line>();

	private constructor(private readonly config: Partial<Config>) {}

	static async start(t: Test, config: Partial<Config> = {}): Promise<Party> {
		const party = new Party(config);
		await party.up();
		t.teardown(() => party.end());
		return party;
	}

	get url(): string {
		return `http://127.0.0.1:${this.port}`;
	}

	async up(): Promise<void> {
		this.broker = await createBroker({ ...this.config, data: this.data, port: this.port });
		this.port = (await this.broker.listen()).port;
	}

	async down(): Promise<void> {
		await this.broker?.close({ graceMs: 0 });
		this.broker = null;
	}

	async provision(...users: string[]): Promise<void> {
		for (const user of users) await this.broker?.provision(user);
	}

	/** A client of this user; closed with the party. */
	client(user: string, options: Partial<ConnectOptions> = {}): Client {
		const line = new Line(this.url);
		const client = connect({
			url: this.url,
			token: () => tokenFor(this.data, user),
			transport: () => line.open(),
			...options,
		});
		// What the SDK got over is looked at by the tests that make it happen.
		client.on("error", () => {});
		this.clients.push(client);
		this.lines.set(client, line);
		return client;
	}

	/** Two clients that are connected, in their direct conversation. */
	async pair(ann = "ann", bob = "bob") {
		const [one, two] = [this.client(ann), this.client(bob)];
		await Promise.all([connected(one), connected(two)]);
		const talk = await one.open(bob);
		return { ann: one, bob: two, talk, other: two.conversation(talk.id) };
	}

	line(client: Client): Line {
		return this.lines.get(client) as Line;
	}

	private async end(): Promise<void> {
		await Promise.all(this.clients.map((client) => client.close()));
		await this.down();
		rmSync(this.data, { recursive: true, force: true });
	}
}

/** The network of one client. */
export class Line {
	/** No connection comes about. */
	broken = false;
	opened = 0;
	/** Holds back what arrives. */
	paused = false;
	private now: Transport | null = null;

	constructor(private readonly url: string) {}

	async open(): Promise<Transport> {
		if (this.broken) throw new Error("the line is broken");
		const transport = await nodeConnect(this.url)();
		this.opened += 1;
		this.now = transport;
		if (this.paused) transport.pause();
		return transport;
	}

	/** As if the cable were pulled: what is on its way is lost. */
	cut(): void {
		const { now } = this;
		if (now === null) return;
		this.now = null;
		const { onClose } = now;
		now.onMessage = () => {};
		now.onClose = () => {};
		now.close();
		onClose(closedAbnormally, "");
	}

	break(): void {
		this.broken = true;
		this.cut();
	}

	pause(): void {
		this.paused = true;
		this.now?.pause();
	}

	resume(): void {
		this.paused = false;
		this.now?.resume();
	}
}

/** The first value of a store that is as wished. */
export async function value<T>(
	store: Store<T>,
	wished: (value: T) => boolean,
	withinMs = 8_000,
): Promise<T> {
	const now = store.snapshot();
	if (wished(now)) return now;
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => {
			off();
			reject(new Error(`it stayed ${JSON.stringify(store.snapshot())?.slice(0, 500)}`));
		}, withinMs);
		const off = store.subscribe(() => {
			if (!wished(store.snapshot())) return;
			clearTimeout(timer);
			off();
			resolve(store.snapshot());
		});
	});
}

export async function connected(client: Client): Promise<void> {
	await value(client.state, ({ type }) => type === "connected");
}

/** The texts of a list. */
export function texts(messages: readonly Message[]): string[] {
	return messages.map(({ text }) => text);
}

export async function eventually(check: () => boolean, withinMs = 8_000): Promise<void> {
	const end = Date.now() + withinMs;
	while (!check()) {
		if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${check}`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}
