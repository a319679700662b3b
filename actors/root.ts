// The root of the tree: users, conversations and the services under `system`; and `ps`, the picture
// of it all that an operator sees. The picture is folded: its size is bounded, however many actors
// live, and it looks only at those that are not well. No business message passes through here.

import type { Directory, DirectoryCounters, DirectoryLimits } from "./shard.js";
import { createDirectory } from "./shard.js";
import {
	type ActorState,
	type Crash,
	createSystem,
	type Description,
	type Kind,
	type Notable,
	type Ref,
	type Supervisor,
	type System,
	type SystemCounters,
	type SystemOptions,
	shareKind,
} from "./system.js";

export interface PsRow {
	readonly pid: string;
	readonly id: string;
	readonly kind: string;
	readonly state: ActorState;
	readonly mailbox: number;
	readonly handled: number;
	readonly restarts: number;
	readonly poisoned: number;
	readonly since: number;
	readonly lastCrash?: Crash;
	readonly detail?: Description;
}

export interface PsFold {
	actors: number;
	mailbox: number;
	restarts: number;
	quarantined: number;
}

export interface PsKind extends PsFold {
	readonly name: string;
	/** Take no messages any more, not ended yet; in none of the other numbers. */
	readonly leaving: number;
	readonly counters: DirectoryCounters;
	/** Those that have actors. */
	readonly shards: readonly (PsFold & { readonly shard: number })[];
}

/** JSON-able, of bounded size, without content. */
export interface PsSnapshot {
	readonly at: number;
	readonly address: string;
	readonly kinds: readonly PsKind[];
	readonly services: readonly PsRow[];
	/** Longest mailboxes first; only those in which something waits. */
	readonly busiest: readonly PsRow[];
	/** Most restarts first; only those that ever restarted. */
	readonly shakiest: readonly PsRow[];
	/** The first `quarantinedMax`; the folds have the true number. */
	readonly quarantined: readonly PsRow[];
	readonly counters: Readonly<SystemCounters>;
}

export interface PsLimits {
	/** Rows of `busiest` and of `shakiest`. */
	readonly topMax: number;
	readonly quarantinedMax: number;
}

export const psLimits: PsLimits = { topMax: 10, quarantinedMax: 50 };

export interface Root {
	readonly system: System;
	/** Hangs a kind of actors under the root; its name is the kind's. */
	directory<M>(kind: Kind<M>, limits?: Partial<DirectoryLimits>): Directory<M>;
	/** Starts one actor under `system`; names are unique. */
	service<M>(kind: Kind<M>): Ref<M>;
	ps(limits?: Partial<PsLimits>): PsSnapshot;
	/** Ends everything in order: directories as they were made, then services, last one first. */
	close(): Promise<void>;
}

export function createRoot(options: SystemOptions): Root {
	const system = createSystem(options);
	const branch: Supervisor = system.supervisor("system");
	const directories: Directory<never>[] = [];
	const services = new Map<string, Ref<never>>();
	let closing: Promise<void> | undefined;

	async function close(): Promise<void> {
		for (const directory of directories) await directory.stopAll();
		for (const service of [...services.values()].reverse()) await service.stop();
		system.close();
	}

	return {
		system,
		directory<M>(kind: Kind<M>, limits?: Partial<DirectoryLimits>) {
			const directory = createDirectory(system, system.supervisor(kind.name), kind, limits);
			directories.push(directory as unknown as Directory<never>);
			return directory;
		},
		service<M>(kind: Kind<M>) {
			const ref = system.spawn(branch, shareKind(kind), kind.name);
			services.set(kind.name, ref as unknown as Ref<never>);
			return ref;
		},
		ps: (limits) => picture(options, system, directories, services, { ...psLimits, ...limits }),
		close() {
			closing ??= close();
			return closing;
		},
	};
}

// Looks only at actors for which something waits or that ever crashed: a million idle ones cost
// nothing here, and their number is that of their shards.
function picture(
	options: SystemOptions,
	system: System,
	directories: readonly Directory<never>[],
	services: ReadonlyMap<string, Ref<never>>,
	{ topMax, quarantinedMax }: PsLimits,
): PsSnapshot {
	const kinds = new Map<string, Fold>();
	for (const directory of directories) kinds.set(directory.name, new Fold(directory));
	const busiest = new Top(topMax);
	const shakiest = new Top(topMax);
	const quarantined: PsRow[] = [];
	for (const actor of system.notable()) {
		const { mailbox, restarts, kindName } = actor;
		if (mailbox > 0) busiest.offer(mailbox, actor);
		if (restarts > 0) shakiest.offer(restarts, actor);
		if (actor.state === "quarantined" && quarantined.length < quarantinedMax) {
			quarantined.push(row(actor, kindName));
		}
		kinds.get(kindName)?.add(actor);
	}
	return {
		at: options.clock.now(),
		address: `${options.node}/${options.boot}`,
		kinds: [...kinds.values()].map((kind) => kind.total()),
		services: [...services].map(([name, ref]) => row(ref, name)),
		busiest: busiest.rows(),
		shakiest: shakiest.rows(),
		quarantined,
		counters: { ...system.counters },
	};
}

/** The sums over one kind, by shard. */
class Fold {
	private readonly shards: (PsFold & { readonly shard: number })[];

	constructor(private readonly directory: Directory<never>) {
		this.shards = directory.shardSizes.map((actors, shard) => {
			return { shard, actors, mailbox: 0, restarts: 0, quarantined: 0 };
		});
	}

	add(actor: Ref<never>): void {
		const sum = this.shards[this.directory.shardOf(actor.id)];
		if (sum === undefined || actor.state === "stopping") return;
		sum.mailbox += actor.mailbox;
		sum.restarts += actor.restarts;
		if (actor.state === "quarantined") sum.quarantined += 1;
	}

	total(): PsKind {
		const { name, leaving, counters } = this.directory;
		const total: PsFold = { actors: 0, mailbox: 0, restarts: 0, quarantined: 0 };
		for (const sum of this.shards) {
			total.actors += sum.actors;
			total.mailbox += sum.mailbox;
			total.restarts += sum.restarts;
			total.quarantined += sum.quarantined;
		}
		const shards = this.shards.filter((sum) => sum.actors > 0);
		return { name, leaving, ...total, counters: { ...counters }, shards };
	}
}

function row(ref: Ref<never>, kind: string): PsRow {
	const { pid, id, state, mailbox, handled, restarts, poisoned, since, lastCrash } = ref;
	const detail = ref.describe();
	return {
		pid,
		id,
		kind,
		state,
		mailbox,
		handled,
		restarts,
		poisoned,
		since,
		...(lastCrash === undefined ? {} : { lastCrash }),
		...(detail === undefined ? {} : { detail }),
	};
}

/** The greatest few of many, greatest first; what does not make it costs one comparison. */
class Top {
	private readonly kept: { readonly score: number; readonly actor: Notable }[] = [];

	constructor(private readonly max: number) {}

	offer(score: number, actor: Notable): void {
		const last = this.kept[this.kept.length - 1];
		if (this.kept.length >= this.max && (last === undefined || last.score >= score)) return;
		const at = this.kept.findIndex((other) => other.score < score);
		this.kept.splice(at < 0 ? this.kept.length : at, 0, { score, actor });
		if (this.kept.length > this.max) this.kept.pop();
	}

	rows(): PsRow[] {
		return this.kept.map(({ actor }) => row(actor, actor.kindName));
	}
}
