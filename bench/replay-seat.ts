// One device of one speaker in a replay: the real client layer over a real socket that is cut at
// random, with everything checked that it is told.

import { systemClock } from "../src/base/clock.js";
import { Device } from "../src/client/device.js";
import type { Events } from "../src/client/events.js";
import { freshNames, MemoryStore } from "../src/client/memory-store.js";
import { nodeConnect } from "../src/client/node-transport.js";
import { closedAbnormally, type Transport } from "../src/client/transport.js";
import type { WireMessage, WireWatermark } from "../src/protocol/frames.js";
import { mint } from "./server.js";

export interface SeatOptions {
	readonly url: string;
	readonly secret: string;
	readonly user: string;
	readonly conversation: string;
	/** Messages of the whole session: nobody may be told of more. */
	readonly messages: number;
	readonly fault: (what: string) => void;
	readonly onAnswered: () => void;
}

export class Seat {
	readonly user: string;
	readonly store = new MemoryStore(freshNames(systemClock));
	readonly device: Device;
	cuts = 0;
	/** Why this device became another one, each time. */
	readonly forks: string[] = [];
	receiptsTold = 0;
	/** Own messages that this device was told are durable. */
	answered = 0;
	private readonly options: SeatOptions;
	private readonly told = new Map<string, WireWatermark>();
	/** By `seq`: told as news. */
	private readonly heard: Uint8Array;
	private leaving = false;
	private cutNow: (() => void) | null = null;

	constructor(options: SeatOptions) {
		this.options = options;
		this.user = options.user;
		this.heard = new Uint8Array(options.messages + 1);
		const connect = nodeConnect(options.url);
		this.device = new Device({
			connect: async () => this.cuttable(await connect()),
			token: () => mint(options.secret, options.user),
			store: this.store,
			events: this.events(),
			client: "replay",
			backOff: { baseMs: 100, maxMs: 2_000, steadyMs: 1_000 },
			heartbeatMs: 0,
		});
	}

	/** The connection is gone without a word, and what was on its way with it. */
	cut(): void {
		if (this.cutNow === null) return;
		this.cuts += 1;
		this.cutNow();
	}

	get view() {
		return this.store.view(this.options.conversation);
	}

	/** Every write has its final outcome. */
	get settled(): boolean {
		for (const stream of this.store.streams()) if (stream.queue.length > 0) return false;
		for (const _ of this.store.moving()) return false;
		return true;
	}

	/** Read back what a device that came late did not get. */
	async readBack(): Promise<void> {
		const { conversation } = this.options;
		while ((this.view?.first ?? 1) > 1) {
			await this.device.history(conversation, this.view?.first ?? null, 100);
		}
	}

	/** Its place at the table is given up, so that the user may sit at others. */
	async leave(): Promise<void> {
		this.leaving = true;
		try {
			await this.device.request({ type: "logout", device: null });
		} catch {
			// The session may end before the answer comes.
		}
		this.device.stop();
	}

	private cuttable(inner: Transport): Transport {
		const outer: Transport = {
			get buffered() {
				return inner.buffered;
			},
			send: (bytes) => inner.send(bytes),
			pause: () => inner.pause(),
			resume: () => inner.resume(),
			close: (code, reason) => inner.close(code, reason),
			onMessage: () => {},
			onClose: () => {},
		};
		inner.onMessage = (bytes) => outer.onMessage(bytes);
		inner.onClose = (code, reason) => outer.onClose(code, reason);
		this.cutNow = () => {
			this.cutNow = null;
			inner.onMessage = () => {};
			inner.onClose = () => {};
			inner.close();
			outer.onClose(closedAbnormally, "");
		};
		return outer;
	}

	private events(): Events {
		const { conversation, fault, onAnswered } = this.options;
		return {
			message: (where, message) => {
				if (where === conversation) this.news(message);
			},
			status: (where, watermarks) => {
				if (where === conversation) for (const mark of watermarks) this.receipt(mark);
			},
			answered: (item) => {
				if (item.command.type !== "send" || item.conversation !== conversation) return;
				this.answered += 1;
				onAnswered();
			},
			refused: (item, code, detail) => {
				fault(`${this.user}: ${item.command.type} refused: ${code} ${detail}`);
			},
			forked: (code) => {
				this.forks.push(code);
			},
			phase: (phase) => {
				if (phase.type === "stopped" && phase.code !== null && !this.leaving) {
					fault(`${this.user}: stopped: ${phase.code}`);
				}
			},
			fault: (where, cause) => {
				// A server that is down refuses connections; that is part of the game.
				if (where !== "connect") fault(`${this.user}: ${where}: ${cause}`);
			},
		};
	}

	private news(message: WireMessage): void {
		const { seq } = message;
		if (this.heard[seq] === 1) this.options.fault(`${this.user}: told twice of ${seq}`);
		this.heard[seq] = 1;
	}

	private receipt(mark: WireWatermark): void {
		this.receiptsTold += 1;
		const { user, delivered, seen } = mark;
		const lawful = 0 <= seen && seen <= delivered && delivered <= this.options.messages;
		if (!lawful) this.options.fault(`${this.user}: ${user} delivered ${delivered} seen ${seen}`);
		const before = this.told.get(user);
		if (before !== undefined && (delivered < before.delivered || seen < before.seen)) {
			const from = `${before.delivered}/${before.seen}`;
			this.options.fault(`${this.user}: ${user} went from ${from} to ${delivered}/${seen}`);
		}
		this.told.set(user, mark);
	}
}
