// The root of the tree: users, conversations and the services under `system`; and `ps`, the picture of
// it all that an operator sees. The picture is folded: however many actors live, its size is bounded
// and one plain loop makes it. No business message passes through here.

import type { Directory, DirectoryCounters, DirectoryLimits } from "./shard.js";
import { createDirectory } from "./shard.js";
import {
	type ActorState,
	type Crash,
	createSystem,
	type Description,
	type Kind,
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
		ps(limits = {}) {
			const { topMax, quarantinedMax } = { ...psLimits, ...limits };
			const busiest = new Top(topMax);
			const shakiest = new Top(topMax);
			const quarantined: PsRow[] = [];
			const kinds = directories.map((directory) =>
				fold(directory, (ref, kind) => {
					if (ref.mailbox > 0) busiest.offer(ref.mailbox, ref, kind);
					if (ref.restarts > 0) shakiest.offer(ref.restarts, ref, kind);
					if (ref.state === "quarantined" && quarantined.length < quarantinedMax) {
						quarantined.push(row(ref, kind));
					}
				}),
			);
			return {
				at: options.clock.now(),
				address: `${options.node}/${options.boot}`,
				kinds,
				services: [...services].map(([name, ref]) => row(ref, name)),
				busiest: busiest.rows(),
				shakiest: shakiest.rows(),
				quarantined,
				counters: { ...system.counters },
			};
		},
		close() {
			closing ??= close();
			return closing;
		},
	};
}

function fold(
	directory: Directory<never>,
	notable: (ref: Ref<never>, kind: string) => void,
): PsKind {
	const total: PsFold = { actors: 0, mailbox: 0, restarts: 0, quarantined: 0 };
	const shards: (PsFold & { shard: number })[] = [];
	for (let shard = 0; shard < directory.shards; shard += 1) {
		const sum = { shard, actors: 0, mailbox: 0, restarts: 0, quarantined: 0 };
		for (const ref of directory.shard(shard)) {
			sum.actors += 1;
			const { mailbox, restarts, state } = ref;
			if (mailbox === 0 && restarts === 0 && state !== "quarantined") continue;
			sum.mailbox += mailbox;
			sum.restarts += restarts;
			if (state === "quarantined") sum.quarantined += 1;
			notable(ref, directory.name);
		}
		if (sum.actors > 0) shards.push(sum);
		total.actors += sum.actors;
		total.mailbox += sum.mailbox;
		total.restarts += sum.restarts;
		total.quarantined += sum.quarantined;
	}
	const { name, leaving, counters } = directory;
	return { name, leaving, ...total, counters: { ...counters }, shards };
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
	private readonly kept: { score: number; ref: Ref<never>; kind: string }[] = [];

	constructor(private readonly max: number) {}

	offer(score: number, ref: Ref<never>, kind: string): void {
		const last = this.kept[this.kept.length - 1];
		if (this.kept.length >= this.max && (last === undefined || last.score >= score)) return;
		const at = this.kept.findIndex((other) => other.score < score);
		this.kept.splice(at < 0 ? this.kept.length : at, 0, { score, ref, kind });
		if (this.kept.length > this.max) this.kept.pop();
	}

	rows(): PsRow[] {
		return this.kept.map(({ ref, kind }) => row(ref, kind));
	}
}
