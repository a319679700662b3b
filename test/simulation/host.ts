// The server of a run, one boot after the other over the same store: started, ended in order, or
// crashed at any step. Nothing here knows what clients do.

import { BrokerError } from "../../src/base/errors.js";
import type { Log } from "../../src/base/log.js";
import { type Config, defaultConfig } from "../../src/config.js";
import type { Core } from "../../src/core.js";
import type { WriteSet } from "../../src/journal/journal.js";
import { type MemoryStore, memoryStore } from "../../src/journal/memory.js";
import { noTickets } from "../helpers/no-tickets.js";
import type { Complain } from "./ledger.js";
import type { Link } from "./link.js";
import type { Chance } from "./random.js";
import type { Owner, Scheduler } from "./scheduler.js";
import { type Disk, type DiskFaults, openDisk } from "./store.js";

// After the scheduler's module, whose turns the actors then take.
const { createCore } = await import("../../src/core.js");

export interface HostParts {
	readonly scheduler: Scheduler;
	readonly chance: Chance;
	readonly faults: DiskFaults;
	readonly config: Partial<Config>;
	readonly tokenMs: number;
	readonly note: (text: string) => void;
	readonly complain: Complain;
	readonly durable: (writes: WriteSet) => WriteSet;
}

/** What the log says only of a fault of ours. */
const faultsOfOurs = [
	"actor.fault",
	"actor.crashed",
	"actor.poison",
	"actor.quarantined",
	"actor.start_failed",
	"commit-owner-fault",
	"gateway.fault",
	"session.fault",
	"read.fault",
	"read.failed",
	"authenticate.fault",
];

export class Host {
	readonly store: MemoryStore;
	readonly links = new Set<Link>();
	core: Core | null = null;
	disk: Disk | null = null;
	boots = 0;
	/** Crashes and orderly ends so far. */
	ends = 0;
	private ending = false;
	private owner: Owner = { name: "no server", alive: false };
	private readonly config: Config;

	constructor(private readonly parts: HostParts) {
		this.store = memoryStore(parts.scheduler.clock({ name: "store", alive: true }));
		this.config = { ...defaultConfig, ...parts.config };
	}

	/** Not on its way out either. */
	get up(): boolean {
		return this.core !== null && !this.ending;
	}

	async start(): Promise<void> {
		const { scheduler, chance, faults, tokenMs, durable } = this.parts;
		this.boots += 1;
		const owner: Owner = { name: `server ${this.boots}`, alive: true };
		this.owner = owner;
		scheduler.immediateOwner = owner;
		const note = (text: string) => {
			if (owner.alive) this.parts.note(text);
		};
		const { store } = this;
		const disk = openDisk({ store, scheduler, owner, chance, faults, note, durable });
		this.disk = disk;
		const clock = scheduler.clock(owner);
		const core = await scheduler.within(() =>
			createCore({
				clock,
				log: this.log(owner),
				journal: disk.journal,
				config: this.config,
				node: "n1",
				authenticate: (token) => {
					const [user = "", at = "0"] = token.split("@");
					const issuedAt = Number(at);
					return { user, issuedAt, expiresAt: issuedAt + tokenMs };
				},
				tickets: noTickets,
			}),
		);
		this.core = core;
		this.ending = false;
		disk.begin();
		note(`server: boot ${this.boots}`);
	}

	private log(owner: Owner): Log {
		return (level, message, fields) => {
			if (!owner.alive) return;
			if (level !== "debug") this.parts.note(`log: ${message} ${JSON.stringify(fields)}`);
			if (faultsOfOurs.includes(message)) {
				this.parts.complain(`the log says ${message} ${JSON.stringify(fields)}`);
			}
		};
	}

	/** The process is gone between two steps. */
	async crash(): Promise<void> {
		const { core, owner, disk } = this;
		if (core === null) return;
		this.parts.note("server: crash");
		this.ends += 1;
		this.core = null;
		owner.alive = false;
		for (const link of [...this.links]) link.serverDied();
		disk?.crash();
		// Only so that its memory is free: what it would still do is dropped with its owner.
		await this.parts.scheduler.within(() => core.root.system.close());
	}

	/** Drains, commits, ends, as `Broker.close` does. Resolves within bounded virtual time. */
	async stop(): Promise<void> {
		const { core, owner } = this;
		if (core === null || this.ending) return;
		this.ending = true;
		this.parts.note("server: orderly end begins");
		await core.gateway.drain({ graceMs: 3_000, spreadMs: 2_000 });
		await core.gateway.close();
		await core.stop();
		if (this.core !== core) return;
		this.parts.note("server: orderly end");
		this.ends += 1;
		this.core = null;
		owner.alive = false;
		for (const link of [...this.links]) link.serverDied();
		this.disk?.crash();
	}

	/** A connection comes in, or is turned away. */
	accept(link: Link): void {
		const { core } = this;
		if (core === null || !core.gateway.open || core.gateway.full) {
			throw new BrokerError("UNAVAILABLE", "connection refused");
		}
		this.links.add(link);
		link.accept((transport) => core.gateway.accept(transport));
	}

	/** What an operator would have to look at. */
	unwell(): string[] {
		const { core } = this;
		if (core === null) return ["the server is down"];
		const said: string[] = [];
		if (core.pipeline.health.state !== "ok") said.push("the store is still failed");
		const { crashes, faults, poison, quarantines } = core.root.system.counters;
		const counters = { crashes, faults, poison, quarantines };
		for (const [name, count] of Object.entries(counters)) {
			if (count > 0) said.push(`${count} ${name}`);
		}
		return said;
	}
}
