// A run's world: one server, some people with their phones, the network between them, and the books
// that are kept of it all. What happens in it is in `actions.ts`; how it ends, in `ending.ts`.

import { BrokerError } from "../../src/base/errors.js";
import type { Transport } from "../../src/client/transport.js";
import type { Config } from "../../src/config.js";
import type { WriteSet } from "../../src/journal/journal.js";
import { decodeClientFrame } from "../../src/protocol/codec.js";
import { Host } from "./host.js";
import { Ledger } from "./ledger.js";
import { Link, type Network } from "./link.js";
import { Phone } from "./phone.js";
import { type Chance, chance } from "./random.js";
import { type Owner, Scheduler } from "./scheduler.js";
import { type DiskFaults, delay } from "./store.js";
import { Listener } from "./told.js";

/** What a planted fault changes of a world. */
export interface Plant {
	/** Changes a batch before it becomes durable. */
	durable?(writes: WriteSet): WriteSet;
	/** Patches; gives what takes them back. */
	apply?(): () => void;
}

/** What went wrong first. */
export class Violation extends Error {}

/** One connection, as it was used. */
export interface Call {
	readonly link: Link;
	readonly phone: Phone;
	/** Numbers that the server got and has not answered; `w` writes, `r` requests. */
	readonly owed: Map<string, string>;
	ready: boolean;
}

const notesKept = 300;
const trace = process.env.SIM_TRACE === "1";

export class World {
	readonly chance: Chance;
	readonly scheduler: Scheduler;
	readonly ledger: Ledger;
	readonly listener: Listener;
	readonly host: Host;
	readonly phones: Phone[] = [];
	readonly calls = new Set<Call>();
	readonly notes: string[] = [];
	readonly network: Network;
	readonly faults: DiskFaults;
	readonly config: Partial<Config>;
	/** Groups and channels that somebody wanted to make. */
	readonly places: string[] = [];
	readonly links = new Map<string, string>();
	readonly sky: Owner = { name: "network", alive: true };
	violation: string | null = null;
	/** Nobody does anything before this. */
	resumeAt = 0;
	frames = 0;

	constructor(
		readonly seed: number,
		readonly plant: Plant = {},
	) {
		const seeds = chance(seed);
		this.chance = seeds.fork();
		this.scheduler = new Scheduler(seeds.fork());
		const complain = (what: string) => this.complain(what);
		this.ledger = new Ledger(complain, (user) =>
			this.phones.some((phone) => phone.user === user && phone.restores > 0),
		);
		this.listener = new Listener(this.ledger, complain);
		this.network = { latencyMsMax: seeds.pick([2, 60, 400]), roomBytes: seeds.pick([300, 65_536]) };
		this.faults = {
			failOnceIn: seeds.pick([0, 60, 200]),
			readFailOnceIn: seeds.pick([0, 0, 300]),
			reopenFailuresMax: 3,
			commitMsMax: seeds.pick([1, 20, 300]),
			readMsMax: seeds.pick([1, 50, 400]),
		};
		this.config = someConfig(seeds);
		this.host = new Host({
			scheduler: this.scheduler,
			chance: seeds.fork(),
			faults: this.faults,
			config: this.config,
			tokenMs: seeds.pick([3_600_000, 3_600_000, 40_000]),
			note: (text) => this.note(text),
			complain,
			durable: (writes) => this.durable(writes),
		});
		this.people(seeds);
	}

	private people(seeds: Chance): void {
		for (const user of ["ann", "bob", "cy", "dee"].slice(0, 2 + seeds.below(3))) {
			for (let at = 1; at <= 1 + seeds.below(3); at += 1) {
				const phone = new Phone({
					scheduler: this.scheduler,
					chance: seeds.fork(),
					user,
					name: String(at),
					connect: (one) => this.connect(one),
					died: (one) => this.hangUp(one),
					note: (text) => this.note(text),
					complain: (what) => this.complain(what),
					linked: (conversation, link) => void this.links.set(conversation, link),
				});
				this.phones.push(phone);
			}
		}
	}

	get users(): string[] {
		return [...new Set(this.phones.map((phone) => phone.user))];
	}

	note(text: string): void {
		const line = `${this.scheduler.steps} ${this.scheduler.now.toFixed(1)}ms ${text}`;
		if (trace) console.log(line);
		this.notes.push(line);
		if (this.notes.length > notesKept) this.notes.shift();
	}

	complain(what: string): void {
		this.note(`VIOLATION: ${what}`);
		this.violation ??= what;
	}

	private durable(writes: WriteSet): WriteSet {
		const changed = this.plant.durable?.(writes) ?? writes;
		this.ledger.durable(changed);
		return changed;
	}

	/** A phone calls: after a while it has a connection, or none is to be had. */
	private connect(phone: Phone): Promise<Transport> {
		const { scheduler, sky, network } = this;
		return new Promise((resolve, reject) => {
			scheduler.after(sky, delay(this.chance, network.latencyMsMax), () => {
				try {
					resolve(this.dial(phone).client);
				} catch (error) {
					reject(error as BrokerError);
				}
			});
		});
	}

	private dial(phone: Phone): Link {
		if (!phone.owner.alive) throw new BrokerError("UNAVAILABLE", "nobody is calling any more");
		let call: Call;
		const link = new Link({
			scheduler: this.scheduler,
			chance: this.chance,
			network: this.network,
			owner: this.sky,
			address: "10.0.0.1",
			spoke: (who, bytes) => {
				if (who === "server") this.heard(call, bytes);
			},
			arrived: (bytes) => this.arrived(call, bytes),
			gone: () => {
				this.calls.delete(call);
				this.host.links.delete(call.link);
			},
		});
		call = { link, phone, owed: new Map(), ready: false };
		this.host.accept(link);
		this.calls.add(call);
		return link;
	}

	callsOf(phone: Phone): Call[] {
		return [...this.calls].filter((call) => call.phone === phone);
	}

	private hangUp(phone: Phone): void {
		for (const call of this.callsOf(phone)) call.link.clientDied();
	}

	/** A frame has reached the server: what it owes for it is noted. */
	private arrived(call: Call, bytes: Uint8Array): void {
		const frame = decodeClientFrame(bytes);
		if (!frame.ok) return;
		for (const op of frame.ops) {
			if (op.type === "ready") call.ready = true;
			else if (op.type === "write" && call.ready) {
				call.owed.set(`w ${op.conversation} ${op.n}`, op.command.type);
			} else if (op.type === "pull" || op.type === "history") {
				call.owed.set(`r ${op.request}`, `${op.type} ${op.conversation}`);
			} else if ("request" in op) call.owed.set(`r ${op.request}`, op.type);
		}
	}

	private heard(call: Call, bytes: Uint8Array): void {
		this.frames += 1;
		const { user, name } = call.phone;
		for (const op of this.listener.hear(user, bytes)) {
			if (op.type === "answer" || op.type === "refused") {
				call.owed.delete(`w ${op.conversation} ${op.n}`);
			} else if (op.type === "error" && op.request !== null) call.owed.delete(`r ${op.request}`);
			else if (op.type === "goodbye") {
				call.owed.clear();
				this.note(`server: goodbye ${op.code} to ${name}`);
			} else if (op.type === "result") {
				const asked = call.owed.get(`r ${op.request}`)?.split(" ")[1] ?? "";
				call.owed.delete(`r ${op.request}`);
				const { result } = op;
				if (result.type === "pull") this.listener.read(user, asked, result.items);
				if (result.type === "history") {
					const items = result.messages.map((message) => ({ type: "message", message }) as const);
					this.listener.read(user, asked, items);
				}
			}
			if (trace) this.note(`to ${name}: ${brief(op)}`);
		}
	}
}

function brief(op: object): string {
	return JSON.stringify(op, (key, value: unknown) =>
		["body", "limits", "outbox"].includes(key) ? undefined : value,
	).slice(0, 240);
}

/** Small bounds, so that a short run meets them. */
function someConfig(seeds: Chance): Partial<Config> {
	return {
		devicesPerUserMax: 60,
		passivateAfterMs: seeds.pick([1_500, 10_000]),
		sweepMs: seeds.pick([200, 1_000]),
		snapshotEvery: seeds.pick([3, 12, 1_000]),
		pageItemsMax: seeds.pick([2, 7, 200]),
		pageBytesMax: seeds.pick([400, 524_288]),
		marksPerPage: seeds.pick([1, 100]),
		directMembersMax: seeds.pick([0, 1, 2, 32]),
		outboxBytesMax: seeds.pick([600, 1_048_576]),
		gatherBytesMax: seeds.pick([200, 65_536]),
		sendWindow: seeds.pick([2, 8, 64]),
		sessionWindow: seeds.pick([4, 256]),
		readsAtOnce: seeds.pick([1, 4]),
		mailboxMax: seeds.pick([4, 10_000]),
		receiptGatherMs: seeds.pick([0, 200]),
		groupEntriesMax: seeds.pick([2, 2_000]),
		sendsPerTurn: seeds.pick([1, 200]),
		stallMs: 30_000,
	};
}
