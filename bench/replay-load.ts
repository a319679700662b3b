// One session of a replay in a process of its own: seats its speakers, lets them say their lines
// while devices drop and come back, then compares every copy with what the server says it holds.

import { randomUUID } from "node:crypto";
import type { WriteCommand } from "../src/protocol/frames.js";
import { Check, sleep, waitMaxMs } from "./replay-check.js";
import { Seat } from "./replay-seat.js";
import { seeded } from "./texts.js";

export interface ReplayOptions {
	readonly url: string;
	readonly secret: string;
	readonly data: string;
	readonly conversation: string;
	/** In the order of the file. */
	readonly lines: readonly (readonly [speaker: string, text: string])[];
	readonly seed: number;
}

export interface ReplayResult {
	readonly conversation: string;
	readonly messages: number;
	readonly speakers: number;
	readonly devices: number;
	readonly cuts: number;
	/** Devices that became others, by why. */
	readonly forks: Readonly<Record<string, number>>;
	/** Rows compared, over all devices. */
	readonly compared: number;
	readonly receiptsTold: number;
	readonly sendMs: number;
	readonly settleMs: number;
	readonly faults: number;
	readonly firstFaults: readonly string[];
}

const connectingMax = 40;
const firstFaultsMax = 10;
const encoder = new TextEncoder();

class Replay {
	private readonly options: ReplayOptions;
	private readonly random: () => number;
	private readonly firstFaults: string[] = [];
	private faults = 0;
	private readonly seats: Seat[] = [];
	/** Seats by speaker; the first one of each speaks. */
	private readonly speakers = new Map<string, Seat[]>();
	/** Devices that join while the talk goes on. */
	private readonly late: Seat[] = [];
	private answered = 0;
	private dropping = false;
	private readonly joining: Seat[] = [];

	constructor(options: ReplayOptions) {
		this.options = options;
		this.random = seeded(options.seed);
		for (const [speaker] of options.lines) {
			if (this.speakers.has(speaker)) continue;
			const count = 1 + Math.floor(this.random() * 3);
			const seats = Array.from({ length: count }, () => this.seat(speaker));
			this.speakers.set(speaker, seats);
			// Half of the further devices come late, and start from what is delivered by then.
			for (const seat of seats.slice(1)) if (this.random() < 0.5) this.late.push(seat);
		}
	}

	private seat(user: string): Seat {
		const { url, secret, conversation, lines } = this.options;
		const seat = new Seat({
			url,
			secret,
			user,
			conversation,
			messages: lines.length,
			fault: (what) => this.fault(what),
			onAnswered: () => {
				this.answered += 1;
				if (this.dropping) setImmediate(() => this.mishap());
			},
		});
		this.seats.push(seat);
		return seat;
	}

	private fault(what: string): void {
		this.faults += 1;
		if (this.firstFaults.length < firstFaultsMax) this.firstFaults.push(what);
	}

	async run(): Promise<ReplayResult> {
		const { conversation, lines } = this.options;
		const progress = setInterval(() => process.send?.({ answered: this.answered }), 20);
		const early = this.seats.filter((seat) => !this.late.includes(seat));
		await connect(early);
		await this.found();
		const from = performance.now();
		this.dropping = true;
		this.joining.push(...this.late);
		this.speak();
		await this.until(() => this.seats.every((seat) => seat.settled), "sends without an outcome");
		const spoken = performance.now();
		this.dropping = false;
		await connect(this.late);
		await this.levelled();
		const settled = performance.now();
		clearInterval(progress);
		process.send?.({ answered: this.answered });
		const check = new Check(this.options, (what) => this.fault(what));
		const compared = await check.run(this.seats);
		await Promise.all(this.seats.map((seat) => seat.leave()));
		const sum = (figure: (seat: Seat) => number) =>
			this.seats.reduce((total, seat) => total + figure(seat), 0);
		return {
			conversation,
			messages: lines.length,
			speakers: this.speakers.size,
			devices: this.seats.length,
			cuts: sum((seat) => seat.cuts),
			forks: tally(this.seats.flatMap((seat) => seat.forks)),
			compared,
			receiptsTold: sum((seat) => seat.receiptsTold),
			sendMs: Math.round(spoken - from),
			settleMs: Math.round(settled - spoken),
			faults: this.faults,
			firstFaults: this.firstFaults,
		};
	}

	/** The first speaker makes the group; everybody who is there hears of it. */
	private async found(): Promise<void> {
		const { conversation } = this.options;
		const [owner, ...others] = [...this.speakers.keys()];
		const founder = (this.speakers.get(owner as string) as Seat[])[0] as Seat;
		const kind = "group" as const;
		const command = { type: "create", kind, title: conversation, members: others } as const;
		founder.device.write(conversation, command);
		const speaking = [...this.speakers.values()].map((seats) => seats[0] as Seat);
		await this.until(
			() => founder.settled && speaking.every((seat) => seat.view !== undefined),
			"speakers who never heard of the conversation",
		);
	}

	private speak(): void {
		const { conversation, lines } = this.options;
		for (const [speaker, text] of lines) {
			const [seat] = this.speakers.get(speaker) as [Seat];
			seat.device.write(conversation, send(text));
		}
	}

	/**
	 * Now and then a device drops and comes back, a late one joins, somebody looks at what is new.
	 */
	private mishap(): void {
		const chance = this.random();
		const seat = this.seats[Math.floor(this.random() * this.seats.length)] as Seat;
		const held = seat.view?.held ?? 0;
		if (chance < 0.1) seat.cut();
		else if (chance < 0.4 && held > 0) seat.device.seen(this.options.conversation, held);
		else if (chance < 0.6) this.joining.shift()?.device.start();
	}

	private async levelled(): Promise<void> {
		const { lines } = this.options;
		await this.until(
			() => this.seats.every((seat) => seat.device.ready && seat.view?.held === lines.length),
			`copies that do not reach ${lines.length}`,
		);
	}

	private async until(done: () => boolean, what: string): Promise<void> {
		const end = performance.now() + waitMaxMs;
		while (!done()) {
			if (performance.now() > end) {
				const behind = this.seats.filter((seat) => !seat.settled || !seat.device.ready);
				this.fault(`${what}: ${behind.length} seats unsettled or away: ${describe(this.seats)}`);
				return;
			}
			await sleep(20);
		}
	}
}

function tally(words: readonly string[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
	return counts;
}

function describe(seats: readonly Seat[]): string {
	const worst = seats.find((seat) => !seat.settled || !seat.device.ready) ?? seats[0];
	if (worst === undefined) return "";
	const { position = 0, held = 0 } = worst.view ?? {};
	return `${worst.user} ready ${worst.device.ready} position ${position} held ${held}`;
}

async function connect(seats: readonly Seat[]): Promise<void> {
	let next = 0;
	async function one(): Promise<void> {
		while (next < seats.length) {
			const seat = seats[next++] as Seat;
			seat.device.start();
			const end = performance.now() + waitMaxMs;
			while (!seat.store.identity().listed && performance.now() < end) await sleep(5);
		}
	}
	await Promise.all(Array.from({ length: connectingMax }, one));
}

function send(text: string): WriteCommand {
	return {
		type: "send",
		id: Buffer.from(randomUUID().replaceAll("-", ""), "hex"),
		contentType: "text/plain",
		content: encoder.encode(text),
		replyTo: null,
		mentions: [],
		media: [],
		ttlMs: null,
		clientTime: null,
		seenUpTo: null,
	};
}

process.once("message", (options) => {
	new Replay(options as ReplayOptions).run().then((result) => {
		process.send?.({ result }, () => process.exit(0));
	});
});
