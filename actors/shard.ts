// The directory of one kind of actor: which id has which running actor. It activates on demand,
// passivates what is idle, and keeps an actor from starting before its predecessor has ended.
// Actors sit under a fixed number of shard supervisors, which never get a message (nact copies a
// parent's children for each one); callers hold the actor's own reference.

import { BrokerError } from "../src/base/errors.js";
import type { Cell } from "./cell.js";
import {
	type Kind,
	type Ref,
	type SharedKind,
	type Supervisor,
	type System,
	shareKind,
	type TellResult,
} from "./system.js";

export interface DirectoryLimits {
	/** Supervisors under which the actors of this kind are spread. */
	readonly shards: number;
	/** Actors at one time, those on their way out included; met as `full` or OVERLOADED. */
	readonly actorsMax: number;
	/** From this share of `actorsMax` on, each activation passivates what was not used lately. */
	readonly pressureAt: number;
	/** Actors looked at per activation under pressure. */
	readonly pressureSteps: number;
	/** Actors that `stopAll` ends at one time. */
	readonly stopsAtOnce: number;
}

export const directoryLimits: DirectoryLimits = {
	shards: 64,
	actorsMax: 200_000,
	pressureAt: 0.9,
	pressureSteps: 8,
	stopsAtOnce: 256,
};

export interface DirectoryCounters {
	readonly activated: number;
	/** Ended by a sweep or by pressure. */
	readonly passivated: number;
	/** Activations refused because there were too many actors. */
	readonly refused: number;
}

/**
 * Order: messages told to one id by one caller arrive in that order, across a passivation too.
 */
export interface Directory<M> {
	readonly name: string;
	/** Activates on demand. Anything but `ok` means that the message was not taken. */
	tell(id: string, message: M): TellResult;
	/** Like `tell`, but before everything that waits. */
	urgent(id: string, message: M): TellResult;
	/** Only when it is running; does not activate. */
	ref(id: string): Ref<M> | undefined;
	/** Errors: OVERLOADED (too many actors), DRAINING (after `stopAll`). */
	activate(id: string): Ref<M>;
	/** One step of the sweep: looks at `budget` actors, ends those that are idle. Their number. */
	passivateIdle(nowMs: number, budget: number): number;
	/** Actors that take messages. */
	readonly size: number;
	/** Actors that take none any more and have not ended yet. */
	readonly leaving: number;
	readonly counters: DirectoryCounters;
	/** How many actors each shard has. */
	readonly shardSizes: readonly number[];
	shardOf(id: string): number;
	/** The orderly end: nothing is activated any more, all drain and stop. */
	stopAll(): Promise<void>;
}

export function createDirectory<M>(
	system: System,
	parent: Supervisor,
	kind: Kind<M>,
	limits: Partial<DirectoryLimits> = {},
): Directory<M> {
	return new Shards(system, parent, kind, { ...directoryLimits, ...limits });
}

interface Shard<M> {
	readonly supervisor: Supervisor;
	readonly cells: Map<string, Cell<M>>;
}

class Shards<M> implements Directory<M> {
	size = 0;
	readonly counters = { activated: 0, passivated: 0, refused: 0 };
	private readonly kind: SharedKind<M>;
	private readonly all: Shard<M>[] = [];
	/** The last of each id that is still on its way out. */
	private readonly ends = new Map<string, Promise<void>>();
	private ending: Promise<void> | undefined = undefined;
	/** Where the sweep goes on: a live iterator over one shard, which bears changes. */
	private sweepShard = 0;
	private sweep: Iterator<Cell<M>> | undefined = undefined;

	constructor(
		private readonly system: System,
		parent: Supervisor,
		kind: Kind<M>,
		private readonly limits: DirectoryLimits,
	) {
		// The entry goes first, whoever ends the actor: a tell from now on activates a successor.
		const onLeaving = (ref: Ref<M>) => {
			this.forget(ref);
			kind.onLeaving?.(ref);
		};
		this.kind = shareKind({ ...kind, onLeaving });
		for (let index = 0; index < limits.shards; index += 1) {
			const supervisor = system.supervisor(String(index), parent);
			this.all.push({ supervisor, cells: new Map() });
		}
	}

	get name(): string {
		return this.kind.name;
	}

	get shardSizes(): readonly number[] {
		return this.all.map(({ cells }) => cells.size);
	}

	get leaving(): number {
		return this.ends.size;
	}

	tell(id: string, message: M): TellResult {
		const found = this.home(id).cells.get(id) ?? this.open(id);
		return typeof found === "string" ? found : found.tell(message);
	}

	urgent(id: string, message: M): TellResult {
		const found = this.home(id).cells.get(id) ?? this.open(id);
		return typeof found === "string" ? found : found.urgent(message);
	}

	ref(id: string): Ref<M> | undefined {
		return this.home(id).cells.get(id);
	}

	activate(id: string): Ref<M> {
		const found = this.home(id).cells.get(id) ?? this.open(id);
		if (found === "full") throw new BrokerError("OVERLOADED", `too many ${this.name}`);
		if (found === "stopped") throw new BrokerError("DRAINING");
		return found;
	}

	passivateIdle(nowMs: number, budget: number): number {
		return this.step(budget, (cell) => {
			cell.used = false;
			return cell.idle(nowMs);
		});
	}

	stopAll(): Promise<void> {
		this.ending ??= this.stopEach();
		return this.ending;
	}

	private open(id: string): Cell<M> | "full" | "stopped" {
		if (this.ending !== undefined) {
			this.system.counters.deadLetters += 1;
			return "stopped";
		}
		const { actorsMax, pressureAt, pressureSteps } = this.limits;
		const live = this.size + this.ends.size;
		if (live >= actorsMax * pressureAt) this.relieve(pressureSteps);
		if (live >= actorsMax) {
			this.counters.refused += 1;
			this.system.counters.full += 1;
			return "full";
		}
		const { supervisor, cells } = this.home(id);
		const cell = this.system.spawn(supervisor, this.kind, id, this.ends.get(id));
		cells.set(cell.id, cell);
		this.size += 1;
		this.counters.activated += 1;
		return cell;
	}

	private forget(ref: Ref<M>): void {
		if (!this.home(ref.id).cells.delete(ref.id)) return;
		this.size -= 1;
		// Already under way, so this only hands out the promise. A successor's end replaces it, and
		// comes later, because the successor waited for this one.
		const end = ref.stop();
		this.ends.set(ref.id, end);
		void end.then(() => {
			if (this.ends.get(ref.id) === end) this.ends.delete(ref.id);
		});
	}

	/** The second chance of a page cache: what was used since the last look is spared once. */
	private relieve(steps: number): void {
		this.step(steps, (cell) => {
			const spared = cell.used;
			cell.used = false;
			return !spared && cell.idle(Number.MAX_SAFE_INTEGER);
		});
	}

	private step(budget: number, leaves: (cell: Cell<M>) => boolean): number {
		let ended = 0;
		const most = Math.min(budget, this.size);
		let shardsLeft = this.all.length;
		for (let looked = 0; looked < most && shardsLeft >= 0; ) {
			this.sweep ??= this.all[this.sweepShard]?.cells.values();
			const next = this.sweep?.next();
			if (next === undefined || next.done === true) {
				this.sweep = undefined;
				this.sweepShard = (this.sweepShard + 1) % this.all.length;
				shardsLeft -= 1;
				continue;
			}
			looked += 1;
			if (!leaves(next.value)) continue;
			void next.value.stop();
			ended += 1;
		}
		this.counters.passivated += ended;
		return ended;
	}

	private async stopEach(): Promise<void> {
		const every = this.every();
		const worker = async () => {
			for (const cell of every) await cell.stop();
		};
		await Promise.all(Array.from({ length: this.limits.stopsAtOnce }, worker));
		await Promise.all(this.ends.values());
	}

	private *every(): Generator<Cell<M>, undefined> {
		for (const { cells } of this.all) yield* cells.values();
		return undefined;
	}

	shardOf(id: string): number {
		return shardIndex(id, this.all.length);
	}

	private home(id: string): Shard<M> {
		return this.all[this.shardOf(id)] as Shard<M>;
	}
}

/** FNV-1a over the UTF-16 units of the id. */
export function shardIndex(id: string, shards: number): number {
	let hash = 0x811c9dc5;
	for (let at = 0; at < id.length; at += 1) {
		hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
	}
	return (hash >>> 0) % shards;
}
