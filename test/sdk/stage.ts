// The SDK against a server that says only what the test tells it to, with time that passes on
// demand: for tokens, states, clocks and nonsense.

import { memoryPair } from "../../src/client/transport.js";
import type { ServerOp } from "../../src/protocol/frames.js";
import { type Client, type ConnectOptions, connect } from "../../src/sdk/index.js";
import { HandClock } from "../client/hand-clock.js";
import { welcomeOp } from "../client/operations.js";
import { Peer } from "../helpers/scripted-peer.js";

export class SdkStage {
	readonly clock = new HandClock();
	readonly client: Client;
	readonly peers: Peer[] = [];
	readonly errors: unknown[] = [];
	/** States since the start, as they were told. */
	readonly states: string[] = [];
	refuse = 0;
	private generation = 0;

	constructor(options: Partial<ConnectOptions> = {}) {
		this.client = connect({
			url: "http://nowhere.invalid",
			token: "token",
			clock: this.clock,
			transport: async () => this.dial(),
			...options,
		});
		this.client.on("error", (cause) => this.errors.push(cause));
		this.client.on("state", ({ type, reason }) =>
			this.states.push(reason === null ? type : `${type} ${reason.code}`),
		);
	}

	get peer(): Peer {
		const peer = this.peers.at(-1);
		if (peer === undefined) throw new Error("no connection yet");
		return peer;
	}

	settle(): Promise<void> {
		return this.clock.settle();
	}

	/** Waits for a connection and welcomes it. */
	async welcome(changes: Partial<Extract<ServerOp, { type: "welcome" }>> = {}): Promise<Peer> {
		const peer = await this.hello();
		this.generation += 1;
		const now = this.clock.now();
		const expiresAt = now + 3_600_000;
		peer.say({ ...welcomeOp(this.generation, 8), now, expiresAt, ...changes });
		await this.settle();
		return peer;
	}

	/** Waits for a connection that is still up and has said hello. */
	async hello(): Promise<Peer> {
		await this.settle();
		const waits = () => {
			const last = this.peers.at(-1);
			return last === undefined || last.closed || last.heard[0]?.type !== "hello";
		};
		for (let i = 0; i < 1_200 && waits(); i += 1) await this.clock.pass(100);
		this.peer.takeOne("hello");
		return this.peer;
	}

	goodbye(code: Extract<ServerOp, { type: "goodbye" }>["code"], retryAfterMs = 0): Promise<void> {
		this.peer.say({ type: "goodbye", code, detail: "", retryAfterMs });
		return this.settle();
	}

	private dial() {
		if (this.refuse > 0) {
			this.refuse -= 1;
			throw new Error("connection refused");
		}
		const pair = memoryPair(this.clock);
		this.peers.push(new Peer(pair));
		return pair.client;
	}
}
